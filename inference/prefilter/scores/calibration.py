"""From a score to a surprise: how rare it is among ordinary messages."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

TAILS = np.array([1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002])
"""The shares of ordinary messages at which a score is looked up."""
_SURPRISES = -np.log10(TAILS)
_SLOPE_FROM = 6
"""Above the last tail the surprise grows as between this one (0.05) and the last."""
_LEAST_GAP = 1e-4
_LEAST_SHARE = 1e-6
"""Knots are so far apart at least, however large they are: single precision must tell them from each other."""
MOST = np.array(8, np.float32)
"""One in a hundred million: no sample tells more."""


class Calibration:
    """The surprise of the scores of several policies, in one go. Immutable.

    It rises in a straight line from each knot to the next one, and is 0 below the first.
    """

    def __init__(self, knots: Array) -> None:
        """`knots` (policies, tails): the score that each share of ordinary messages reaches, rising."""
        flat = np.zeros((len(knots), 1))
        rise = _SURPRISES[-1] - _SURPRISES[_SLOPE_FROM]
        beyond = rise / (knots[:, -1:] - knots[:, _SLOPE_FROM : _SLOPE_FROM + 1])
        slopes = np.concatenate([flat, np.diff(_SURPRISES) / np.diff(knots, axis=1), beyond], axis=1)
        surprises = np.broadcast_to(np.append(0, _SURPRISES), slopes.shape)
        self._ends = np.concatenate([knots, flat + np.inf], axis=1, dtype=np.float32)
        lines = [np.concatenate([flat, knots], axis=1), slopes, surprises]
        self._knots, self._slopes, self._surprises = (each.astype(np.float32).ravel() for each in lines)
        self._first_lines = np.arange(len(knots)) * self._ends.shape[1]

    def surprises(self, scores: Array) -> Array:
        """Scores (policies,) -> surprises (policies,), rising with them, between 0 and `MOST`."""
        lines = (scores[:, None] < self._ends).argmax(axis=1)
        lines += self._first_lines
        found = scores - self._knots.take(lines)
        found *= self._slopes.take(lines)
        found += self._surprises.take(lines)
        return np.asarray(np.minimum(found, MOST, out=found))


def knots_of(ordinary: npt.NDArray[np.floating]) -> Array:
    """The knots of one policy from its scores for ordinary messages (texts,) -> (tails,), strictly rising."""
    quantiles = np.quantile(ordinary, 1 - TAILS)
    gap = max(_LEAST_GAP, _LEAST_SHARE * float(np.abs(quantiles).max()))
    return np.asarray(np.maximum.accumulate(quantiles) + gap * np.arange(len(TAILS)), np.float32)
