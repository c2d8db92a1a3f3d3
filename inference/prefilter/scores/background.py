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

Row = npt.NDArray[np.float32]

SOURCES = ("dailydialog", "goemotions_reddit", "ubuntu_irc")
"""Where the shipped English lines are from, in this order, equally many of each."""
ENGLISH = "en"


_STRETCHES = 3
_DATA = resources.files("inference.prefilter") / "data"


@dataclass(frozen=True, slots=True)
class Split:
    """How many lines of a language the fits read; the others, which they have not seen, calibrate them."""

    meaning: int
    """Lines that the model of meaning reads."""
    patterns: int
    """How many of those the model of letter patterns reads."""


ENGLISH_SPLIT = Split(meaning=600, patterns=300)
OTHER_SPLIT = Split(meaning=160, patterns=160)
"""There are some hundred lines of each other language."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Ordinary lines of one language, and what the general models make of them."""

    texts: Corpus
    harms: Vectors
    """(lines, harms)"""
    split: Split

    @classmethod
    def read(cls, lines: Sequence[str], featuriser: Featuriser, generic: GenericHead, split: Split) -> "Lines":
        """Read lines; their order does not matter."""
        shuffled = [lines[number] for number in np.random.default_rng(0).permutation(len(lines))]
        texts = featuriser.corpus(shuffled, Normaliser.shipped())
        return cls(texts, generic.logits(texts), split)

    @property
    def stretches(self) -> tuple[slice, slice, slice]:
        """What the model of letter patterns reads, what that of meaning reads besides, what neither does."""
        patterns, meaning = self.split.patterns, self.split.meaning
        return slice(patterns), slice(patterns, meaning), slice(meaning, None)


@dataclass(frozen=True, slots=True)
class Background:
    """Ordinary lines of one language or several, and what the shipped models make of them.

    Those that the model of letter patterns reads come first, then what the model of meaning reads besides, then
    those that calibrate; in each of these stretches the languages follow one another.
    """

    texts: Corpus
    harms: Vectors
    """(lines, harms)"""
    patterns: Vectors
    """The letter patterns of the first lines as a matrix (pattern lines, BUCKETS)."""
    pattern_kernel: Vectors
    """Their products with each other (pattern lines, pattern lines)."""
    calibrating: "FlatPatterns"
    """The letter patterns of the lines that calibrate, end to end."""
    sizes: npt.NDArray[np.intp]
    """How many lines of each language each stretch has (3, languages)."""

    @classmethod
    def of(cls, languages: Sequence[Lines], generic: GenericHead) -> "Background":
        """Of these languages' lines. `generic`: its rarities weigh the letter patterns."""
        stretches = zip(*(each.stretches for each in languages), strict=True)
        pieces = [pair for rows in stretches for pair in zip(languages, rows, strict=True)]
        texts = Corpus.joined([each.texts.take(rows) for each, rows in pieces])
        harms = np.concatenate([each.harms[rows] for each, rows in pieces])
        sizes = np.array([len(each.harms[rows]) for each, rows in pieces]).reshape(_STRETCHES, len(languages))
        patterns = texts.take(slice(sizes[0].sum())).pattern_matrix(generic.rarity)
        flat = FlatPatterns.of(texts.take(slice(sizes[:-1].sum(), None)), generic.rarity)
        return cls(texts, harms, patterns, patterns @ patterns.T, flat, sizes)

    @classmethod
    def of_english(cls, lines: Sequence[str], featuriser: Featuriser, generic: GenericHead) -> "Background":
        """Of English lines alone."""
        return cls.of([Lines.read(lines, featuriser, generic, ENGLISH_SPLIT)], generic)

    @property
    def english(self) -> Lines:
        """The lines of a background that is in English alone."""
        return Lines(self.texts, self.harms, ENGLISH_SPLIT)

    @property
    def meaning_lines(self) -> int:
        """How many lines come first that the model of meaning reads."""
        return int(self.sizes[:-1].sum())

    @property
    def pattern_weights(self) -> Row:
        """How much each line counts that the model of letter patterns reads: each language the same, 1 in all."""
        return _evenly(self.sizes[:1])

    @property
    def meaning_weights(self) -> Row:
        """The same of the lines that the model of meaning reads."""
        return _evenly(self.sizes[:-1])

    @property
    def weights(self) -> Row:
        """The same of all lines."""
        return _evenly(self.sizes)

    def by_language(self, values: Row) -> list[Row]:
        """What belongs to the lines that calibrate (lines,), for each language by itself."""
        return np.split(values, np.cumsum(self.sizes[-1])[:-1])


def _evenly(sizes: npt.NDArray[np.intp]) -> Row:
    """The weights of lines of which so many are of each language in each stretch (stretches, languages)."""
    of_each = 1 / (sizes.sum(axis=0) * sizes.shape[1])
    return np.repeat(np.broadcast_to(of_each, sizes.shape).ravel(), sizes.ravel()).astype(np.float32)


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
    """The English lines that come with the package, all or without one source's."""
    lines = gzip.decompress((_DATA / "background.txt.gz").read_bytes()).decode("utf-8").split("\n")
    size = len(lines) // len(SOURCES)
    return [line for number, line in enumerate(lines) if SOURCES[number // size] != without]


def other_languages() -> tuple[str, ...]:
    """The languages besides English of which lines come with the package: their codes (ISO 639-1), sorted."""
    return tuple(sorted(entry.name.removesuffix(".txt") for entry in (_DATA / "ordinary").iterdir()))


def shipped_lines_in(language: str) -> list[str]:
    """The lines of one of `other_languages`."""
    return (_DATA / "ordinary" / f"{language}.txt").read_text("utf-8").splitlines()
