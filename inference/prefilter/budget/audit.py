"""What is missed, estimated from a random sample of what nothing suspected."""

from dataclasses import dataclass

from inference.prefilter.budget.binomial import lower_bound, upper_bound

_EACH_SIDE = 0.975
"""Both bounds together hold with 95% confidence."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one version of a policy. Counts of messages that were just written."""

    looked_at: int = 0
    flagged: int = 0
    """Of those looked at: suspected, by whatever."""
    confirmed: int = 0
    """Suspected, judged and found to violate."""
    drawn: int = 0
    """Not suspected, and drawn for a random check: those that still wait included."""
    cleared: int = 0
    """Drawn and found to be allowed."""
    missed: int = 0
    """Drawn and found to violate."""
    unsure: int = 0
    """Drawn, and the judge's answer could not be read."""

    @property
    def judged(self) -> int:
        """Random checks with an answer."""
        return self.cleared + self.missed


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, and where the truth lies with 95% confidence."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Misses:
    """What the random checks say."""

    count: Interval
    """Violations among what nothing suspected; those that the checks themselves found included."""
    recall: Interval | None
    """The share of all violations that is suspected; None where no violation was seen at all."""


def estimate(tally: Tally) -> Misses | None:
    """What is missed; None when no random check was answered.

    What was checked is known, the rest is as it is: the sample's rate (exact interval) holds for what was not
    checked. Answers that could not be read count as violations for the upper bound and as none for the lower one.
    Without a single miss in n checks the rate is below about 3.7/n (two-sided; 3/n one-sided).
    """
    if not tally.judged:
        return None
    asked = tally.judged + tally.unsure
    rest = max(0, tally.looked_at - tally.flagged - asked)
    count = Interval(
        estimate=tally.missed + rest * tally.missed / tally.judged,
        low=tally.missed + rest * lower_bound(tally.missed, asked, _EACH_SIDE),
        high=tally.missed + tally.unsure + rest * upper_bound(tally.missed + tally.unsure, asked, _EACH_SIDE),
    )
    return Misses(count, _recall(tally.confirmed, count))


def _recall(found: int, missed: Interval) -> Interval | None:
    if found + missed.estimate == 0:
        return None
    return Interval(
        estimate=found / (found + missed.estimate),
        low=found / (found + missed.high) if found else 0.0,
        high=found / (found + missed.low) if found else 0.0,
    )
