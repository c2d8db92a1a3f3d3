"""A text as it can be read, and where each of its characters stands in the text as it was written.

Searching happens in views; people are shown the member's own characters. Almost no message has a hit, so a
view computes where its characters come from only when somebody asks.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Origins = tuple[list[int], list[int]]
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
        self._origins: Origins | None = None

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

    def _aligned(self, align: Callable[[str], Origins], parent: "View") -> Origins:
        if self._origins is None:
            self._origins = align(parent.text)
        return self._origins


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Puts one character, or nothing, in the place of each match of a pattern."""

    pattern: re.Pattern[str]
    replacement: str
    """A template for `re.sub` that expands to at most one character, always equally long."""
    length: int
    """0 or 1: how many characters that is."""

    def __call__(self, text: str) -> str:
        """The rewritten text."""
        return self.pattern.sub(self.replacement, text)

    def view(self, source: View) -> View:
        """The rewritten view; the source itself where nothing matches."""
        text = self(source.text)
        return source if text == source.text else View(text, source, self.origins)

    def origins(self, text: str) -> Origins:
        """Where each character of `self(text)` comes from."""
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for match in self.pattern.finditer(text):
            starts.extend(range(at, match.start()))
            ends.extend(range(at + 1, match.start() + 1))
            if self.length:
                starts.append(match.start())
                ends.append(match.end())
            at = match.end()
        starts.extend(range(at, len(text)))
        ends.extend(range(at + 1, len(text) + 1))
        return starts, ends


@dataclass(frozen=True, slots=True)
class Translation:
    """Replaces characters by any number of characters, through a table for `str.translate`."""

    table: Mapping[int, str]

    def view(self, source: View) -> View:
        """The translated view; the source itself where nothing changes."""
        text = source.text.translate(self.table)
        return source if text == source.text else View(text, source, self.origins)

    def origins(self, text: str) -> Origins:
        """Where each character comes from. What disappears belongs to the character before it."""
        starts: list[int] = []
        ends: list[int] = []
        reading_of = self.table.get
        for position, character in enumerate(text):
            length = len(reading_of(ord(character), character))
            if length:
                starts.extend([position] * length)
                ends.extend([position + 1] * length)
            elif ends:
                ends[-1] = position + 1
        return starts, ends
