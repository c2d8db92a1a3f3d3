"""The parts of a long text that are worth a closer look, which costs by the character. Most parts are plain."""

from collections.abc import Callable, Iterator

import numpy as np

from inference.prefilter.view import Origins, View

ROOM = 700
"""Characters that are looked at closely. Longer texts are: the first so many characters of parts that need it."""
_PART = 120
_LONGEST_PART = 240
_AROUND = 40
"""Characters before such a part, and behind it, that are taken along: a phrase may begin or end there."""

_Span = tuple[int, int]


def disguised_parts(view: View, is_needed: Callable[[str], bool]) -> View | None:
    """What of a view needs the closer look, parted by blanks; None if nothing does."""
    spans = _merged(_chosen(view.text, is_needed))
    if not spans:
        return None
    return View(" ".join(view.text[start:end] for start, end in spans), view, lambda _: _origins(spans))


def _chosen(text: str, is_needed: Callable[[str], bool]) -> Iterator[_Span]:
    """The spans that are needed and what is around them, the first of them."""
    room = ROOM
    reached = 0
    for start, end in _parts(text):
        if is_needed(text[start:end]):
            first = max(reached, text.rfind(" ", 0, max(0, start - _AROUND)) + 1, start - _LONGEST_PART)
            last = max(end, text.rfind(" ", end, end + _AROUND))
            last = min(last, first + room)
            if last > first:
                yield first, last
            room -= last - first
            reached = last
            if room <= 0:
                return


def _merged(spans: Iterator[_Span]) -> list[_Span]:
    """The spans, those that touch made one."""
    merged: list[_Span] = []
    for start, end in spans:
        if merged and merged[-1][1] == start:
            start = merged.pop()[0]
        merged.append((start, end))
    return merged


def _parts(text: str) -> Iterator[_Span]:
    """The text in parts that end at blanks, if there are blanks."""
    start = 0
    while start < len(text):
        end = text.find(" ", start + _PART, start + _LONGEST_PART)
        end = min(len(text), start + _LONGEST_PART) if end < 0 else end
        yield start, end
        start = end


def _origins(spans: list[_Span]) -> Origins:
    """The blank behind a part stands for its last character."""
    starts = np.concatenate([np.append(np.arange(start, end), end - 1) for start, end in spans])[:-1]
    return starts, starts + 1
