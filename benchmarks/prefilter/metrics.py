"""Recall at a flag rate, and how much a figure varies."""

from collections.abc import Sequence
from statistics import fmean, stdev

import numpy as np
import numpy.typing as npt

Ranks = npt.NDArray[np.float64]
"""What a system thinks of each text: the higher, the sooner it is flagged. NaN where it was not asked."""


def recall_at(flag_rate: float, violating: Ranks, harmless: Ranks) -> float:
    """The share of the violating texts that are flagged when `flag_rate` of the harmless ones are.

    Where the threshold falls among equal ranks, the part of them that the rate leaves room for is flagged, among
    violating and harmless texts alike: the mean over all ways to break the ties (Fawcett 2006, An introduction to
    ROC analysis, section 5). So a system that ranks all texts alike has a recall equal to the flag rate.
    """
    violating, harmless = (ranks[~np.isnan(ranks)] for ranks in (violating, harmless))
    if not len(violating) or not len(harmless):
        return float("nan")
    room = flag_rate * len(harmless)
    threshold = np.sort(harmless)[::-1][min(int(room), len(harmless) - 1)]
    tied = float(np.mean(violating == threshold))
    share = (room - np.sum(harmless > threshold)) / np.sum(harmless == threshold)
    return float(np.mean(violating > threshold)) + float(share) * tied


def mean(values: Sequence[float]) -> float:
    """The mean of the values that are numbers; NaN if none is."""
    known = [value for value in values if value == value]
    return fmean(known) if known else float("nan")


def spread(values: Sequence[float]) -> float:
    """The standard deviation; 0 for a single value."""
    known = [value for value in values if value == value]
    return stdev(known) if len(known) > 1 else 0.0
