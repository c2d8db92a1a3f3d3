"""What members had erased, from the database that a backup replaces into the one that the backup brings.

Only who asked in which guild and when is read, and none of it is sealed: no key is needed.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.ports import StoreError
from bot.store import retention_queries as queries
from bot.store import rows
from bot.store.copying import explained, reading
from bot.store.migration import migrate, migrations, version

_WITH_REQUESTS: Final = 4
"""The schema that knows members' wishes."""
_WITH_LEDGER: Final = 12
"""The schema that remembers them when they are fulfilled."""


@dataclass(frozen=True, slots=True)
class Erasures:
    """What was to be erased or was erased since a moment."""

    wishes: Sequence[dict[str, Any]]
    complete: bool
    """Whether those that were fulfilled are among them, too."""


def erasures_since(path: Path, moment: datetime, copy: Path) -> Erasures | None:
    """What a database tells of erasures that a copy of this moment may lack; None: it tells nothing.

    That is so when it is not there, damaged, or of another kind: the caller says so. A copy from before there was
    a ledger may be older than this one's, which does not know what members were told of before it was begun.
    """
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA query_only = ON")
            return _erasures(db, rows.to_micros(moment), copy_has_ledger=_has_ledger(copy))
    except (sqlite3.Error, StoreError):
        return None


def _has_ledger(copy: Path) -> bool:
    with reading(copy) as db:
        return version(db) >= _WITH_LEDGER


def _erasures(db: sqlite3.Connection, since: int, *, copy_has_ledger: bool) -> Erasures | None:
    found = version(db)
    if found < _WITH_REQUESTS:
        return None
    has_ledger = found >= _WITH_LEDGER
    db.row_factory = sqlite3.Row
    query = queries.ERASURES if has_ledger else queries.ERASURES_WITHOUT_LEDGER
    wishes = [dict(row) for row in db.execute(query, {"since": since})]
    return Erasures(wishes, complete=has_ledger and copy_has_ledger)


def carry_over(erasures: Erasures, copy: Path) -> None:
    """Let a copy that nobody uses yet ask for these erasures again. Whoever opens it carries them out.

    Raises:
        UnusableDatabase: the copy is of a newer version.
        StoreUnavailable: it cannot be written.
    """
    if not erasures.wishes:
        return
    with explained(), closing(sqlite3.connect(copy, isolation_level=None)) as db:
        migrate(db, migrations())
        db.execute("BEGIN IMMEDIATE")
        db.executemany(queries.ASK_AGAIN, erasures.wishes)
        db.execute("COMMIT")
