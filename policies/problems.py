"""What is wrong with a policy file, said the way a compiler does."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from policies.constraints import HIDDEN_CHARACTER
from policies.phrases import Phrase

_BEFORE_CARET = 60
_AFTER_CARET = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what to write instead. Lines and columns start at 1."""

    file: str
    line: int
    column: int
    message: Phrase
    hint: Phrase
    source: str = ""
    """The offending line as it stands in the file; empty when no line is to blame."""

    def __str__(self) -> str:
        """In English, for terminals and logs."""
        head = f"{self.file}:{self.line}:{self.column}: error: {self.message}"
        return "\n".join([head, *self._excerpt(), f"  hint: {self.hint}"])

    def _excerpt(self) -> list[str]:
        """The offending line, clipped around the column, and a caret below it."""
        if not self.source.strip():
            return []
        start = max(0, self.column - 1 - _BEFORE_CARET)
        end = self.column - 1 + _AFTER_CARET
        before, after = (
            _visible(self.source[start : self.column - 1]),
            _visible(self.source[self.column - 1 : end]),
        )
        head = "…" if start else ""
        tail = "…" if end < len(self.source) else ""
        gutter = f"{self.line:>5} | "
        padding = " " * (len(gutter) - 2) + "| " + " " * _cells(head + before)
        return [f"{gutter}{head}{before}{after}{tail}".rstrip(), f"{padding}^"]


class PolicyError(Exception):
    """A policy file cannot be used. `problems` lists everything found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        super().__init__("\n".join(map(str, self.problems)))


class Findings:
    """Collects the problems of one text, up to a limit, so that a hostile file cannot make a flood of them."""

    LIMIT = 50

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._lines = text.split("\n")
        self._problems: list[Problem] = []

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was noted so far."""
        return tuple(self._problems)

    @property
    def full(self) -> bool:
        """Whether looking further is pointless."""
        return len(self._problems) >= self.LIMIT

    def add(self, line: int, column: int, message: Phrase, hint: Phrase) -> None:
        """Note a problem at a line and column that start at 0, as YAML's marks do."""
        if not self.full:
            source = self._lines[line] if line < len(self._lines) else ""
            self._problems.append(Problem(self._file, line + 1, column + 1, message, hint, source))

    def raise_if_any(self) -> None:
        """Raise PolicyError if something was noted."""
        if self._problems:
            raise PolicyError(self._problems)


def shown(value: str, limit: int = 40) -> str:
    """A value as a message quotes it: on one line, visible, and not too long."""
    line = _visible(" ".join(value.split()))
    return f"`{line[: limit - 1]}…`" if len(line) > limit else f"`{line}`"


def _visible(text: str) -> str:
    return HIDDEN_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text).replace("\t", " ")


def _cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
