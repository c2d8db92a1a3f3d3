"""How the bytes of deleted rows leave the database's files. Both steps run outside of transactions.

`PRAGMA secure_delete` alone is not enough: it overwrites what is deleted, but when SQLite spreads rows over more
pages it leaves copies of those it has moved in the unused part of the old page, and nothing overwrites them when
the moved row is deleted later. Only writing the whole file anew does.
"""

import asyncio
import sqlite3
from typing import Final

from bot.ports import StoreUnavailable
from bot.store import connection
from bot.store.writer import GroupWriter

TRIES: Final = 100
"""How often the log is tried: readers of our own are done in milliseconds."""
PAUSE_SECONDS: Final = 0.1
"""Between two tries."""
SOMEBODY_READS: Final = (
    "Another program has been reading the database for seconds and holds old pages in its -wal file. "
    "Stop that program and try again."
)


async def write_anew(writer: GroupWriter) -> None:
    """Leave nothing of what was deleted in the database, its -wal or its -shm file.

    It needs free space for two more copies of the database, one of them in the system's temporary folder, and
    nothing else is written meanwhile.

    Raises:
        StoreUnavailable: traces may be left. Do it again.
    """
    await writer.between(vacuum)
    await empty_log(writer)


async def empty_log(writer: GroupWriter) -> None:
    """Leave nothing in the -wal file, however long readers take within reason.

    Raises:
        StoreUnavailable: somebody still reads. Do it again.
    """
    for _ in range(TRIES):
        if await writer.between(empty):
            return
        await asyncio.sleep(PAUSE_SECONDS)
    raise StoreUnavailable(SOMEBODY_READS)


def vacuum(db: sqlite3.Connection) -> None:
    """Write the whole file anew, without what was deleted."""
    db.execute("VACUUM")


def empty(db: sqlite3.Connection) -> bool:
    """Copy the log into the database and cut it to nothing; False while somebody reads an older state.

    It does not wait for readers: our other writes would have to wait with it.
    """
    db.execute("PRAGMA busy_timeout = 0")
    try:
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(connection.BUSY_SECONDS * 1000)}")
    return not busy
