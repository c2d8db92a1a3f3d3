"""Words that are spelled wrongly on purpose: letters masked (`f*ck`, `s**t`), two neighbours swapped (`fukc`).

A word that is not an everyday one is tried in all spellings that it may stand for, if a keyword is made of the
same letters. The spellings go through the automaton as the lines of one more view. Where one is a word of
somebody's phrase, the whole text is tried with it as well.

- *Swapped*: two neighbouring letters the other way round, or all of them (`kcuf`).
- *Masked*: one sign inside a word stands for any letter of the alphabet; several signs for the letters of those
  words of the guild's own keywords that fit.

Everyday words mean what they say: `form` is not `from`.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np
import re2

from inference.prefilter.disguise import LEET
from inference.prefilter.everyday import everyday_words
from inference.prefilter.view import Origins, View

SHORTEST = 4
"""Letters of a word that is respelled."""
SHORTEST_ELSEWHERE = 5
"""The same for swaps in alphabets of which no everyday words are known."""
LONGEST = 24
"""What is longer is no word that a person makes out."""

MOST_SPELLINGS = 1_500
"""Of all words of one text; ordinary ones of 4,000 characters stay below. The rest is taken as it stands."""
MOST_FITTED = 8
"""Words with several masks of one text that the guild's keywords are searched for."""
MOST_COPIES = 4
"""Of a text with its words respelled."""

_EDGES = ".,!?;:\"'()[]{}<>~_-/\\|…"
_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя", "αβγδεζηθικλμνξοπρστυφχψω")
_ALPHABET_OF = {letter: alphabet for alphabet in _ALPHABETS for letter in alphabet}

_SIGN = r"(?:[^\w\s'`’]|_)"  # noqa: RUF001 -- apostrophes belong to words: `we'll`
_MASKED_ONCE = re.compile(rf"([^\W\d_]+){_SIGN}([^\W\d_]+)|([^\W\d_]{{3,}})\*()")
_STRONG_SIGN = r"(?:[*#?%&@$!]|[^\w\s\x00-\u206f])"
_MASKED_OFTEN = re.compile(rf"(?=(?:{_STRONG_SIGN}*[^\W\d_]){{2}})[^\W\d_](?:[^\W\d_]|{_STRONG_SIGN}){{3,}}")
_WEAK_SIGNS = frozenset(".-_/:=+,;")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_TOKEN = re.compile(r"\S+")
_FEWEST_LETTERS = 2
"""Of a word with leet signs that is respelled: `80085` is a number."""
_LEET_SIGN = re.compile(f"[{re.escape(''.join(LEET))}]")
_LEET_READINGS = tuple(
    str.maketrans({sign: letters[min(choice, len(letters) - 1)] for sign, letters in LEET.items()})
    for choice in (0, 1)
)

Fitting = Callable[[str], Iterable[str]]
"""The words of a guild's keywords that an RE2 expression describes."""


