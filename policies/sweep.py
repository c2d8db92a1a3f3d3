"""How a judge would do at other thresholds: the curve of precision and recall, from its probabilities."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from policies.score import Judged, Score


@dataclass(frozen=True, slots=True)
class Point:
    """The score if everything with at least this probability were called violating."""

    threshold: float
    score: Score


def sweep(judged: Iterable[Judged]) -> tuple[Point, ...]:
    """A point for each probability that occurs, the highest first. Texts without one are undecided in all of them.

    Whoever picks a threshold here has picked it on these texts: on others it will do worse than they show.
    """
    items = tuple(judged)
    known = [(one.probability, one.violates) for one in items if one.probability is not None]
    without = [one for one in items if one.probability is None]
    undecided, violating = len(without), sum(one.violates for one in without)
    positives = sum(violates for _, violates in known)
    points, tp, fp = [], 0, 0
    for threshold, alike in groupby(sorted(known, key=_probability, reverse=True), key=_probability):
        labels = [violates for _, violates in alike]
        tp, fp = tp + sum(labels), fp + len(labels) - sum(labels)
        tn = len(known) - positives - fp
        points.append(Point(threshold, Score(tp, fp, positives - tp, tn, undecided, violating)))
    return tuple(points)


def _probability(known: tuple[float, bool]) -> float:
    return known[0]


def best_f1(points: Iterable[Point]) -> Point | None:
    """The point with the highest F1, of several the highest threshold; None where there is no F1."""
    rated = [point for point in points if point.score.f1 is not None]
    return max(rated, key=lambda point: (point.score.f1 or 0.0, point.threshold), default=None)


def average_precision(points: Sequence[Point]) -> float | None:
    """The mean of the precisions at the points, each weighted by the recall that it adds; from 0 to 1.

    The area under the curve without any interpolation between its points. None where nothing is violating, or no
    text has a probability.
    """
    total, before = 0.0, 0.0
    for point in points:
        recall = point.score.recall.value
        if recall is None:
            return None
        total += (recall - before) * (point.score.precision.value or 0.0)
        before = recall
    return total if points else None
