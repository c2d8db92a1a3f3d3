"""Printing: plain when piped, coloured on a terminal, results on standard output, progress on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

if TYPE_CHECKING:
    from bot.models.meter import Advance

_LONG = 10**9
"""Bytes. Where no bar can be shown, steps over less are over before anybody wonders."""


def output() -> Console:
    """Where results go. Text is printed as it is: long lines are not broken, brackets are not markup."""
    return Console(file=sys.stdout, soft_wrap=True, markup=False, highlight=False, emoji=False)


def messages() -> Console:
    """Where everything goes that is not a result: progress, notices, warnings."""
    return Console(file=sys.stderr, soft_wrap=True, markup=False, highlight=False, emoji=False)


@dataclass(frozen=True, slots=True)
class ByteMeter:
    """A progress bar for long steps over bytes; on a pipe, one line per step."""

    progress: Progress | None
    console: Console

    def step(self, title: str, total: int, done: int) -> "Advance":
        """Begin a step over `total` bytes, of which `done` are there already."""
        if self.progress is None:
            if total >= _LONG:
                self.console.print(f"{title} …")
            return _unseen
        progress = self.progress
        task = progress.add_task(title, total=total, completed=done)
        return lambda count: progress.advance(task, count)


def _unseen(_: int) -> None:
    """Progress that nobody watches."""


@contextmanager
def byte_meter() -> Iterator[ByteMeter]:
    """A meter on standard error, gone when the step is over."""
    console = messages()
    if not console.is_terminal:
        yield ByteMeter(None, console)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield ByteMeter(progress, console)