def letters_in(word: str) -> int:
    """A number that words have in common if one is the other with its letters in another order."""
    return sum(map(hash, word))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the words of keywords are, as far as that is quickly known."""

    letters: Set[int]
    """`letters_in` of each word."""
    phrase_words: Set[str]
    """The words of phrases."""


_Tried = dict[int, tuple[str, list[str]]]
"""Where a word that may be misspelled stands, the word, and its spellings."""


def respelled(source: View, known: Vocabulary, fitting: Fitting, seen: set[str]) -> View | None:
    """The view with all spellings of the words of `source`; None if none of its words may be misspelled.

    A spelling that is not as long as what is written stands for the whole word. `seen` are the words that were
    tried before; those of this source are added.
    """
    tokens = source.text.split()
    tried = _tried(tokens, known, fitting, seen)
    if not tried:
        return None
    copies = list(_copies(tokens, tried, known))
    lines = [spelling for _, spellings in tried.values() for spelling in spellings]
    lines += [" ".join(words) for words in copies]
    return View("\n".join(lines), source, functools.partial(_origins, tried, tokens, copies))


def _tried(tokens: Sequence[str], known: Vocabulary, fitting: Fitting, seen: set[str]) -> _Tried:
    everyday = everyday_words()
    unknown = [token for token in dict.fromkeys(tokens) if token not in everyday and token not in seen]
    seen.update(unknown)
    tried: _Tried = {}
    room, fitted = MOST_SPELLINGS, itertools.count()
    for token in unknown:
        word = token.strip(_EDGES)
        if SHORTEST <= len(word) <= LONGEST and word not in everyday and room > 0:
            spellings = _spellings(word, known) or _fitted(word, fitting, fitted)
            if spellings:
                tried[tokens.index(token)] = word, spellings
                room -= len(spellings)
    return tried


def _spellings(word: str, known: Vocabulary) -> list[str]:
    if word.isalpha():
        return _swapped(word, known)
    readings = [word]
    if _LEET_SIGN.search(word) and sum(map(str.isalpha, word)) >= _FEWEST_LETTERS:
        readings += [word.translate(table) for table in _LEET_READINGS]
    return [spelling for reading in dict.fromkeys(readings) for spelling in _read(reading, known)]


def _read(reading: str, known: Vocabulary) -> list[str]:
    if reading in everyday_words():
        return []
    if reading.isalpha():
        return [reading, *_swapped(reading, known)]
    if masked := _MASKED_ONCE.fullmatch(reading.replace("\\", "")):
        return _filled(masked[1] or masked[3], masked[2] or "", reading)
    return []


def _swapped(word: str, known: Vocabulary) -> list[str]:
    word = _DRAWN_OUT.sub(r"\1", word)
    if known.letters.isdisjoint(itertools.accumulate(map(hash, word))):
        return []
    if len(word) < (SHORTEST if word.isascii() else SHORTEST_ELSEWHERE):
        return []
    return [word[::-1]] + [
        word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        for place in range(len(word) - 1)
        if word[place] != word[place + 1]
    ]


def _filled(left: str, right: str, word: str) -> list[str]:
    if len(left) + len(right) + 1 < SHORTEST:
        return []
    if len(left) > 2 and len(right) > 2 and word[len(left)] in _WEAK_SIGNS and {left, right} <= everyday_words():
        return []
    return [left + letter + right for letter in _ALPHABET_OF.get(left[-1], "")]


def _fitted(word: str, fitting: Fitting, fitted: Iterator[int]) -> list[str]:
    """The guild's words that have the word's letters, and any in the place of its signs."""
    if word.isalpha() or not _MASKED_OFTEN.fullmatch(word) or next(fitted) >= MOST_FITTED:
        return []
    letters = ("." if not character.isalpha() else re2.escape(character) for character in word)
    return list(fitting("".join(letters)))


def _copies(tokens: Sequence[str], tried: _Tried, known: Vocabulary) -> Iterator[list[str]]:
    """The words of the whole text, with words of phrases in the place of their misspellings."""
    fitting = {
        place: (word, found)
        for place, (word, spellings) in tried.items()
        if (found := [spelling for spelling in spellings if spelling in known.phrase_words])
    }
    for copy in range(min(MOST_COPIES, max((len(found) for _, found in fitting.values()), default=0))):
        words = list(tokens)
        for place, (word, found) in fitting.items():
            words[place] = words[place].replace(word, found[min(copy, len(found) - 1)], 1)
        yield words


def _origins(tried: _Tried, tokens: Sequence[str], copies: Sequence[Sequence[str]], text: str) -> Origins:
    """Where the characters of all lines come from, the line breaks and blanks between words included."""
    pieces = [(place, word, len(spelling)) for place, (word, spellings) in tried.items() for spelling in spellings]
    pieces += [(place, tokens[place], len(word)) for words in copies for place, word in enumerate(words)]
    spans = [match.span() for match in _TOKEN.finditer(text)]
    starts: list[int] = []
    ends: list[int] = []
    for place, written, length in pieces:
        first, last = spans[place]
        first += text[first:last].index(written)
        last = first + len(written)
        if length == len(written):
            starts.extend(range(first, last))
            ends.extend(range(first + 1, last + 1))
        else:
            starts.extend([first] * length)
            ends.extend([last] * length)
        starts.append(first)
        ends.append(last)
    return np.array(starts[:-1], np.intp), np.array(ends[:-1], np.intp)
