"""Tells in which language texts are written, by their letter patterns.

Naive Bayes over hashed character n-grams (Cavnar and Trenkle 1994, "N-gram-based text categorization"; Lui and
Baldwin 2012, "langid.py"). A policy has hundreds of words, so some hundred lines of each language are enough.
Without blanks between words the patterns of a text are all different: there the script tells.
"""

import functools
import re
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
_KANA, _HAN, _HANGUL = map(re.compile, ("[\u3041-\u30ff]", "[\u3400-\u9fff]", "[\uac00-\ud7a3\u1100-\u11ff]"))
_SOME_KANA = 0.1
"""Chinese has none; a Japanese sentence has more."""


@dataclass(frozen=True, slots=True)
class Languages:
    """What is typical of each language."""

    codes: tuple[str, ...]
    gains: npt.NDArray[np.float32]
    """How much likelier a pattern is in a language than if all were alike (languages, BUCKETS)."""

    @classmethod
    def of(cls, lines: Mapping[str, Sequence[str]]) -> "Languages":
        """Of ordinary lines of each language; about equally many lines of each."""
        gains = [_gains([_patterns(line) for line in each]) for each in lines.values()]
        return cls(tuple(lines), np.stack(gains))

    def of_texts(self, texts: Sequence[str]) -> frozenset[str]:
        """The languages that a good share of the texts is in; none if most are in none that is known.

        Texts too short to tell are passed over. Where there is too little to tell, it counts as English.
        """
        sizes = {text: len(_patterns(text)) for text in texts}
        telling = [text for text in texts if sizes[text] >= _ENOUGH_PATTERNS]
        found = Counter(map(self.of_text, telling))
        enough = _ENOUGH_SHARE * found.total()
        spoken = frozenset(code for code, count in found.items() if code and count >= enough)
        if spoken and found[None] <= found.total() / 2:
            return spoken
        little = sum(sizes[text] for text in telling) < _ENOUGH_IN_ALL
        return spoken or _AS_A_RULE if little else frozenset()

    def of_text(self, text: str) -> str | None:
        """The language of one text; None if it is none of those that are known, or says nothing."""
        script, patterns = _by_script(text), _patterns(text)
        if script or not len(patterns):
            return script if script in self.codes else None
        means = self.gains.take(patterns, axis=1).mean(axis=1)
        best = int(means.argmax())
        return self.codes[best] if means[best] >= _LEAST_GAIN else None


def _by_script(text: str) -> str | None:
    """The language of a text that is mostly written in a script of one language, or without blanks."""
    letters = sum(map(str.isalpha, text))
    kana, han, hangul = (len(script.findall(text)) for script in (_KANA, _HAN, _HANGUL))
    if kana + han > letters / 2:
        return "ja" if kana > _SOME_KANA * (kana + han) else "zh"
    return "ko" if hangul > letters / 2 else None


def _gains(lines: Sequence[Buckets]) -> npt.NDArray[np.float32]:
    counts = np.bincount(np.concatenate(lines), minlength=BUCKETS) + _UNSEEN
    return np.asarray(np.log(counts * BUCKETS / counts.sum()), np.float32)


@functools.cache
def known_languages() -> Languages:
    """English and the others of which ordinary lines are shipped. Read once, in some tenths of a second."""
    english = np.random.default_rng(0).permutation(shipped_lines())[:_ENGLISH_LINES].tolist()
    return Languages.of({ENGLISH: english, **{code: shipped_lines_in(code) for code in other_languages()}})


def _patterns(text: str) -> Buckets:
    return ngram_buckets(undisguised(Normaliser.shipped().read(text)))
