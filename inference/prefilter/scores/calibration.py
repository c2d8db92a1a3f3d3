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
MOST = 8.0
"""One in a hundred million: no sample tells more."""


class Calibration:
    """The surprise of the scores of several policies, in one go. Immutable."""

    def __init__(self, knots: Array) -> None:
        """`knots` (policies, tails): the score that each share of ordinary messages reaches, rising."""
        self._knots = knots
        gaps = np.diff(knots, axis=1)
        beyond = knots[:, -1:] - knots[:, _SLOPE_FROM : _SLOPE_FROM + 1]
        rise = _SURPRISES[-1] - _SURPRISES[_SLOPE_FROM]
        slopes = np.concatenate([np.diff(_SURPRISES) / gaps, rise / beyond], axis=1)
        self._slopes = slopes.astype(np.float32)
        self._surprises = _SURPRISES.astype(np.float32)
        self._policies = np.arange(len(knots))

    def surprises(self, scores: Array) -> Array:
        """Scores (policies,) -> surprises (policies,), rising with them, between 0 and `MOST`."""
        place = np.maximum((self._knots <= scores[:, None]).sum(axis=1) - 1, 0)
        above = scores - self._knots[self._policies, place]
        found = self._surprises[place] + self._slopes[self._policies, place] * above
        return np.asarray(np.clip(found, 0, MOST), np.float32)


def knots_of(ordinary: npt.NDArray[np.floating]) -> Array:
    """The knots of one policy from its scores for ordinary messages (texts,) -> (tails,), strictly rising."""
    quantiles = np.quantile(ordinary, 1 - TAILS)
    return np.asarray(np.maximum.accumulate(quantiles) + _LEAST_GAP * np.arange(len(TAILS)), np.float32)
