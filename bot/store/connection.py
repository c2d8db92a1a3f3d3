"""The only home of aiosqlite: a connection whose thread runs whole functions, and how each one is set up."""

import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, cast

import aiosqlite

from bot.ports import StoreUnavailable
from bot.store.errors import explain

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
"""What is done with a connection, in its thread. It changes nothing but the database."""

BUSY_SECONDS: Final = 5.0
"""How long a lock held by somebody else is waited for. We have one writer, so only a stray tool can hold one."""
PRIVATE: Final = 0o600
"""Members' messages are in the file; SQLite gives its -wal and -shm files the same mode."""
PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",  # NORMAL loses acknowledged rows when the power fails
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten; `wiping` does the rest
    "PRAGMA mmap_size = 0",  # a disk error stays an error code and never becomes SIGBUS
    "PRAGMA wal_autocheckpoint = 1000",  # pages: about 4 MB are copied back at a time
    "PRAGMA journal_size_limit = 67108864",  # bytes: after a rush the -wal file shrinks again
    "PRAGMA trusted_schema = OFF",
)


class Connection(aiosqlite.Connection):
    """A connection that runs a whole function in its thread: one hand-over for many statements.

    It also keeps members' texts out of the log: aiosqlite logs each call with its arguments at level DEBUG, and
    here the call has none.
    """

    async def run(self, work: Work[T]) -> T:
        """Run `work` in this connection's thread and return what it returns.

        Raises:
            StoreUnavailable: the connection is closed.
        """

        def call() -> T:
            return work(self._conn)

        if not self._running or self._connection is None:
            raise StoreUnavailable("The store is closed.")
        answer = await self._execute(call)  # type: ignore[no-untyped-call] # aiosqlite leaves it untyped
        return cast("T", answer)

    def join(self) -> None:
        """Wait for the thread's end. aiosqlite stops it when opening fails, but does not wait."""
        self._thread.join()


@asynccontextmanager
async def connected(path: Path, *, read_only: bool = False) -> AsyncIterator[Connection]:
    """Open the database (a new one if there is none) and close it at the end.

    Raises:
        StoreUnavailable: it cannot be opened now.
        UnusableDatabase: it is no SQLite database.
    """
    connection = Connection(partial(_open, path, read_only), iter_chunk_size=64)
    try:
        await connection
    except (OSError, sqlite3.Error) as error:
        connection.join()
        raise explain(error) from error
    try:
        yield connection
    finally:
        await connection.close()


def _open(path: Path, read_only: bool) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256)
    try:
        _set_up(db, read_only)
    except BaseException:
        db.close()
        raise
    return db


def _set_up(db: sqlite3.Connection, read_only: bool) -> None:
    db.row_factory = sqlite3.Row
    for pragma in PRAGMAS:
        db.execute(pragma)
    if read_only:
        db.execute("PRAGMA query_only = ON")
