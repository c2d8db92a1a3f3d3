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
MOST = np.float32(8)
"""One in a hundred million: no sample tells more."""
_NONE = np.float32(0)


class Calibration:
    """The surprise of the scores of several policies, in one go. Immutable."""

    def __init__(self, knots: Array) -> None:
        """`knots` (policies, tails): the score that each share of ordinary messages reaches, rising."""
        beyond = knots[:, -1:] - knots[:, _SLOPE_FROM : _SLOPE_FROM + 1]
        rise = _SURPRISES[-1] - _SURPRISES[_SLOPE_FROM]
        slopes = np.concatenate([np.diff(_SURPRISES) / np.diff(knots, axis=1), rise / beyond], axis=1)
        surprises = np.broadcast_to(_SURPRISES, knots.shape)
        self._pieces = np.stack([knots, surprises, slopes], axis=2, dtype=np.float32).reshape(-1, 3)
        self._first_pieces = np.arange(len(knots)) * len(TAILS)
        self._ends = np.ascontiguousarray(knots[:, 1:])

    def surprises(self, scores: Array) -> Array:
        """Scores (policies,) -> surprises (policies,), rising with them, between 0 and `MOST`."""
        passed = np.add.reduce(self._ends <= scores[:, None], axis=1)
        knots, surprises, slopes = self._pieces.take(self._first_pieces + passed, axis=0).T
        found = surprises + slopes * (scores - knots)
        return np.asarray(np.minimum(np.maximum(found, _NONE), MOST))


def knots_of(ordinary: npt.NDArray[np.floating]) -> Array:
    """The knots of one policy from its scores for ordinary messages (texts,) -> (tails,), strictly rising."""
    quantiles = np.quantile(ordinary, 1 - TAILS)
    gap = max(_LEAST_GAP, _LEAST_SHARE * float(np.abs(quantiles).max()))
    return np.asarray(np.maximum.accumulate(quantiles) + gap * np.arange(len(TAILS)), np.float32)
