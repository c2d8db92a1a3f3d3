"""Percentiles of what came out of a run, and the tables they are printed in. Pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from benchmarks.open_loop.arrivals import Request
from policies.verdict import Timing

SHARES = (0.5, 0.95, 0.99)
NONE = "-"


class Ending(Enum):
    """How an ask ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    """Refused at once, because the queue was full."""
    OPEN = "open"
    """Not answered when the run was over; its times so far are lower bounds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request. Times are in seconds from when it was due, however late it could be sent."""

    request: Request
    ending: Ending
    total: float
    timing: Timing | None = None
    """The parts of it, in milliseconds; None where there was no answer."""

    @property
    def queued(self) -> float | None:
        """Seconds that it waited for a place in the batch."""
        return self.timing.queued / 1000 if self.timing else None


@dataclass(frozen=True, slots=True)
class Percentile:
    """A nearest-rank percentile; `at_least` when requests that are still open may be larger than it says."""

    value: float
    at_least: bool = False

    def __str__(self) -> str:
        digits = 2 if self.value < 10 else 1 if self.value < 100 else 0
        return f"{'> ' if self.at_least else ''}{self.value:.{digits}f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("there is no percentile of nothing")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def total_percentile(outcomes: Iterable[Outcome], share: float) -> Percentile | None:
    """Of the total time of what was let in; None when nothing was."""
    let_in = [one for one in outcomes if one.ending is not Ending.BUSY]
    if not let_in:
        return None
    value = percentile([one.total for one in let_in], share)
    unknown = any(one.ending is Ending.OPEN and one.total <= value for one in let_in)
    return Percentile(value, at_least=unknown)


def queued_percentile(outcomes: Iterable[Outcome], share: float) -> Percentile | None:
    """Of the time in the queue of what was answered; a lower bound when something is still open."""
    outcomes = [one for one in outcomes if one.ending is not Ending.BUSY]
    known = [one.queued for one in outcomes if one.queued is not None]
    if not known:
        return None
    return Percentile(percentile(known, share), at_least=len(known) < len(outcomes))


def enough_for(share: float, count: int) -> bool:
    """Whether a percentile of so many values is more than their maximum."""
    return count * (1 - share) >= 1 - 1e-9


def percentile_cells(
    outcomes: Sequence[Outcome], of: Callable[[Iterable[Outcome], float], Percentile | None]
) -> tuple[str, ...]:
    """The percentiles as text; those that there are too few requests for are left out."""
    let_in = sum(one.ending is not Ending.BUSY for one in outcomes)
    found = (of(outcomes, share) if enough_for(share, let_in) else None for share in SHARES)
    return tuple(NONE if one is None else str(one) for one in found)


def count_of(outcomes: Iterable[Outcome], ending: Ending) -> int:
    """How many ended so."""
    return sum(one.ending is ending for one in outcomes)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; its first column is text, the others are numbers."""
    rules = ("---", *("---:" for _ in heads[1:]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (tuple(heads), rules, *rows))
