"""Ordinary chat: what every learned score is fitted against, and measured on."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Vectors
from inference.prefilter.normalise import Normaliser
from inference.prefilter.scores.features import Corpus, Featuriser, pattern_shares
from inference.prefilter.scores.generic import GenericHead
from inference.prefilter.scores.ngrams import Buckets

SOURCES = ("dailydialog", "goemotions_reddit", "ubuntu_irc")
"""Where the shipped lines are from, in this order, equally many of each."""
MEANING_LINES = 600
PATTERN_LINES = 300
"""So many of the lines the fits of the two models read; the others, which they have not seen, calibrate them."""


@dataclass(frozen=True, slots=True)
class Background:
    """Ordinary lines and what the shipped models make of them. The `MEANING_LINES` that fits read come first."""

    texts: Corpus
    harms: Vectors
    """(lines, harms)"""
    patterns: Vectors
    """The letter patterns of the first lines as a matrix (PATTERN_LINES, BUCKETS)"""
    pattern_kernel: Vectors
    """Their products with each other (PATTERN_LINES, PATTERN_LINES)"""
    calibrating: "FlatPatterns"
    """The letter patterns of the lines that calibrate, end to end."""

    @classmethod
    def of(cls, lines: Sequence[str], featuriser: Featuriser, generic: GenericHead) -> "Background":
        """Read ordinary lines; their order does not matter."""
        shuffled = [lines[number] for number in np.random.default_rng(0).permutation(len(lines))]
        return cls.under(featuriser.corpus(shuffled, Normaliser.shipped()), generic)

    @classmethod
    def under(cls, texts: Corpus, generic: GenericHead) -> "Background":
        """Ordinary lines under these general models, whose rarities weigh the letter patterns."""
        patterns = texts.take(slice(PATTERN_LINES)).pattern_matrix(generic.rarity)
        flat = FlatPatterns.of(texts.take(slice(MEANING_LINES, None)), generic.rarity)
        return cls(texts, generic.logits(texts), patterns, patterns @ patterns.T, flat)


@dataclass(frozen=True, slots=True)
class FlatPatterns:
    """The letter patterns of many texts, end to end: their logits under new weights in one pass."""

    buckets: Buckets
    shares: npt.NDArray[np.float32]
    starts: npt.NDArray[np.intp]

    @classmethod
    def of(cls, texts: Corpus, rarity: npt.NDArray[np.float32]) -> "FlatPatterns":
        """Texts that all have a pattern at least."""
        shares = [pattern_shares(buckets, rarity) for buckets in texts.patterns]
        starts = np.cumsum([0, *map(len, texts.patterns)])[:-1]
        return cls(np.concatenate(texts.patterns), np.concatenate(shares), starts)

    def logits(self, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Weights (BUCKETS,) -> (texts,)"""
        return np.add.reduceat(self.shares * weights.take(self.buckets), self.starts)


def shipped_lines(without: str | None = None) -> list[str]:
    """The lines that come with the package, all or without one source's."""
    packed = (resources.files("inference.prefilter") / "data" / "background.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode("utf-8").split("\n")
    size = len(lines) // len(SOURCES)
    return [line for number, line in enumerate(lines) if SOURCES[number // size] != without]
