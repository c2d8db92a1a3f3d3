"""What every part of the SQLite store works with."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from bot.store.connection import Connection, Work
from bot.store.damages import Damages
from bot.store.errors import explain
from bot.store.writer import GroupWriter

T = TypeVar("T")


class StoreBase:
    """One connection that writes, in groups, and one that reads snapshots."""

    def __init__(
        self, writer: GroupWriter, reading: Connection, clock: Callable[[], datetime], damages: Damages
    ) -> None:
        self._writer = writer
        self._reading = reading
        self._clock = clock
        self._damages = damages

    async def _read(self, work: Work[T]) -> T:
        try:
            return await self._reading.run(lambda db: _in_snapshot(db, work))
        except sqlite3.Error as error:
            raise explain(error) from error


def _in_snapshot(db: sqlite3.Connection, work: Work[T]) -> T:
    """All that `work` reads is of one moment."""
    db.execute("BEGIN")
    try:
        return work(db)
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
