"""An empty store as most tests want it: a copy of one that was made once. Its migrations take 20 ms every time."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.ports import Store
from bot.store import open_store
from bot.store.key_file import NAME as KEY_FILE
from bot.store.sqlite import utc_now

_DATABASE = "store.db"
_empty: list["TemporaryDirectory[str]"] = []
"""Holds the store that is copied, from the first test of this process that asks for one."""


@asynccontextmanager
async def new_store(path: Path, clock: Callable[[], datetime] = utc_now) -> AsyncIterator[Store]:
    """A store at `path`, where there is none yet."""
    empty = await _empty_store()
    shutil.copy(empty / KEY_FILE, path.with_name(KEY_FILE))
    shutil.copy(empty / _DATABASE, path)
    async with open_store(path, clock=clock) as store:
        yield store


async def _empty_store() -> Path:
    if not _empty:
        folder = TemporaryDirectory(ignore_cleanup_errors=True)
        async with open_store(Path(folder.name) / _DATABASE):
            pass
        _empty.append(folder)
    return Path(_empty[0].name)
