"""The figures of an evaluation as they are shown and written down (`result.json`)."""

from collections.abc import Iterable
from statistics import quantiles

from policies.frozen import Frozen
from policies.score import CONFIDENCE, Judged, Rate, Score, score
from policies.sweep import Point, average_precision, best_f1, sweep

CURVE_POINTS = 200
"""Of a curve at most; a set of 10,000 texts has as many."""


class RateFigure(Frozen):
    """A share with its 95% interval (Wilson)."""

    successes: int
    of: int
    value: float | None
    low: float
    high: float

    @classmethod
    def of_rate(cls, rate: Rate) -> "RateFigure":
        """As `policies.score` counts it."""
        low, high = rate.interval(CONFIDENCE)
        return cls(successes=rate.successes, of=rate.of, value=rate.value, low=low, high=high)


class ScoreFigures(Frozen):
    """Counts and rates of one lot of texts. Undecided ones are in no rate but `f1_at_worst`."""

    texts: int
    tp: int
    fp: int
    fn: int
    tn: int
    undecided: int
    undecided_violating: int
    precision: RateFigure
    recall: RateFigure
    false_alarms: RateFigure
    accuracy: RateFigure
    f1: float | None
    f1_low: float
    f1_high: float
    f1_at_worst: float | None
    """If every undecided text had been judged wrongly."""

    @classmethod
    def of_score(cls, counted: Score) -> "ScoreFigures":
        """As `policies.score` counts it."""
        low, high = counted.f1_interval(CONFIDENCE)
        return cls(
            texts=counted.total,
            tp=counted.tp,
            fp=counted.fp,
            fn=counted.fn,
            tn=counted.tn,
            undecided=counted.undecided,
            undecided_violating=counted.undecided_violating,
            precision=RateFigure.of_rate(counted.precision),
            recall=RateFigure.of_rate(counted.recall),
            false_alarms=RateFigure.of_rate(counted.false_alarms),
            accuracy=RateFigure.of_rate(counted.accuracy),
            f1=counted.f1,
            f1_low=low,
            f1_high=high,
            f1_at_worst=counted.at_worst().f1,
        )


class CurvePoint(Frozen):
    """One threshold of a curve."""

    threshold: float
    precision: float | None
    recall: float | None
    f1: float | None


class Curve(Frozen):
    """How the judge would do at other thresholds."""

    points: tuple[CurvePoint, ...]
    """The highest threshold first; thinned out to `CURVE_POINTS`."""
    average_precision: float | None
    best: CurvePoint | None
    """The highest F1, picked on the very texts that are measured: on others it will be lower."""
    without_probability: int
    """Texts that are in no point."""


class Times(Frozen):
    """How long verdicts took, from the question to the answer, waiting included; of all that are counted."""

    verdicts: int
    median_ms: float | None
    p95_ms: float | None
    mean_tokens: float | None
    """Generated, reasoning included."""


class Disagreement(Frozen):
    """A text whose verdict is not its label."""

    line: int
    group: str
    violates: bool
    probability: float | None
    rule_ids: tuple[str, ...]
    text: str | None = None
    """Only if texts were asked for."""
    rationale: str | None = None
    """As `text`: it may quote it."""


def curve_of(judged: Iterable[Judged]) -> Curve:
    """The curve over all thresholds that occur."""
    items = tuple(judged)
    points = sweep(items)
    best = best_f1(points)
    return Curve(
        points=tuple(map(_curve_point, _thinned(points))),
        average_precision=average_precision(points),
        best=_curve_point(best) if best else None,
        without_probability=sum(one.probability is None for one in items),
    )


def _curve_point(point: Point) -> CurvePoint:
    counted = point.score
    return CurvePoint(
        threshold=point.threshold,
        precision=counted.precision.value,
        recall=counted.recall.value,
        f1=counted.f1,
    )


def _thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Evenly, the first and the last among them."""
    if len(points) <= CURVE_POINTS:
        return points
    step = (len(points) - 1) / (CURVE_POINTS - 1)
    return tuple(points[round(number * step)] for number in range(CURVE_POINTS))


def times_of(milliseconds: list[float], tokens: list[int]) -> Times:
    """Median and 95th percentile. One verdict is its own median."""
    if not milliseconds:
        return Times(verdicts=0, median_ms=None, p95_ms=None, mean_tokens=None)
    steps = quantiles(milliseconds, n=20, method="inclusive") if len(milliseconds) > 1 else milliseconds * 19
    return Times(
        verdicts=len(milliseconds), median_ms=steps[9], p95_ms=steps[18], mean_tokens=sum(tokens) / len(tokens)
    )


def figures_of(judged: Iterable[Judged]) -> ScoreFigures:
    """Counts and rates."""
    return ScoreFigures.of_score(score(judged))
