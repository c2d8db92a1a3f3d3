"""Shows how far a scan is: a bar on a terminal, a line now and then elsewhere."""

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
    """Where a scan is at one moment."""

    seconds: float
    """Since this run began."""
    bytes_passed: int
    bytes_resumed: int
    """Where this run began."""
    bytes_total: int
    messages: int
    flagged: int
    jobs: int
    judged: int
    judged_this_run: int
    away: str | None = None
    """Why the judge is away; None if it is not."""

    @property
    def share_read(self) -> float:
        """Of the bytes of all files."""
        return self.bytes_passed / self.bytes_total if self.bytes_total else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Of what takes longer, reading or judging, at this run's speed; None before there is a speed."""
        estimates = [self._reading_left(), self._judging_left()]
        known = [estimate for estimate in estimates if estimate is not None]
        return max(known, default=None)

    def _reading_left(self) -> float | None:
        passed = self.bytes_passed - self.bytes_resumed
        return self.seconds / passed * (self.bytes_total - self.bytes_passed) if passed > 0 else None

    def _judging_left(self) -> float | None:
        if not self.judged_this_run or not self.share_read:
            return None
        expected = self.jobs / self.share_read
        return self.seconds / self.judged_this_run * max(0.0, expected - self.judged)

    def __str__(self) -> str:
        parts = [f"{self.messages:,} messages, {self.flagged:,} flagged, {self.judged:,}/{self.jobs:,} judged"]
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
    """A meter that fits the console, gone when the scan is over."""
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
        left = snapshot.seconds_left
        done = snapshot.seconds / (snapshot.seconds + left) if left is not None and snapshot.seconds else 0.0
        self._progress.update(self._task, completed=done, description=str(snapshot))


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = 0.0

    def show(self, snapshot: Snapshot) -> None:
        if snapshot.seconds - self._last >= LINE_EVERY:
            self._last = snapshot.seconds
            self._console.print(str(snapshot), markup=False, highlight=False, soft_wrap=True)
