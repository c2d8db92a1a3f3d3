"""How long things took, as counts that can be added up: a sketch of a distribution, and no list of moments.

Durations fall into bins whose bounds grow by a constant factor, so that every quantile is off by 5% at most,
whatever the scale (Masson, Rim and Lee, "DDSketch", VLDB 2019). Two sketches are added bin by bin.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

ERROR: Final = 0.05
"""How far off a quantile is at most, as a share of it."""
_GROWTH: Final = (1 + ERROR) / (1 - ERROR)
_LOG_GROWTH: Final = math.log(_GROWTH)


def bin_of(wait: timedelta) -> int:
    """The bin of a duration. Whatever took up to a second is in bin 0."""
    seconds = wait.total_seconds()
    return 0 if seconds <= 1 else math.ceil(math.log(seconds) / _LOG_GROWTH)


@dataclass(frozen=True, slots=True)
class Waits:
    """Durations, counted by their bins."""

    bins: Mapping[int, int] = field(default_factory=dict)
    """{bin: number}."""

    @property
    def number(self) -> int:
        """How many durations were counted."""
        return sum(self.bins.values())

    def quantile(self, share: float) -> timedelta | None:
        """What this share of them (0 to 1) took at most; None where nothing was counted."""
        rank, seen = max(1, math.ceil(share * self.number)), 0
        for number in sorted(self.bins):
            seen += self.bins[number]
            if seen >= rank:
                return _middle(number)
        return None


def added(many: Iterable[Waits]) -> Waits:
    """All of them in one."""
    bins: dict[int, int] = {}
    for waits in many:
        for number, count in waits.bins.items():
            bins[number] = bins.get(number, 0) + count
    return Waits(bins)


def _middle(number: int) -> timedelta:
    """The value that is off by the same share from both bounds of the bin."""
    return timedelta(seconds=1 if number == 0 else 2 * _GROWTH**number / (_GROWTH + 1))
