"""Two embedders as one: the shipped static vectors, and behind them those of a sentence encoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Embedder, Vectors, unit_rows
from inference.prefilter.whitening import Whitening

ENCODER_SHARE = 0.6
"""Of the squared length of a row. Measured with all-MiniLM-L6-v2 on thirteen tasks out of five labelled sets: mean
recall at 0 to 300 examples differs by less than .01 from .6 to .8 and is up to .013 lower at .3; a weaker encoder
deserves less."""
STATIC_SCALE = (1 - ENCODER_SHARE) ** 0.5
ENCODER_SCALE = ENCODER_SHARE**0.5


class Evening:
    """What all chat has in common, taken out of an encoder's vectors. Immutable.

    Some encoders put all texts into one corner, where all of them are near to each other: their mean is
    subtracted. Then they are whitened.
    """

    def __init__(self, ordinary: Vectors) -> None:
        """`ordinary` (lines, dimensions): vectors of ordinary chat, of unit length."""
        self._mean = np.asarray(ordinary.mean(axis=0), np.float32)
        self._whitening = Whitening(ordinary)

    def __call__(self, vectors: Vectors) -> Vectors:
        """(n, dimensions) -> (n, dimensions), of unit length; rows of zeros stay zero."""
        known = vectors.any(axis=1, keepdims=True)
        return self._whitening(np.where(known, vectors - self._mean, np.float32(0)))


@dataclass(frozen=True, eq=False, slots=True)
class Joined:
    """An `Embedder`: its rows are [static | encoder], of unit length."""

    static: Embedder
    encoder: Embedder
    evening: Evening

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Texts -> (len(texts), dimensions of both). Where one knows nothing, the other's part is all."""
        parts = STATIC_SCALE * self.static.embed(texts), ENCODER_SCALE * self.evening(self.encoder.embed(texts))
        return unit_rows(np.concatenate(parts, axis=1))


@dataclass(frozen=True, eq=False, slots=True)
class Remembered:
    """An `Embedder` of texts that were embedded before."""

    rows: Mapping[str, npt.NDArray[np.float32]]

    @classmethod
    def of(cls, texts: Sequence[str], embedder: Embedder) -> "Remembered":
        """Embed each text once."""
        once = list(dict.fromkeys(texts))
        return cls(dict(zip(once, embedder.embed(once), strict=True)))

    @property
    def vectors(self) -> Vectors:
        """All rows (texts, dimensions)."""
        return np.stack(list(self.rows.values()))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Texts -> (len(texts), dimensions). Raises KeyError for a text that is not among them."""
        return np.stack([self.rows[text] for text in texts])
