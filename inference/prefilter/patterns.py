"""The patterns of one guild's policies. RE2 only: its time is linear in the text, its memory is bounded."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from inference.prefilter.normalise import Reading
from inference.prefilter.view import View
from policies.patterns import compile_pattern

_GATE_MEMORY = 8 * 1024 * 1024
"""Bytes for the expression that joins a guild's patterns."""
_MOST_EMPTY_MATCHES = 100
"""How many empty matches are passed over before a pattern counts as not found."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of one policy."""

    policy_id: str
    name: str
    """As the policy's author wrote it."""
    expression: Any  # re2 ships no types


@dataclass(frozen=True, slots=True)
class PatternHit:
    """Where a pattern matches the raw text. The span is never empty."""

    pattern: Pattern
    start: int
    end: int


class PatternSet:
    """Finds a guild's patterns in a text. Immutable once built.

    One expression that joins them all comes first, since most messages match none of them.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = tuple(patterns)
        self._gate = _joined(self._patterns)

    @classmethod
    def build(cls, patterns: Sequence[tuple[str, str]]) -> "PatternSet":
        """Compile (policy id, pattern) pairs.

        Raises:
            PatternError: RE2 cannot take one of them.
        """
        return cls([Pattern(policy_id, name, compile_pattern(name)) for policy_id, name in patterns])

    def find(self, reading: Reading) -> list[PatternHit]:
        """The first place of each pattern, in the text as written or else in its light view."""
        if not self._patterns:
            return []
        views = [View(reading.written)]
        if reading.light.text != reading.raw.text:
            views.append(reading.light)
        first: dict[Pattern, PatternHit] = {}
        for view in views:
            for hit in self._hits(view):
                first.setdefault(hit.pattern, hit)
        return list(first.values())

    def _hits(self, view: View) -> Iterator[PatternHit]:
        if self._gate is not None and self._gate.search(view.text) is None:
            return
        for pattern in self._patterns:
            span = _first_span(pattern.expression, view.text)
            if span is not None:
                yield PatternHit(pattern, *view.raw_span(*span))


def _first_span(expression: Any, text: str) -> tuple[int, int] | None:  # re2 ships no types
    """The first match that is not empty: `x*` matches between any two characters and means nothing there."""
    matches = itertools.islice(expression.finditer(text), _MOST_EMPTY_MATCHES)
    return next((match.span() for match in matches if match.end() > match.start()), None)


def _joined(patterns: Sequence[Pattern]) -> Any | None:  # re2 ships no types
    """All patterns as alternatives. None if RE2 cannot join them: each is then tried by itself."""
    options = re2.Options()
    options.max_mem = _GATE_MEMORY
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile("|".join(f"(?:{pattern.name})" for pattern in patterns), options)
    except re2.error:  # two of them name their groups alike, or together they are too large
        return None
