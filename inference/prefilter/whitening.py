"""Evens out what all chat has in common, so that likeness means likeness in what is said.

Sentence vectors share a few strong directions (length, tone, being a question). Whitening (Su et al. 2021,
arXiv:2103.15316; Huang et al. 2021, arXiv:2104.01767) scales each direction by how much ordinary chat varies
in it. Measured on nine labelled sets with five policies at a 2% flag rate (sharpness 6, nothing allowed): mean
recall .22 without it, .31 with it.
"""

import numpy as np

from inference.prefilter.embedding import Vectors, unit_rows

SHRINKAGE = 0.5
"""Share of the mean variance added to each direction: rare directions are not blown up."""


class Whitening:
    """A linear map fitted to ordinary chat. Immutable. `matrix` is (dimensions, dimensions), for rows from the
    left."""

    def __init__(self, background: Vectors) -> None:
        """`background` (lines, dimensions): vectors of ordinary chat lines."""
        covariance = np.cov(background, rowvar=False).astype(np.float64)
        evened = covariance + SHRINKAGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        root = np.linalg.cholesky(evened)  # any square root gives the same cosines; this one is the quickest
        self.matrix = np.ascontiguousarray(np.linalg.inv(root).T, dtype=np.float32)

    def __call__(self, vectors: Vectors) -> Vectors:
        """Vectors (n, dimensions) -> whitened vectors of unit length; rows of zeros stay zero."""
        return unit_rows(vectors @ self.matrix)
