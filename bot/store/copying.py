"""Copies of a database: made while the bot writes, and looked through before one is put into place."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.store.errors import UnusableDatabase, explain
from bot.store.migration import version
from bot.store.sealing import Keys
from bot.store.vault import check_keys, is_sealed, key_ids

_PRIVATE = 0o600


def copy_database(source: Path, target: Path) -> tuple[str, ...]:
    """Copy a database, of one moment, into a new file that only its owner can read. It may be in use.

    Returns:
        The ids of the keys that its texts are sealed with.

    Raises:
        UnusableDatabase: it is damaged, not ours, or its texts are not sealed yet.
        StoreUnavailable: it cannot be read now, or the disk is full.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE))
    with explained(), reading(source) as db:
        version(db)
        if not is_sealed(db):
            raise UnusableDatabase(
                "The texts in this database are not sealed yet. Run the bot once with this version, then try "
                "again."
            )
        with closing(sqlite3.connect(target)) as copy:
            db.backup(copy)  # in one go: in steps it would begin again with every write of the bot
            copy.execute("PRAGMA journal_mode = DELETE")  # one file
        return key_ids(db)


def check_copy(path: Path, keys: Keys) -> None:
    """See that a copy is whole and that the keys open it.

    Raises:
        UnusableDatabase: it is damaged or not ours; a `WrongKey` if the keys do not open it.
        StoreUnavailable: it cannot be read.
    """
    with explained(), reading(path) as db:
        version(db)
        check_keys(db, keys)
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise UnusableDatabase("The database in the archive is damaged. Take another backup.")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, beside a bot that may be running."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        yield db


@contextmanager
def explained() -> Iterator[None]:
    """SQLite's errors become those of the store."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error) from error
