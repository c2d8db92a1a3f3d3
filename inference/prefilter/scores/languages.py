"""Tells in which language texts are written, by their letter patterns.

Naive Bayes over hashed character n-grams (Cavnar and Trenkle 1994, "N-gram-based text categorization"; Lui and
Baldwin 2012, "langid.py"). A policy has hundreds of words, so some hundred lines of each language are enough.
"""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.prefilter.normalise import Normaliser
from inference.prefilter.prose import undisguised
from inference.prefilter.scores.background import ENGLISH, other_languages, shipped_lines, shipped_lines_in
from inference.prefilter.scores.ngrams import BUCKETS, Buckets, ngram_buckets

_ENGLISH_LINES = 320
"""As many as there are of each other language: then none is likelier for being better known."""

_UNSEEN = 0.5
"""What a pattern that a language's lines do not have counts for (lines)."""
_LEAST_GAIN = 0.25
"""Natural logarithms by which a pattern must be likelier in a language than by chance, in the mean: else the
text is in none that is known."""
_ENOUGH_PATTERNS = 25
"""A text of fewer patterns, some four words, does not tell its language."""
_ENOUGH_IN_ALL = 200
"""Texts of fewer patterns, some thirty words in all, do not tell that their language is unknown."""
_ENOUGH_SHARE = 0.2
"""A language that so many of several texts are in is one of theirs."""
_AS_A_RULE = frozenset((ENGLISH,))


@dataclass(frozen=True, slots=True)
class Languages:
    """What is typical of each language."""

    codes: tuple[str, ...]
    gains: npt.NDArray[np.float32]
    """How much likelier a pattern is in a language than if all were alike (languages, BUCKETS)."""

    @classmethod
    def of(cls, lines: Mapping[str, Sequence[Buckets]]) -> "Languages":
        """Of the letter patterns of ordinary lines of each language; about equally many lines of each."""
        gains = [_gains(each) for each in lines.values()]
        return cls(tuple(lines), np.stack(gains))

    def of_texts(self, texts: Sequence[Buckets]) -> frozenset[str]:
        """The languages that a good share of the texts is in; none if most are in none that is known.

        Texts too short to tell are passed over. Where there is too little to tell, it counts as English.
        """
        telling = [text for text in texts if len(text) >= _ENOUGH_PATTERNS]
        found = Counter(map(self.of_text, telling))
        if found[None] > found.total() / 2 and sum(map(len, telling)) >= _ENOUGH_IN_ALL:
            return frozenset()
        enough = _ENOUGH_SHARE * found.total()
        return frozenset(code for code, count in found.items() if code and count >= enough) or _AS_A_RULE

    def of_text(self, text: Buckets) -> str | None:
        """The language of a text with a pattern at least; None if it is none of those that are known."""
        means = self.gains.take(text, axis=1).mean(axis=1)
        best = int(means.argmax())
        return self.codes[best] if means[best] >= _LEAST_GAIN else None


def _gains(lines: Sequence[Buckets]) -> npt.NDArray[np.float32]:
    counts = np.bincount(np.concatenate(lines), minlength=BUCKETS) + _UNSEEN
    return np.asarray(np.log(counts * BUCKETS / counts.sum()), np.float32)


@functools.cache
def known_languages() -> Languages:
    """English and the others of which ordinary lines are shipped. Read once, in some tenths of a second."""
    english = np.random.default_rng(0).permutation(shipped_lines())[:_ENGLISH_LINES].tolist()
    lines = {ENGLISH: english, **{code: shipped_lines_in(code) for code in other_languages()}}
    return Languages.of({code: list(map(_patterns, each)) for code, each in lines.items()})


def _patterns(line: str) -> Buckets:
    return ngram_buckets(undisguised(Normaliser.shipped().read(line)))
