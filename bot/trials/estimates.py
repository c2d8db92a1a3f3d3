"""How right a policy is about all that members write, estimated from samples that people labelled.

Each figure is a ratio of sums over the strata, with its interval: see `strata.ratio`. `asked` are the strata that
the model is asked about: as the bot runs, those that something suspects. What it is not asked about raises no
alarm, and its violations are missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.records.labels import Stratum
from bot.trials.strata import EVERYTHING, Samples, ratio
from inference.prefilter.budget.audit import Interval
from policies.score import CONFIDENCE


@dataclass(frozen=True, slots=True)
class Estimates:
    """Three figures about all messages; None: unknown."""

    precision: Interval | None
    """Of the messages in which a violation is found: those that are one."""
    recall: Interval | None
    """Of all violations: those that are found."""
    f1: Interval | None


def estimates(samples: Samples, asked: Sequence[Stratum], confidence: float = CONFIDENCE) -> Estimates:
    """What the samples come to, if the model is asked about these strata."""
    return Estimates(
        precision=precision(samples, asked, confidence),
        recall=recall(samples, asked, confidence),
        f1=f1(samples, asked, confidence),
    )


def precision(samples: Samples, asked: Sequence[Stratum], confidence: float = CONFIDENCE) -> Interval | None:
    """None where one of the strata has no labels, or nothing is called a violation."""
    if samples.lacking(asked):
        return None
    right = samples.shares(asked, lambda score: score.tp)
    return ratio(right, samples.shares(asked, lambda score: score.fp), confidence)


def recall(samples: Samples, asked: Sequence[Stratum], confidence: float = CONFIDENCE) -> Interval | None:
    """None where any stratum has no labels, or nothing violates."""
    if samples.lacking():
        return None
    found = samples.shares(asked, lambda score: score.tp)
    missed = samples.shares(asked, lambda score: score.fn)
    unasked = samples.shares(_others(asked), lambda score: score.tp + score.fn)
    return ratio(found, [*missed, *unasked], confidence)


def f1(samples: Samples, asked: Sequence[Stratum], confidence: float = CONFIDENCE) -> Interval | None:
    """None where any stratum has no labels, or nothing violates or is called so.

    Of the messages that violate or are called so, the part J that is both is a ratio like the others, and
    F1 = 2J / (1 + J) rises with it: the ends of J's interval give those of F1's (as in `policies.score`, after
    Lam, Gopal and Qian 2023, arXiv:2309.14621).
    """
    if samples.lacking():
        return None
    right = samples.shares(asked, lambda score: score.tp)
    wrong = samples.shares(asked, lambda score: score.fp + score.fn)
    unasked = samples.shares(_others(asked), lambda score: score.tp + score.fn)
    both = ratio(right, [*wrong, *unasked], confidence)
    return both and Interval(_f1(both.estimate), _f1(both.low), _f1(both.high))


def _others(asked: Sequence[Stratum]) -> tuple[Stratum, ...]:
    return tuple(each for each in EVERYTHING if each not in asked)


def _f1(both: float) -> float:
    return 2 * both / (1 + both)
