"""Rude words of many languages. They are a feature of the learned scores and never flag a text by themselves."""

import functools
import gzip
from collections.abc import Mapping
from importlib import resources

import numpy as np
import numpy.typing as npt
from ahocorasick_rs import AhoCorasick, MatchKind

from inference.prefilter.normalise import Normaliser

LISTS = ("profane", "rude", "maybe")
"""In a list of profane words of its language; else, in English: surely rude; rude in some contexts."""

Counts = npt.NDArray[np.float32]

_MOST_COUNTED = 6
"""Further words add nothing: a page full of them is not worse than a line."""
_COUNTED = np.log1p(np.arange(_MOST_COUNTED + 1)).astype(np.float32)
NONE: Counts = np.zeros(len(LISTS), np.float32)
"""Of nearly all texts, always this object: who reads it may leave its work out."""
NONE.flags.writeable = False


class Lexicon:
    """Counts the rude words of a text. Immutable."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """`words`: each word, in its light view, and the name of its list."""
        self._lists = [LISTS.index(name) for name in words.values()]
        self._automaton = AhoCorasick(list(words), matchkind=MatchKind.LeftmostLongest, store_patterns=False)

    @classmethod
    def shipped(cls) -> "Lexicon":
        """The lexicon that comes with the package, read once."""
        return _shipped()

    def counts(self, text: str) -> Counts:
        """How many words of each list a text holds, as log(1 + n) -> (lists,)."""
        found = [0] * len(LISTS)
        for word, start, end in self._automaton.find_matches_as_indexes(text):
            if _stands_alone(text, start, end):
                found[self._lists[word]] += 1
        return _COUNTED.take(found, mode="clip") if any(found) else NONE


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Scripts that do not part words have none that stands alone: there a word counts anywhere."""
    if not text[start].isascii() and not text[start].isalpha():
        return True
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    after = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    return not (before or after) or _unparted(text[start])


def _unparted(character: str) -> bool:
    return "\u0e00" <= character <= "\u0eff" or "\u3040" <= character <= "\u9fff"


@functools.cache
def _shipped() -> Lexicon:
    packed = (resources.files("inference.prefilter") / "data" / "lexicon.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode("utf-8").rstrip("\n").split("\n")
    entries = (line.split("\t") for line in lines)
    return Lexicon({Normaliser.shipped().folded(word): name for name, word in entries})
