"""The spellings of a text's words as the lines of one more view, and where each of its characters comes from."""

import functools
from collections.abc import Iterator, Mapping, Sequence, Set

import numpy as np

from inference.prefilter.view import Origins, View

MOST_COPIES = 4
"""Of a text with its words respelled; of a text longer than `COPIED` one."""
COPIED = 1_000

PhraseWords = Sequence[Set[str]]
"""The words of phrases, in each automaton."""
_Span = tuple[int, int]
_Tried = dict[_Span, list[str]]
"""The spellings of each word that may be misspelled."""
_Piece = tuple[int, int, int]
"""Start and end in the source, and the length of what is in its place."""


def lines_of(source: View, spellings: Mapping[str, list[str]], phrase_words: PhraseWords) -> View | None:
    """A line for each spelling of a word, and copies of the text with words of phrases spelled right.

    None if no word stands by itself in the text.
    """
    tried = _placed(source.text, spellings)
    if not tried:
        return None
    copies = list(_copies(tried, phrase_words, MOST_COPIES if len(source.text) <= COPIED else 1))
    lines = [spelling for found in tried.values() for spelling in found]
    lines += [_copy(source.text, copy) for copy in copies]
    return View("\n".join(lines), source, functools.partial(_origins, tried, copies))


def _placed(text: str, spellings: Mapping[str, list[str]]) -> _Tried:
    """The first place of each word."""
    placed = ((_place(text, word), word, found) for word, found in spellings.items())
    return {(start, start + len(word)): found for start, word, found in placed if start >= 0}


def _place(text: str, word: str) -> int:
    """Where the word stands by itself first; -1 if nowhere: a word may have been cut off with a long token."""
    start = text.find(word)
    while start >= 0 and (
        text[start - 1 : start].isalnum() or text[start + len(word) : start + len(word) + 1].isalnum()
    ):
        start = text.find(word, start + 1)
    return start


def _copies(tried: _Tried, phrase_words: PhraseWords, most: int) -> Iterator[dict[_Span, str]]:
    """What stands where in copies of the text: words of phrases in the place of their misspellings."""
    fitting = {
        span: found
        for span, spellings in sorted(tried.items())
        if (found := [each for words in phrase_words for each in spellings if each in words])
    }
    for copy in range(min(most, max(map(len, fitting.values()), default=0))):
        yield {span: found[min(copy, len(found) - 1)] for span, found in _apart(fitting)}


def _apart(fitting: dict[_Span, list[str]]) -> Iterator[tuple[_Span, list[str]]]:
    """Those that do not overlap one before (`tist` in `man-tist`)."""
    reached = 0
    for (start, end), found in fitting.items():
        if start >= reached:
            yield (start, end), found
            reached = end


def _copy(text: str, copy: dict[_Span, str]) -> str:
    ends = [0, *(end for _, end in copy)]
    parts = (text[end:start] + word for end, ((start, _), word) in zip(ends, copy.items(), strict=False))
    return "".join(parts) + text[ends[-1] :]


def _origins(tried: _Tried, copies: Sequence[dict[_Span, str]], text: str) -> Origins:
    """Where the characters of all lines come from, the line breaks included."""
    pieces = np.array([*_lines(tried), *_pieces(copies, len(text))], np.intp)
    first, last, length = pieces.T
    places = np.arange(length.sum()) - np.repeat(length.cumsum() - length, length)
    starts, ends = np.repeat(first, length), np.repeat(last, length)
    one_by_one = np.repeat(length == last - first, length)
    return np.where(one_by_one, starts + places, starts), np.where(one_by_one, starts + places + 1, ends)


def _lines(tried: _Tried) -> Iterator[_Piece]:
    for (start, end), spellings in tried.items():
        for spelling in spellings:
            yield start, end, len(spelling)
            yield start, end, 1


def _pieces(copies: Sequence[dict[_Span, str]], length: int) -> Iterator[_Piece]:
    for copy in copies:
        reached = 0
        for (start, end), word in copy.items():
            yield reached, start, start - reached
            yield start, end, len(word)
            reached = end
        yield reached, length, length - reached
        yield length - 1, length, 1
