"""The patterns of one guild's policies. RE2 only: its time is linear in the text, its memory is bounded."""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from inference.prefilter.normalise import Reading
from inference.prefilter.view import View
from policies.patterns import compile_pattern

_GATE_MEMORY = 2 * 1024 * 1024
"""Bytes for an expression that joins patterns, and for the states that RE2 keeps of it."""
_GATE_SIZE = 1_000
"""Instructions of the patterns that are joined. A larger expression runs out of memory on hostile texts, and RE2
then takes a hundred times as long."""
_SWEEP_SIZE = 4_000
_SWEPT_UP_TO = 200
"""Instructions of patterns that are searched all at once, and characters of a text in which they are: that takes
a quarter of the gates' time for a message of a chat. Hostile patterns on a hostile text take several times as long
as with gates, and so no long text comes here: a short one then takes about as long as the longest with gates."""
_MOST_STEPS = 24_000_000
"""Instructions times characters that one search may take in the worst case. The starter policies all together stay
below with 4,000 characters; of a guild with larger patterns, less of each text is searched."""
_KEPT_GATES = 4_096
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

    Expressions that join some of them come first, since most messages match none. Guilds with the same patterns
    share these.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._gates = _joined_groups(patterns, _GATE_SIZE, _joined)
        self._sweeps = _joined_groups(patterns, _SWEEP_SIZE, _swept)
        size = sum(_size(pattern) for pattern in patterns)
        self.reach = _MOST_STEPS // max(1, size)
        """Characters of a text that are searched."""

    @classmethod
    def build(cls, patterns: Sequence[tuple[str, str]]) -> "PatternSet":
        """Compile (policy id, pattern) pairs.

        Raises:
            PatternError: RE2 cannot take one of them.
        """
        return cls([Pattern(policy_id, name, compile_pattern(name)) for policy_id, name in patterns])

    def find(self, reading: Reading) -> list[PatternHit]:
        """The first place of each pattern, in the text as written or else in its light view."""
        if not self._gates:
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
        text = view.text[: self.reach]
        for pattern in self._candidates(text):
            span = _first_span(pattern.expression, text)
            if span is not None:
                yield PatternHit(pattern, *view.raw_span(*span))

    def _candidates(self, text: str) -> Iterator[Pattern]:
        """The patterns that may match, in their order."""
        if len(text) <= _SWEPT_UP_TO:
            for sweep, patterns in self._sweeps:
                yield from patterns if sweep is None else _found(sweep, patterns, text)
        else:
            for gate, patterns in self._gates:
                if gate is None or gate.search(text) is not None:
                    yield from patterns


def _found(sweep: Any, patterns: Sequence[Pattern], text: str) -> Iterable[Pattern]:  # re2 ships no types
    """The patterns that match; all of them if the search ran out of memory, which its last one tells."""
    numbers: Sequence[int] = sweep.Match(text) or ()
    if len(patterns) not in numbers:
        return patterns
    return [patterns[number] for number in sorted(numbers)[:-1]] if len(numbers) > 1 else ()


def _joined_groups(
    patterns: Sequence[Pattern], most: int, join: Callable[[tuple[str, ...]], Any | None]
) -> list[tuple[Any | None, tuple[Pattern, ...]]]:
    """As many patterns together as may be joined, and what they are joined to."""
    return [(join(tuple(each.name for each in group)), group) for group in _groups(patterns, most)]


def _groups(patterns: Sequence[Pattern], most: int) -> list[tuple[Pattern, ...]]:
    """The patterns in their order, with so many instructions together."""
    groups: list[list[Pattern]] = []
    room = 0
    for pattern in patterns:
        if not groups or room < _size(pattern):
            groups.append([])
            room = most
        groups[-1].append(pattern)
        room -= _size(pattern)
    return [tuple(group) for group in groups]


def _size(pattern: Pattern) -> int:
    size: int = pattern.expression.programsize
    return size


def _first_span(expression: Any, text: str) -> tuple[int, int] | None:  # re2 ships no types
    """The first match that is not empty: `x*` matches between any two characters and means nothing there."""
    matches = itertools.islice(expression.finditer(text), _MOST_EMPTY_MATCHES)
    return next((match.span() for match in matches if match.end() > match.start()), None)


@functools.lru_cache(maxsize=_KEPT_GATES)
def _joined(patterns: tuple[str, ...]) -> Any | None:  # re2 ships no types
    """All patterns as alternatives. None if there is one only, or if RE2 cannot join them."""
    if len(patterns) == 1:
        return None
    try:
        return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns), _options())
    except re2.error:  # two of them name their groups alike, or together they are too large
        return None


@functools.lru_cache(maxsize=_KEPT_GATES)
def _swept(patterns: tuple[str, ...]) -> Any | None:  # re2 ships no types
    """All patterns at once, and behind them one that matches every text: where it is not found, the search ran out
    of memory and says nothing. None if there is one only, or if RE2 cannot join them."""
    if len(patterns) == 1:
        return None
    sweep = re2.Set.SearchSet(_options())
    try:
        for pattern in (*patterns, ""):
            sweep.Add(pattern)
        sweep.Compile()
    except re2.error:  # together they are too large
        return None
    return sweep


def _options() -> Any:  # re2 ships no types
    options = re2.Options()
    options.max_mem = _GATE_MEMORY
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    return options
