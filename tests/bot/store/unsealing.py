"""For tests that look into the database beside the store: the functions of its vault, with its own key."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.store.key_file import NAME, read_keys
from bot.store.vault import is_sealed, unlock


def attach_vault(db: sqlite3.Connection, folder: Path) -> None:
    """Give a connection the store's functions, with the key in the data folder, once the store has made both."""
    if is_sealed(db):
        unlock(db, read_keys(folder / NAME)).attach(db)


@contextmanager
def looked_into(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that reads, and opens what is sealed: `opened('revision.message', message)`."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        attach_vault(db, path.parent)
        yield db
