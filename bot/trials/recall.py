"""Of all violations that members write, how many a policy finds: estimated from samples that people labelled.

Messages fall into three strata, by what became of them: a card came up (`opened`), the judge cleared them, or
nothing suspected them. How many fell into each is counted as messages come (`Tally`); a labelled sample of each
says what share of it violates, and what share the judge would find. Recall is a ratio of sums over the strata:
found violations over all violations, each stratum's share times its size (the combined ratio estimator for
stratified samples; W. G. Cochran, "Sampling Techniques", 3rd ed. 1977, 5.3 and 6.11).

The interval is exact and cautious rather than narrow: each share has its own one-sided bound by Clopper and
Pearson, all of them together hold with the confidence that is asked for (Bonferroni), and the ratio takes the
worst of both sides. What was labelled is known; the bounds hold for the rest of the stratum. Where violations are
rare and samples few, the interval is nearly everything there is, and that is the truth about such samples.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.records.labels import Stratum
from inference.prefilter.budget.audit import Interval, Tally
from inference.prefilter.budget.binomial import lower_bound, upper_bound
from policies.score import CONFIDENCE, Score


@dataclass(frozen=True, slots=True)
class Population:
    """How many messages fell into each stratum while they were counted."""

    opened: int = 0
    cleared: int = 0
    unflagged: int = 0

    @classmethod
    def of(cls, tallies: Iterable[Tally]) -> "Population":
        """Out of what was counted of a policy's versions.

        What waits for a verdict, and what could not be read, is counted as cleared: a sample will tell.
        """
        total = cls()
        for tally in tallies:
            total = cls(
                total.opened + tally.confirmed,
                total.cleared + max(0, tally.flagged - tally.confirmed),
                total.unflagged + max(0, tally.looked_at - tally.flagged),
            )
        return total

    def size(self, stratum: Stratum) -> int:
        """Of one stratum."""
        return {
            Stratum.OPENED: self.opened,
            Stratum.CLEARED: self.cleared,
            Stratum.UNFLAGGED: self.unflagged,
        }[stratum]


@dataclass(frozen=True, slots=True)
class Recall:
    """Two answers to "how much is found"."""

    in_all: Interval
    """Of all violations: those that were suspected, and in which the tried version finds a violation."""
    if_asked: Interval
    """Of all violations: those in which it would find one, if it were asked about every message."""


@dataclass(frozen=True, slots=True)
class _Share:
    """Violations of one kind in one stratum."""

    found: int
    of: int
    rest: int
    """How many of the stratum were not labelled."""

    @property
    def estimate(self) -> float:
        return self.found + (self.rest * self.found / self.of if self.of else 0.0)

    def low(self, confidence: float) -> float:
        return self.found + self.rest * lower_bound(self.found, self.of, confidence)

    def high(self, confidence: float) -> float:
        return self.found + self.rest * upper_bound(self.found, self.of, confidence)


def missing_samples(scores: Mapping[Stratum, Score], population: Population) -> tuple[Stratum, ...]:
    """The strata that hold messages of which people have labelled none: with one of them recall is unknown."""
    return tuple(each for each in Stratum if population.size(each) and not _score(scores, each).decided)


def recall(
    scores: Mapping[Stratum, Score], population: Population, confidence: float = CONFIDENCE
) -> Recall | None:
    """Estimate it; None where a stratum has no labels, or no violation was seen at all.

    `scores`: labels against the tried version's verdicts. Texts whose answer could not be read are left out.
    """
    if missing_samples(scores, population):
        return None
    found = {stratum: _share(scores, population, stratum, caught=True) for stratum in Stratum}
    missed = {stratum: _share(scores, population, stratum, caught=False) for stratum in Stratum}
    unseen = Stratum.UNFLAGGED
    never_asked = _violating(scores, population, unseen)
    in_all = _ratio(
        [share for stratum, share in found.items() if stratum is not unseen],
        [*(share for stratum, share in missed.items() if stratum is not unseen), never_asked],
        confidence,
    )
    if_asked = _ratio(list(found.values()), list(missed.values()), confidence)
    return Recall(in_all, if_asked) if in_all and if_asked else None


def _ratio(found: list[_Share], missed: list[_Share], confidence: float) -> Interval | None:
    total = sum(share.estimate for share in (*found, *missed))
    if not total:
        return None
    uncertain = sum(share.rest > 0 for share in (*found, *missed))
    each = 1 - (1 - confidence) / 2 / max(1, uncertain)
    return Interval(
        estimate=sum(share.estimate for share in found) / total,
        low=_of_all(sum(share.low(each) for share in found), sum(share.high(each) for share in missed)),
        high=_of_all(sum(share.high(each) for share in found), sum(share.low(each) for share in missed)),
    )


def _of_all(found: float, missed: float) -> float:
    return found / (found + missed) if found + missed else 0.0


def _share(scores: Mapping[Stratum, Score], population: Population, stratum: Stratum, *, caught: bool) -> _Share:
    score = _score(scores, stratum)
    return _of(score.tp if caught else score.fn, score, population.size(stratum))


def _violating(scores: Mapping[Stratum, Score], population: Population, stratum: Stratum) -> _Share:
    score = _score(scores, stratum)
    return _of(score.tp + score.fn, score, population.size(stratum))


def _of(found: int, score: Score, size: int) -> _Share:
    """More labels than messages were counted (a crash loses the last minute's counts): then all are known."""
    return _Share(found, score.decided, max(0, size - score.decided))


def _score(scores: Mapping[Stratum, Score], stratum: Stratum) -> Score:
    return scores.get(stratum, Score())
