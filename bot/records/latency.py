"""How long a thing that is done very often takes: counts by fixed bounds, as Prometheus draws histograms from."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0)
"""Seconds. 1.5 is what an answer to a person may take; above 3 Discord gives it up."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """One look at the counts."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    """How many took up to each of `BOUNDS` and more than the one before; the last: more than all."""
    total: float = 0.0
    """Seconds, all together."""

    @property
    def number(self) -> int:
        """How many were measured."""
        return sum(self.counts)


class LatencyMeter:
    """Counts. Used in one thread only."""

    __slots__ = ("_counts", "_total")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._total = 0.0

    def observe(self, seconds: float) -> None:
        """Something took so long."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self._total += seconds

    def read(self) -> Latencies:
        """The counts as they are now."""
        return Latencies(tuple(self._counts), self._total)
