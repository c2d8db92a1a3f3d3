"""What the learned scores know of a text: its meaning, its letter patterns, its rude words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Embedder, Vectors
from inference.prefilter.normalise import Normaliser, Reading
from inference.prefilter.prose import prose, undisguised
from inference.prefilter.scores.lexicon import LISTS, Lexicon
from inference.prefilter.scores.ngrams import BUCKETS, Buckets, ngram_buckets

_SHORTEST = 1e-12
"""The squared length of patterns that all texts have: they tell nothing."""


@dataclass(frozen=True, slots=True)
class Features:
    """One text."""

    meaning: npt.NDArray[np.float32]
    """(dimensions,), of length 1; shorter where not all words are known, zero where none is."""
    rude: npt.NDArray[np.float32]
    """(lists,)"""
    patterns: Buckets

    @property
    def is_empty(self) -> bool:
        """Whether the text says nothing at all."""
        return not len(self.patterns)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Several texts, as matrices."""

    meaning: Vectors
    """(texts, dimensions)"""
    rude: Vectors
    """(texts, lists)"""
    patterns: tuple[Buckets, ...]

    def __len__(self) -> int:
        return len(self.patterns)

    @classmethod
    def joined(cls, parts: Sequence["Corpus"]) -> "Corpus":
        """The texts of several, in this order."""
        meaning, rude = (np.concatenate([getattr(part, name) for part in parts]) for name in ("meaning", "rude"))
        return cls(meaning, rude, tuple(chain.from_iterable(part.patterns for part in parts)))

    def take(self, rows: npt.NDArray[np.bool_] | slice) -> "Corpus":
        """Some of the texts."""
        numbers = range(len(self))[rows] if isinstance(rows, slice) else np.flatnonzero(rows)
        return Corpus(self.meaning[rows], self.rude[rows], tuple(self.patterns[number] for number in numbers))

    def pattern_logits(self, weights: npt.NDArray[np.float32], rarity: npt.NDArray[np.float32]) -> Vectors:
        """`pattern_matrix(rarity) @ weights` for weights (BUCKETS, columns), without the matrix."""
        rows = [pattern_shares(buckets, rarity) @ weights.take(buckets, axis=0) for buckets in self.patterns]
        return np.array(rows, np.float32).reshape(len(self), *weights.shape[1:])

    def pattern_matrix(self, rarity: npt.NDArray[np.float32]) -> Vectors:
        """The letter patterns, weighed by their rarity, each row of length 1 -> (texts, BUCKETS)."""
        matrix = np.zeros((len(self), BUCKETS), np.float32)
        for row, buckets in zip(matrix, self.patterns, strict=True):
            row[buckets] = pattern_shares(buckets, rarity)
        return matrix


def pattern_shares(buckets: Buckets, rarity: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How much each of a text's patterns counts -> (buckets,), of length 1."""
    weights = rarity.take(buckets)
    weights /= np.float32(math.sqrt(max(float(weights.dot(weights)), _SHORTEST)))
    return np.asarray(weights)


class Featuriser:
    """Makes features. Immutable."""

    def __init__(self, embedder: Embedder, lexicon: Lexicon) -> None:
        self.embedder = embedder
        self._lexicon = lexicon

    def of(self, reading: Reading) -> Features:
        """The features of one text."""
        light, plain = prose(reading.light.text), undisguised(reading)
        return Features(self.embedder.embed([light])[0], self._lexicon.counts(plain), ngram_buckets(plain))

    def corpus(self, texts: Sequence[str], normaliser: Normaliser) -> Corpus:
        """The features of several texts, as they were written."""
        readings = [normaliser.read(text) for text in texts]
        plain = [undisguised(reading) for reading in readings]
        rude = [self._lexicon.counts(text) for text in plain]
        return Corpus(
            meaning=self.embedder.embed([prose(reading.light.text) for reading in readings]),
            rude=np.array(rude, np.float32).reshape(len(texts), len(LISTS)),
            patterns=tuple(map(ngram_buckets, plain)),
        )
