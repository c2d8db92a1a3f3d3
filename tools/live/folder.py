"""The data folder of `make live`: made anew at every start, because the Discord's memory is gone as well."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import EnvironmentProblem
from bot.live.data_lock import data_lock

_LOCK = "live.lock"
_ADDRESS = "live.address"
_KEPT = frozenset({_LOCK, "standin", "vocabulary"})
"""The lock, and what takes seconds to make and never changes."""


@contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """Hold the folder, emptied of what an earlier run left.

    Raises:
        EnvironmentProblem: another run has it, a bot that an earlier run left behind, or it is somebody else's.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / _LOCK).exists():
        raise EnvironmentProblem(f"{folder} is not empty, and `make live` did not make it", "move it away first")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        where = _running_at(folder)
        raise EnvironmentProblem(f"it runs already: open {where}", "or end it first, with Ctrl-C there") from None
    try:
        with data_lock(folder):
            _empty(folder)
        yield folder
    finally:
        lock.release()


def note_address(folder: Path, address: str) -> None:
    """Where the page is, for a second `make live` to say."""
    (folder / _ADDRESS).write_text(address, "utf-8")


def _running_at(folder: Path) -> str:
    try:
        return (folder / _ADDRESS).read_text("utf-8")
    except OSError:  # it is only just starting
        return "its address"


def _empty(folder: Path) -> None:
    for child in folder.iterdir():
        if child.name in _KEPT:
            continue
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()
