"""Shows how far long work is: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

LINE_EVERY = 15.0
"""Seconds between two lines where there is no terminal."""


class Snapshot(Protocol):
    """Where the work is at one moment; as a text it says so in words."""

    @property
    def seconds(self) -> float:
        """Since this run began."""
        ...

    @property
    def share_done(self) -> float:
        """Of the whole work (0 to 1), as far as it is known."""
        ...


class Meter(Protocol):
    """Somewhere to show snapshots."""

    def show(self, snapshot: Snapshot) -> None:
        """Show the latest one."""
        ...


@contextmanager
def meter(console: Console) -> Iterator[Meter]:
    """A meter that fits the console, gone when the work is over."""
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
        self._progress.update(self._task, completed=snapshot.share_done, description=str(snapshot))


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = 0.0

    def show(self, snapshot: Snapshot) -> None:
        if snapshot.seconds - self._last >= LINE_EVERY:
            self._last = snapshot.seconds
            self._console.print(str(snapshot), markup=False, highlight=False, soft_wrap=True)
