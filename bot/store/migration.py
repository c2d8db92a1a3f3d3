"""Numbered steps from an empty file to today's schema. A step that was released is never edited."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from bot.store.errors import UnusableDatabase

APPLICATION_ID: Final = 0x53474C44
"""Written into the header by the first step: "SGLD"."""
MINIMUM_SQLITE: Final = (3, 37, 0)
"""STRICT tables came with it."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: it takes a database from version `number - 1` to `number`."""

    number: int
    script: str


def migrations() -> list[Migration]:
    """The steps shipped with this version, in order."""
    steps = [
        Migration(int(name[1]), file.read_text("utf-8"))
        for file in (files("bot.store") / "migrations").iterdir()
        if (name := re.fullmatch(r"(\d{4})_\w+\.sql", file.name))
    ]
    return sorted(steps, key=lambda step: step.number)


def prepare(db: sqlite3.Connection) -> bool:
    """Make a database ready for use: ours, in WAL mode, at the newest version. Whether it was just made.

    Raises:
        UnusableDatabase: the file is not ours, too new, or where SQLite's WAL does not work; SQLite is too old.
        sqlite3.Error: a step failed; the database is at the version before it.
    """
    _check_sqlite()
    fresh = not version(db)  # refuses a foreign file before anything in it is changed
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise UnusableDatabase(
            "SQLite's write-ahead log does not work in this folder. Put the data folder on a local disk."
        )
    migrate(db, migrations())
    return fresh


def migrate(db: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """Apply the steps that are missing, each in one transaction."""
    found = version(db)
    newest = steps[-1].number
    if found > newest:
        raise UnusableDatabase(
            f"The database was written by a newer Safeguild (schema {found}; this one knows {newest}). "
            "Install that version again, or put back a backup from before the update."
        )
    for step in steps[found:]:
        _apply(db, step)


def _check_sqlite() -> None:
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        wanted = ".".join(map(str, MINIMUM_SQLITE))
        raise UnusableDatabase(
            f"SQLite {sqlite3.sqlite_version} is too old. Use a Python that comes with {wanted} or newer."
        )


def version(db: sqlite3.Connection) -> int:
    """The schema's version; 0 for an empty file.

    Raises:
        UnusableDatabase: the file is another program's.
    """
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    (objects,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if owner != APPLICATION_ID and (owner or objects):
        raise UnusableDatabase("The file is another program's database. Choose another path.")
    (found,) = db.execute("PRAGMA user_version").fetchone()
    return int(found)


def _apply(db: sqlite3.Connection, step: Migration) -> None:
    try:
        db.executescript(f"BEGIN IMMEDIATE;\n{step.script}\nPRAGMA user_version = {step.number};\nCOMMIT;")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
