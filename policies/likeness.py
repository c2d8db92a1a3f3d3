"""How alike two short texts are, by their letters: it works in every language, and knows no meaning."""

import re
from functools import lru_cache

_WORDS = re.compile(r"\w+")
_GRAM = 3


def plain(text: str) -> str:
    """The words of a text in small letters, without signs between them."""
    return " ".join(_WORDS.findall(text.casefold()))


def likeness(one: str, other: str) -> float:
    """From 0 to 1: the share of runs of three letters that both texts have (Jaccard's index)."""
    first, second = _grams(one), _grams(other)
    return len(first & second) / max(1, len(first | second))


@lru_cache(maxsize=512)
def _grams(text: str) -> frozenset[str]:
    words = plain(text)
    return frozenset(words[start : start + _GRAM] for start in range(max(1, len(words) - _GRAM + 1)))
