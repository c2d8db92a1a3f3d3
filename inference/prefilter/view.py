"""A text as it can be read, and where each of its characters stands in the text as it was written.

Searching happens in views; people are shown the member's own characters. Almost no message has a hit, so a
view computes where its characters come from only when somebody asks.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_SPAN = re.Match.span

Positions = npt.NDArray[np.intp]
Origins = tuple[Positions, Positions]
"""For each character of a view: where its source starts and ends in the view it was made from."""


class View:
    """One way to read a text.

    `parent` is the view that this one was made from, and `align` tells where its characters come from; without
    `align` they correspond one by one. A view without a parent is the raw text itself.
    """

    __slots__ = ("_align", "_origins", "_parent", "text")

    def __init__(
        self, text: str, parent: "View | None" = None, align: Callable[[str], Origins] | None = None
    ) -> None:
        self.text = text
        self._parent = parent
        self._align = align
        self._origins: tuple[list[int], list[int]] | None = None

    @property
    def is_raw(self) -> bool:
        """Whether this is the raw text itself."""
        return self._parent is None

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the raw text behind `text[start:end]`, which must not be empty."""
        return self.span_in(None, start, end)

    def span_in(self, ancestor: "View | None", start: int, end: int) -> tuple[int, int]:
        """The span behind `text[start:end]` in an earlier view of the chain; None means the raw text."""
        view = self
        while view._parent is not None and view is not ancestor:
            if view._align is not None:
                starts, ends = view._aligned(view._align, view._parent)
                start, end = starts[start], ends[end - 1]
            view = view._parent
        return start, end

    def apart(self, position: int) -> bool:
        """Whether something stood between the characters `position - 1` and `position` in the raw text."""
        return self.raw_span(position - 1, position)[1] < self.raw_span(position, position + 1)[0]

    def _aligned(self, align: Callable[[str], Origins], parent: "View") -> tuple[list[int], list[int]]:
        """As lists: they are asked for one place at a time."""
        if self._origins is None:
            starts, ends = align(parent.text)
            self._origins = starts.tolist(), ends.tolist()
        return self._origins


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Puts one character, or nothing, in the place of each match of a pattern."""

    pattern: re.Pattern[str]
    replacement: str
    """A template for `re.sub` that expands to at most one character, always equally long."""
    length: int
    """0 or 1: how many characters that is."""
    dropped: re.Pattern[str] | None = None
    """A quicker way to the same text, where there is one: what of it to leave out."""

    def __call__(self, text: str) -> str:
        """The rewritten text."""
        if self.dropped is not None:
            return self.dropped.sub("", text)
        return self.pattern.sub(self.replacement, text)

    def view(self, source: View) -> View:
        """The rewritten view; the source itself where nothing matches."""
        text = self(source.text)
        return source if text == source.text else View(text, source, self.origins)

    def origins(self, text: str) -> Origins:
        """Where each character of `self(text)` comes from. A put character stands for its whole match."""
        spans = np.array([*map(_SPAN, self.pattern.finditer(text))], np.intp).reshape(-1, 2)
        steps = np.bincount(spans[:, 1], minlength=len(text) + 1)
        steps -= np.bincount(spans[:, 0] + self.length, minlength=len(text) + 1)
        starts = np.flatnonzero(steps.cumsum()[:-1] == 0)
        return starts, (_up_to_next(starts, len(text)) if self.length else starts + 1)


class Translation:
    """Replaces characters by any number of characters, through a table for `str.translate`."""

    def __init__(self, table: Mapping[int, str]) -> None:
        self._table = table

    def view(self, source: View) -> View:
        """The translated view; the source itself where nothing changes."""
        text = source.text.translate(self._table)
        return source if text == source.text else View(text, source, self.origins)

    def origins(self, text: str) -> Origins:
        """Where each character comes from. What disappears belongs to the character before it."""
        points, places = np.unique(
            np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32), return_inverse=True
        )
        lengths = np.array([len(self._table.get(point, "?")) for point in points.tolist()], np.intp)[places]
        kept = np.flatnonzero(lengths)
        return np.repeat(kept, lengths[kept]), np.repeat(_up_to_next(kept, len(text)), lengths[kept])


def _up_to_next(starts: Positions, length: int) -> Positions:
    """The ends of parts that reach to the start of the next one, the last one to the end of the text."""
    return np.append(starts[1:], length)
