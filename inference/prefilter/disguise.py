"""Spellings of a word that a person reads as the word: leet signs, repeated letters, any separators."""

import functools
import itertools
import re
from collections.abc import Sequence

from inference.prefilter.view import Rewrite, View

LEET = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "il", "|": "il", "+": "t", "€": "e", "£": "l", "¡": "i", "¢": "c", "§": "s",
}  # fmt: skip
"""Each sign and the letters it is used for."""

_SEPARATORS = "-_.,*~" + "".join(filter(str.isspace, map(chr, range(0x3001))))
_BLANKS = Rewrite(re.compile(" {2,}"), " ", 1)
_REPEATS = Rewrite(re.compile(r"(\w)\1+"), r"\1", 1, dropped=re.compile(r"(\w)(?=\1)"))

_ALIKE = (
    dict.fromkeys(_SEPARATORS, " ") | {sign: letters[0] for sign, letters in LEET.items()} | {"l": "i", "£": "i"}
)
"""Separators become blanks. Signs and letters that one sign may stand for become one letter: `1` is i or l, so
both become i."""
_TO_ALIKE = str.maketrans(_ALIKE)

_SHORT = 3
_KEPT_RUNS = 4096

_STAND_INS = {
    letter: "".join(sign for sign, letters in LEET.items() if letter in letters)
    for letter in "".join(LEET.values())
}

_Run = tuple[str, int]
"""The signs that may stand for a letter that a word has once or several times in a row, and how often it has it:
`_DRAWN_OUT` for that often and more."""
_ANY_TIMES = 0
_DRAWN_OUT = 3
"""Times from which a letter may be repeated any number of times."""


def skeleton_of(view: View) -> View:
    """The skeleton of a folded view: all spellings that may be the same word look the same in it."""
    alike = View(view.text.translate(_TO_ALIKE), view)
    return _REPEATS.view(_BLANKS.view(alike) if "  " in alike.text else alike)


def skeleton(word: str) -> str:
    """The skeleton of a folded word."""
    return _REPEATS(_BLANKS(word.translate(_TO_ALIKE)))


def span_reading(spelling: str, word: str) -> tuple[int, int] | None:
    """Where a folded spelling holds what a person would read as the folded word; None if nowhere.

    Each sign must stand for the word's letter; a letter is repeated as often as in the word, or at least three
    times. Bare numbers are no disguise: `455` is a number. Words of three letters allow one digit only:
    `a55` names a phone and a road. Marks of exclamation at the end are what they are (`lol!`) unless other signs
    stand for letters, too.
    """
    span = _span(spelling, _runs(word))
    if span is None:
        return None
    start, end = span
    called_out = spelling[:end].rstrip("!")
    if len(called_out) < end and not any(sign in LEET for sign in called_out[start:]):
        return span_reading(called_out, word)
    return (start, end) if _may_be_digits(spelling[start:end], word) else None


def _may_be_digits(spelling: str, word: str) -> bool:
    digits = sum(map(str.isdigit, spelling))
    return digits <= (1 if len(word) <= _SHORT else len(spelling) - 1)


def _span(spelling: str, runs: Sequence[_Run]) -> tuple[int, int] | None:
    """Where the runs stand in a row first, each as long as it can be."""
    masks = _masks(spelling, runs)
    completed = _completed(masks, runs, len(spelling))
    if not completed[0]:
        return None
    start = end = len(spelling) + 1 - completed[0].bit_length()
    for (signs, times), rest in zip(runs, completed[1:], strict=True):
        end += _taken(spelling, end, signs, times, rest)
    return start, end


def _masks(spelling: str, runs: Sequence[_Run]) -> list[int]:
    """For each run the places where one of its signs stands. A place is a bit, the last one the lowest."""
    places: dict[str, int] = {}
    bit = 1 << len(spelling)
    for character in spelling:
        places[character] = places.get(character, 0) | bit
        bit >>= 1
    return [functools.reduce(int.__or__, [places.get(sign, 0) for sign in signs]) for signs, _ in runs]


def _completed(masks: Sequence[int], runs: Sequence[_Run], length: int) -> list[int]:
    """The places from which all runs can stand in a row, all but the first, and so on to none.

    Whether there are two ways to read a sign does not matter: all places are tried at once.
    """
    places = (1 << (length + 1)) - 1
    completed = [places]
    for mask, (_, times) in zip(reversed(masks), reversed(runs), strict=True):
        once = (places << 1) & mask
        twice = (once << 1) & mask
        drawn_out = _and_longer(once if times == _ANY_TIMES else (twice << 1) & mask, mask)
        places = drawn_out | (0, once, twice, 0)[times]
        completed.append(places)
    return completed[::-1]


def _and_longer(places: int, mask: int) -> int:
    """The places, and those before them that are in the mask without a break: a sum's carry runs through them."""
    return ((mask + places) ^ mask | places) & mask


def _taken(spelling: str, start: int, signs: str, times: int, rest: int) -> int:
    """How many characters from `start` are this run, if the rest is to follow."""
    most = len(spelling[start:]) - len(spelling[start:].lstrip(signs))
    fewest = 1 if times == _ANY_TIMES else _DRAWN_OUT
    follows = rest >> (len(spelling) - start - most)
    drawn_out = range(most, fewest - 1, -1)
    return next((length for place, length in enumerate(drawn_out) if follows >> place & 1), times)


@functools.lru_cache(maxsize=_KEPT_RUNS)
def _runs(word: str) -> tuple[_Run, ...]:
    return tuple(
        (signs, _ANY_TIMES if signs is _SEPARATORS else min(len(list(run)), _DRAWN_OUT))
        for signs, run in itertools.groupby(word, _signs_for)
    )


def _signs_for(character: str) -> str:
    """The signs that may stand for a character; for all separators the same."""
    if character in _SEPARATORS:
        return _SEPARATORS
    return character + _STAND_INS.get(character, "")
