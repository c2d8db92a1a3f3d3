"""Evens out what all chat has in common, so that likeness means likeness in what is said.

Sentence vectors share a few strong directions (length, tone, being a question). Whitening (Su et al. 2021,
arXiv:2103.15316; Huang et al. 2021, arXiv:2104.01767) scales each direction by how much ordinary chat varies
in it.
Measured on ten labelled sets with five policies at a 2% flag rate: mean recall .22 without it, .29 with it.
"""

import numpy as np

from inference.prefilter.embedding import Vectors, unit_rows

SHRINKAGE = 0.5
"""Share of the mean variance added to each direction: rare directions are not blown up."""


class Whitening:
    """A linear map fitted to ordinary chat. Immutable."""

    def __init__(self, background: Vectors) -> None:
        """`background` (lines, dimensions): vectors of ordinary chat lines."""
        values, directions = np.linalg.eigh(np.cov(background, rowvar=False).astype(np.float64))
        scales = (values + SHRINKAGE * values.mean()) ** -0.5
        self._map = np.ascontiguousarray((directions * scales) @ directions.T, dtype=np.float32)

    def __call__(self, vectors: Vectors) -> Vectors:
        """Vectors (n, dimensions) -> whitened vectors of unit length; rows of zeros stay zero."""
        return unit_rows(vectors @ self._map)
