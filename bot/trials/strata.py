"""Messages by what became of them, and what labelled samples say of each kind. Pure.

Messages fall into three strata: a card came up (`opened`), the judge cleared them, or nothing suspected them. How
many fell into each is counted as messages come (`Tally`); a labelled sample says what share of it is how. A sum
over strata takes each stratum's share times its size, and a rate is a ratio of two such sums (the combined ratio
estimator for stratified samples; W. G. Cochran, "Sampling Techniques", 3rd ed. 1977, 5.3 and 6.11).

The interval is exact and cautious rather than narrow: each share has its own one-sided bound by Clopper and
Pearson, all of them together hold with the confidence that is asked for (Bonferroni), and the ratio takes the
worst of both sides. What was labelled is known; the bounds hold for the rest of the stratum. Where violations are
rare and samples few, the interval is nearly everything there is, and that is the truth about such samples.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.records.labels import Stratum
from inference.prefilter.budget.audit import Interval, Tally
from inference.prefilter.budget.binomial import lower_bound, upper_bound
from policies.score import Score

SUSPECTED: Final = (Stratum.OPENED, Stratum.CLEARED)
"""What the model is asked about as the bot runs."""
EVERYTHING: Final = tuple(Stratum)


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

    @property
    def total(self) -> int:
        """Of all strata; 0 where nothing was counted."""
        return self.opened + self.cleared + self.unflagged

    def size(self, stratum: Stratum) -> int:
        """Of one stratum."""
        return {
            Stratum.OPENED: self.opened,
            Stratum.CLEARED: self.cleared,
            Stratum.UNFLAGGED: self.unflagged,
        }[stratum]


@dataclass(frozen=True, slots=True)
class Share:
    """Messages of one kind in one stratum."""

    found: int
    """In its sample."""
    of: int
    """The sample's size."""
    rest: int
    """How many of the stratum were not labelled."""

    @property
    def estimate(self) -> float:
        """How many there are in the whole stratum."""
        return self.found + (self.rest * self.found / self.of if self.of else 0.0)

    def low(self, confidence: float) -> float:
        """So many there are at least."""
        return self.found + self.rest * lower_bound(self.found, self.of, confidence)

    def high(self, confidence: float) -> float:
        """More than these there are not."""
        return self.found + self.rest * upper_bound(self.found, self.of, confidence)


@dataclass(frozen=True, slots=True)
class Samples:
    """Labels against the tried version's verdicts, by stratum. What could not be read is left out."""

    scores: Mapping[Stratum, Score]
    population: Population

    def lacking(self, strata: Iterable[Stratum] = EVERYTHING) -> tuple[Stratum, ...]:
        """Those of the strata that hold messages of which people have labelled none.

        Of what nothing suspects there is always something, and where nothing was counted nobody knows better.
        """
        return tuple(each for each in strata if self._may_hold(each) and not self.score(each).decided)

    def score(self, stratum: Stratum) -> Score:
        """Of one stratum's sample."""
        return self.scores.get(stratum, Score())

    def shares(self, strata: Iterable[Stratum], count: Callable[[Score], int]) -> list[Share]:
        """The messages in each stratum that `count` counts in a sample."""
        return [self._share(each, count(self.score(each))) for each in strata]

    def _may_hold(self, stratum: Stratum) -> bool:
        return stratum is Stratum.UNFLAGGED or not self.population.total or self.population.size(stratum) > 0

    def _share(self, stratum: Stratum, found: int) -> Share:
        """More labels than messages were counted (a crash loses the last minute's counts): then all are known."""
        of = self.score(stratum).decided
        return Share(found, of, max(0, self.population.size(stratum) - of))


def ratio(those: Sequence[Share], others: Sequence[Share], confidence: float) -> Interval | None:
    """The part of `those` in both together; None where none of either was seen.

    It rises with every one of `those` and falls with every one of `others`, which are other messages.
    """
    total = sum(share.estimate for share in (*those, *others))
    if not total:
        return None
    uncertain = sum(share.rest > 0 for share in (*those, *others))
    each = 1 - (1 - confidence) / 2 / max(1, uncertain)
    return Interval(
        estimate=sum(share.estimate for share in those) / total,
        low=_part(sum(share.low(each) for share in those), sum(share.high(each) for share in others)),
        high=_part(sum(share.high(each) for share in those), sum(share.low(each) for share in others)),
    )


def _part(those: float, others: float) -> float:
    return those / (those + others) if those + others else 0.0
