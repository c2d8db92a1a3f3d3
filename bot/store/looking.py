"""Looks through every sealed text of a database, without changing it: which ones are damaged. The bot may run."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.store import key_queries
from bot.store.copying import explained, reading
from bot.store.migration import version
from bot.store.sealed_columns import ROW_KEYS
from bot.store.sealing import Keys, SealBroken
from bot.store.vault import check_keys, is_sealed

_NAMED: Final = 20
"""Places that are named: more of them say nothing new."""


@dataclass(frozen=True, slots=True)
class DamagedText:
    """Where a text is damaged."""

    column: str
    """`table.column`."""
    row: str
    """The values of the row's key."""

    def __str__(self) -> str:
        return f"{self.column} of row {self.row}"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look has found."""

    texts: int
    """How many were opened."""
    damaged: int
    places: tuple[DamagedText, ...]
    """The first of them."""


def look_through(path: Path, keys: Keys) -> Looked | None:
    """Open every text; None: this database has no sealed texts yet.

    Raises:
        UnusableDatabase: it is damaged otherwise or not ours; a `WrongKey` if the keys do not open it.
        StoreUnavailable: it cannot be read now.
    """
    with explained(), reading(path) as db:
        version(db)
        if not is_sealed(db):
            return None
        check_keys(db, keys)
        return _look(db, keys)


def _look(db: sqlite3.Connection, keys: Keys) -> Looked:
    texts, damaged = 0, 0
    places: list[DamagedText] = []
    for place, text in _texts(db):
        texts += 1
        if not _opens(keys, place.column, text):
            damaged += 1
            places += [place] if len(places) < _NAMED else []
    return Looked(texts, damaged, tuple(places))


def _opens(keys: Keys, column: str, text: bytes) -> bool:
    try:
        keys.open(column, text.decode("ascii"))
    except (SealBroken, UnicodeDecodeError):
        return False
    return True


def _texts(db: sqlite3.Connection) -> Iterator[tuple[DamagedText, bytes]]:
    there = {f"{row[0]}.{row[1]}" for row in db.execute(key_queries.TEXT_COLUMNS)}
    for column in sorted(there & ROW_KEYS.keys()):
        table, _, name = column.partition(".")
        with closing(db.execute(key_queries.texts_of(table, name, ROW_KEYS[column]))) as found:
            for text, *row in found:
                yield DamagedText(column, "/".join(map(str, row))), text
