"""Weights as one byte each: a policy's letter patterns take 8 kB, and a message reads little of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.int8]
Scales = npt.NDArray[np.float32]

_LARGEST = 127
_NOTHING = 1e-12
"""The scale of weights that are all zero."""


def packed(weights: npt.NDArray[np.floating]) -> tuple[Bytes, Scales]:
    """Weights (n, columns) -> bytes (n, columns) and the scale of each column (columns,).

    Their product is the weights, to half a scale.
    """
    scales = np.maximum(np.abs(weights).max(axis=0), _NOTHING) / _LARGEST
    return np.round(weights / scales).astype(np.int8), np.asarray(scales, np.float32)


def unpacked(values: Bytes, scales: Scales | float) -> npt.NDArray[np.float32]:
    """What `packed` packed."""
    return np.asarray(values.astype(np.float32) * scales, np.float32)


def side_by_side(tables: Sequence[tuple[Bytes, Scales]]) -> tuple[Bytes, Scales]:
    """Packed weights as one table, whose rows lie together in memory."""
    values = np.ascontiguousarray(np.concatenate([values for values, _ in tables], axis=1))
    return values, np.concatenate([scales for _, scales in tables])
