"""Spellings of a word that a person reads as the word: leet signs, repeated letters, any separators."""

import functools
import itertools
import re
from collections.abc import Iterator
from typing import Any

import re2

from inference.prefilter.view import Rewrite, View

LEET = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "il", "|": "il", "+": "t", "€": "e", "£": "l", "¡": "i", "¢": "c", "§": "s",
}  # fmt: skip
"""Each sign and the letters it is used for."""

_SEPARATOR = r"[\s\-_.,*~]"
_SEPARATORS = Rewrite(re.compile(rf"{_SEPARATOR}{{2,}}|(?! ){_SEPARATOR}"), " ", 1)
_REPEATS = Rewrite(re.compile(r"([^\W_])\1+"), r"\1", 1)

_ALIKE = str.maketrans({sign: letters[0] for sign, letters in LEET.items()} | {"l": "i", "£": "i"})
"""Signs and letters that one sign may stand for become one letter: `1` is i or l, so both become i."""

_SHORT = 3
_KEPT_EXPRESSIONS = 4096


def skeleton_of(view: View) -> View:
    """The skeleton of a folded view: all spellings that may be the same word look the same in it."""
    alike = View(view.text.translate(_ALIKE), view)
    return _REPEATS.view(_SEPARATORS.view(alike))


def skeleton(word: str) -> str:
    """The skeleton of a folded word."""
    return _REPEATS(_SEPARATORS(word.translate(_ALIKE)))


def span_reading(spelling: str, word: str) -> tuple[int, int] | None:
    """Where a folded spelling holds what a person would read as the folded word; None if nowhere.

    Each sign must stand for the word's letter; a letter is repeated as often as in the word, or at least three
    times. Bare numbers are no disguise: `455` is a number. Words of three letters allow one digit only:
    `a55` names a phone and a road. Marks of exclamation at the end are what they are (`lol!`) unless other signs
    stand for letters, too.
    """
    match = _expression(word).search(spelling)
    if match is None:
        return None
    start, end = match.span()
    called_out = spelling[:end].rstrip("!")
    if len(called_out) < end and not any(sign in LEET for sign in called_out[start:]):
        return span_reading(called_out, word)
    return (start, end) if _may_be_digits(spelling[start:end], word) else None


def _may_be_digits(spelling: str, word: str) -> bool:
    digits = sum(map(str.isdigit, spelling))
    return digits <= (1 if len(word) <= _SHORT else len(spelling) - 1)


@functools.lru_cache(maxsize=_KEPT_EXPRESSIONS)
def _expression(word: str) -> Any:  # re2 ships no types
    """RE2, since two neighbouring letters may share a sign: linear whatever a member writes."""
    return re2.compile("".join(_runs(word)))


def _runs(word: str) -> Iterator[str]:
    for separated, characters in itertools.groupby(word, _is_separator):
        if separated:
            yield f"{_SEPARATOR}+"
            continue
        for character, run in itertools.groupby(characters):
            yield _repeated(_signs_for(character), len(list(run)))


def _is_separator(character: str) -> bool:
    return re.match(_SEPARATOR, character) is not None


def _repeated(signs: str, times: int) -> str:
    return f"{signs}{{3,}}" if times > 2 else f"(?:{signs}{{3,}}|{signs}{{{times}}})"


def _signs_for(character: str) -> str:
    signs = [character, *(sign for sign, letters in LEET.items() if character in letters)]
    return f"[{''.join(map(re2.escape, signs))}]"
