"""Shows how far an evaluation is: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from bot.units import format_clock

LINE_EVERY = 15.0
"""Seconds between two lines where there is no terminal."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where an evaluation is at one moment."""

    seconds: float
    """Since this run began to judge."""
    judged: int
    """In this run."""
    resumed: int
    """Verdicts that were there already."""
    total: int
    """Verdicts in all."""
    undecided: int = 0
    agreed: int = 0
    """Verdicts of this run that are their label's."""
    away: str | None = None
    """Why the judge is away; None if it is not."""

    @property
    def done(self) -> int:
        """Verdicts that are there now."""
        return self.resumed + self.judged

    @property
    def per_second(self) -> float | None:
        """Verdicts, in this run; None before there is one."""
        return self.judged / self.seconds if self.judged and self.seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """At this run's speed."""
        return (self.total - self.done) / self.per_second if self.per_second else None

    def __str__(self) -> str:
        parts = [f"{self.done:,}/{self.total:,} verdicts"]
        if self.per_second is not None:
            parts.append(f"{self.per_second:,.1f} a second")
            parts.append(f"{self.agreed / self.judged:.0%} as labelled")
        if self.undecided:
            parts.append(f"{self.undecided:,} undecided")
        if self.seconds_left is not None:
            parts.append(f"{format_clock(self.seconds_left)} left")
        if self.away is not None:
            parts.append(f"the judge is away, trying again: {self.away}")
        return ", ".join(parts)


class Meter(Protocol):
    """Somewhere to show snapshots."""

    def show(self, snapshot: Snapshot) -> None:
        """Show the latest one."""
        ...


@contextmanager
def meter(console: Console) -> Iterator[Meter]:
    """A meter that fits the console, gone when the evaluation is over."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (SpinnerColumn(), BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress)


class _Bar:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=1.0)

    def show(self, snapshot: Snapshot) -> None:
        share = snapshot.done / snapshot.total if snapshot.total else 1.0
        self._progress.update(self._task, completed=share, description=str(snapshot))


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = 0.0

    def show(self, snapshot: Snapshot) -> None:
        if snapshot.seconds - self._last >= LINE_EVERY:
            self._last = snapshot.seconds
            self._console.print(str(snapshot), markup=False, highlight=False, soft_wrap=True)
