"""The rolling quantile: from which surprise on a guild's messages make up the share that may be flagged.

Guarantees, all of them tested:

- Before any message, the threshold for a share f is `cold(f)`: what that share of ordinary chat reaches.
- After 10,000 counted messages of a guild that does not change, a share within f/5 + 0.002 of f is flagged, if
  scores do not pile up in one place and the threshold is not at one of its stops.
- Whatever is written, the threshold for f stays between `cold(f) - MAX_FALL` and `cold(f) + MAX_RISE`. With
  f = 5%: a text whose score one in 633 ordinary messages reaches (5% / 31.6) is always flagged, and never more
  than 25% of ordinary chat are.
"""

import math
import struct
from array import array
from itertools import pairwise

BINS_PER_DECADE = 8
"""A bin is an eighth of a power of ten wide: 33% in terms of the tail's share; within it is interpolated."""
DECADES = 8
"""Surprises from here on share one bin."""
MEMORY = 5000.0
"""Messages: what was counted so long ago weighs 1/e."""
PRIOR = 300.0
"""Messages that the shipped background counts for in the beginning, and what is known after a policy's change."""
MAX_RISE = 1.5
"""Powers of ten by which the threshold may rise above the cold one."""
MAX_FALL = 0.7
"""Powers of ten by which it may fall below."""

_OVERFLOW = BINS_PER_DECADE * DECADES
_GROWTH = math.exp(1 / MEMORY)
_HEAVIEST = 1e9
_FORM = 1
_PACKED = struct.Struct(f"<B{_OVERFLOW + 1}f")


def cold(flag_rate: float) -> float:
    """The surprise that this share of ordinary messages reaches; infinite for a share of 0."""
    return -math.log10(flag_rate) if flag_rate > 0 else math.inf


class UnknownForm(ValueError):
    """The bytes were written by another version: begin anew."""


class RollingQuantile:
    """Surprises of one guild's messages under one policy, in bins that forget. About 600 bytes.

    Not safe for threads: whoever owns it counts and asks in one thread.
    """

    __slots__ = ("_bins", "_total", "_weight")

    def __init__(self) -> None:
        """Knows the background only."""
        self._bins = array("d", (PRIOR * share for share in _BACKGROUND))
        self._total = PRIOR
        self._weight = 1.0

    def observe(self, surprise: float) -> None:
        """Count a message. Instead of shrinking the old ones, the new one weighs more."""
        self._bins[_bin_of(surprise)] += self._weight
        self._total += self._weight
        self._weight *= _GROWTH
        if self._weight > _HEAVIEST:
            self._scale(1 / self._weight)
            self._weight = 1.0

    @property
    def weight(self) -> float:
        """Messages that it rests on, the background's share included: from PRIOR to MEMORY."""
        return self._total / self._weight

    def threshold(self, flag_rate: float) -> float:
        """The surprise that this share (0 to 1) of the guild's messages reaches, within the stops."""
        usual = cold(flag_rate)
        if math.isinf(usual):
            return usual
        return min(max(self.quantile(flag_rate), usual - MAX_FALL), usual + MAX_RISE)

    def quantile(self, share: float) -> float:
        """The surprise that this share of the messages reaches, whatever the stops; `DECADES` at most."""
        target = share * self._total
        above = self._bins[_OVERFLOW]
        if target <= above:
            return float(DECADES)
        for index in range(_OVERFLOW - 1, -1, -1):
            within = self._bins[index]
            if above + within >= target:
                return (index + _how_deep(above, within, target)) / BINS_PER_DECADE
            above += within
        return 0.0

    def tail(self, surprise: float) -> float:
        """The share of the guild's messages that reach a surprise: the other way round than `quantile`."""
        if surprise <= 0:
            return 1.0
        index = _bin_of(surprise)
        above, within = math.fsum(self._bins[index + 1 :]), self._bins[index]
        depth = 0.0 if index == _OVERFLOW else surprise * BINS_PER_DECADE - index
        return (above + _beyond(above, within, depth)) / self._total

    def successor(self) -> "RollingQuantile":
        """For the policy's next version: the same guild writes on, so what was seen is a better guess than
        the background; but it weighs no more than that."""
        after = RollingQuantile()
        after._bins = array("d", self._bins)
        after._total, after._weight = self._total, self._weight
        if self.weight > PRIOR:
            after._scale(PRIOR / self.weight)
        return after

    def to_bytes(self) -> bytes:
        """261 bytes, to be kept."""
        return _PACKED.pack(_FORM, *(count / self._weight for count in self._bins))

    @classmethod
    def from_bytes(cls, kept: bytes) -> "RollingQuantile":
        """What was kept.

        Raises:
            UnknownForm: it was written by another version, or is damaged.
        """
        if len(kept) != _PACKED.size or kept[0] != _FORM:
            raise UnknownForm("These surprises were counted by another version.")
        bins = _PACKED.unpack(kept)[1:]
        if not all(0 <= count <= _HEAVIEST for count in bins) or not sum(bins):
            raise UnknownForm("These counts are damaged.")
        made = cls()
        made._bins = array("d", bins)
        made._total = math.fsum(bins)
        return made

    def _scale(self, factor: float) -> None:
        for index, count in enumerate(self._bins):
            self._bins[index] = count * factor
        self._total = math.fsum(self._bins)


def _bin_of(surprise: float) -> int:
    return _OVERFLOW if surprise >= DECADES else int(surprise * BINS_PER_DECADE)


def _how_deep(above: float, within: float, target: float) -> float:
    """Where in a bin (0 at its lower edge, 1 at its upper) the tail is `target`. Tails fall off by powers."""
    if above <= 0:
        return (within - target) / within if within else 0.0
    whole = above + within
    return math.log(whole / target) / math.log(whole / above) if within else 0.0


def _beyond(above: float, within: float, depth: float) -> float:
    """How much of a bin lies beyond a place in it: as `_how_deep`."""
    if above <= 0 or within <= 0:
        return within * (1 - depth)
    whole = above + within
    return whole * math.pow(above / whole, depth) - above


def _background() -> list[float]:
    edges = [10 ** (-index / BINS_PER_DECADE) for index in range(_OVERFLOW + 1)]
    return [*(low - high for low, high in pairwise(edges)), edges[-1]]


_BACKGROUND = _background()
