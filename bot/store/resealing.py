"""Seals everything with the newest key: texts of databases from before there were keys, and those of older keys.

It goes in steps, each one transaction. Killed at any time, it is taken up again at the next opening.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import structlog

from bot.ports import StoreUnavailable
from bot.store import key_queries, wiping
from bot.store.sealed_columns import ROW_KEYS
from bot.store.sealing import MARK, beginnings, key_id
from bot.store.vault import Vault, finish, is_settled, was_sealed

_log = structlog.get_logger(__name__)

ONCE_PLAIN: Final = frozenset(
    {
        "revision.message",
        "revision.earlier",
        "case_file.current_message",
        "job.suspicion",
        "job.verdict",
        "decision.reason",
        "decision.outcome",
    }
)
"""Columns that hold plain texts in databases from before there were keys."""
TOGETHER: Final = 500
"""Rows in one transaction."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with columns that may hold sealed texts."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]

    def outdated(self, vault: Vault) -> list[str]:
        """What is true of a row that has to be sealed anew."""
        (newest,) = beginnings([vault.keys.newest])
        older = beginnings(vault.keys.older)
        found = []
        for column in self.columns:
            if f"{self.name}.{column}" in ONCE_PLAIN:
                found.append(f"{column} <> '' AND {column} NOT GLOB '{newest}*'")
            found += [f"{column} GLOB '{mark}*'" for mark in older]
        return found

    def changes(self, *, plain: bool) -> list[str]:
        """What is done to such a row. `plain`: texts may be plain; a plain message's digest is plain too."""
        sealing = [f"{column} = {self._resealed(column)}" for column in self.columns]
        masking = [f"digest = iif(message GLOB '{MARK}*', digest, masked(digest))"]
        return sealing + (masking if plain and self.name == "revision" else [])

    def _resealed(self, column: str) -> str:
        kind = f"{self.name}.{column}"
        row = ", ".join(ROW_KEYS.get(kind, self.key))
        return f"coalesce(resealed('{kind}', CAST({column} AS BLOB), {row}), {column})"


def seal_all(db: sqlite3.Connection, vault: Vault, *, fresh: bool) -> None:
    """Leave no text in the file that is not sealed with the newest key.

    `fresh`: the database was just made, and there is nothing to do but to note it.

    Raises:
        StoreUnavailable: another program keeps old pages in the log. It goes on at the next opening.
        sqlite3.Error: a step failed. The steps before it are done.
    """
    if is_settled(db, vault.keys):
        return
    if not fresh:
        _log.info("sealing what is stored, this is done once for each key")
        plain = not was_sealed(db)
        db.create_function("resealed", -1, lambda *facts: _resealed(vault, plain, *facts))
        rows = sum(_sealed_rows(db, vault, table, plain=plain) for table in _tables(db))
        _leave_no_trace(db)
        _log.info("everything that is stored is sealed", rows=rows, key=vault.keys.newest.id)
    finish(db, vault.keys)
    if not fresh:
        _empty_log(db)


def _tables(db: sqlite3.Connection) -> Iterator[_Table]:
    columns = db.execute(key_queries.TEXT_COLUMNS).fetchall()
    for name, of_table in groupby(columns, key=lambda row: str(row["table_name"])):
        key = tuple(row["name"] for row in db.execute(key_queries.KEY_COLUMNS, {"table": name}))
        text = tuple(row["column_name"] for row in of_table if row["column_name"] not in key)
        if key and text:
            yield _Table(name, key, text)


def _sealed_rows(db: sqlite3.Connection, vault: Vault, table: _Table, *, plain: bool) -> int:
    """Seal a table's rows anew, in the order of its primary key; how many they were."""
    if not (outdated := table.outdated(vault)):
        return 0
    change = key_queries.seal_row(table.name, table.key, table.changes(plain=plain))
    after: Sequence[object] = ()
    total = 0
    while True:
        query = key_queries.rows_to_seal(table.name, table.key, outdated, after=bool(after))
        keys = [tuple(row) for row in db.execute(query, (*after, TOGETHER))]
        if not keys:
            return total
        db.execute("BEGIN IMMEDIATE")
        db.executemany(change, keys)
        db.execute("COMMIT")
        after, total = keys[-1], total + len(keys)


def _resealed(vault: Vault, plain: bool, kind: str, text: bytes | None, *row: object) -> str | None:
    """The text under the newest key; None: it stays as it is.

    That is what is plain in a column that is not sealed, and what is damaged: nobody can open it, with any key.
    `plain`: texts that are not sealed are no damage.
    """
    if not text:
        return None
    key = key_id(text.decode("ascii", "replace"))
    if key == vault.keys.newest.id:
        return None
    if key is None and kind in ONCE_PLAIN and plain:
        return vault.sealed(kind, text.decode("utf-8", "replace"))
    if key is None and kind not in ROW_KEYS:
        return None
    return vault.sealed(kind, vault.opened_whole(kind, text, *row))


def _leave_no_trace(db: sqlite3.Connection) -> None:
    wiping.vacuum(db)
    _empty_log(db)


def _empty_log(db: sqlite3.Connection) -> None:
    for _ in range(wiping.TRIES):
        if wiping.empty(db):
            return
        time.sleep(wiping.PAUSE_SECONDS)
    raise StoreUnavailable(wiping.SOMEBODY_READS)
