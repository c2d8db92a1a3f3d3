"""Decisions on many cases at once. Every function runs inside a transaction."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.case import Action
from bot.records.reports import Bulk, ItemEnd
from bot.store import bulk_queries as queries
from bot.store import rows
from bot.store.cases import POSSIBLE_IDS


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody has decided about many cases."""

    guild_id: int
    moderator_id: int
    action: Action
    at: datetime
    undoes: int | None


def begin(db: sqlite3.Connection, word: Word, cases: Collection[int]) -> Bulk:
    """Note what is to be decided."""
    noted = {
        "guild": word.guild_id,
        "moderator": word.moderator_id,
        "action": word.action,
        "at": rows.to_micros(word.at),
        "undoes": word.undoes,
    }
    bulk_id = db.execute(queries.ADD_BULK, noted).lastrowid
    db.execute(queries.ADD_ITEMS, {"bulk": bulk_id, "guild": word.guild_id, "cases": rows.to_ids(cases)})
    assert bulk_id is not None
    made = bulk(db, bulk_id)
    assert made is not None
    return made


def bulk(db: sqlite3.Connection, bulk_id: int) -> Bulk | None:
    """How far it is."""
    if bulk_id not in POSSIBLE_IDS:
        return None
    row = db.execute(queries.BULK, {"bulk": bulk_id}).fetchone()
    if row is None:
        return None
    return Bulk(
        id=row["id"],
        guild_id=row["guild_id"],
        moderator_id=row["moderator_id"],
        action=Action(row["action"]),
        begun_at=rows.from_micros(row["begun_at"]),
        waiting=row["waiting"],
        done=row["done"],
        refused=row["refused"],
        passed=row["passed"],
        undoes=row["undoes"],
    )


def under_way(db: sqlite3.Connection) -> list[Bulk]:
    """Those with waiting cases, oldest first."""
    ids = sorted(row["bulk_id"] for row in db.execute(queries.UNDER_WAY))
    return [found for bulk_id in ids if (found := bulk(db, bulk_id))]


def waiting(db: sqlite3.Connection, bulk_id: int, limit: int) -> list[int]:
    """The next cases that wait."""
    return [row["case_id"] for row in db.execute(queries.WAITING_ITEMS, {"bulk": bulk_id, "limit": limit})]


def done(db: sqlite3.Connection, bulk_id: int) -> tuple[int, ...]:
    """The cases that it has decided."""
    return tuple(row["case_id"] for row in db.execute(queries.DONE_ITEMS, {"bulk": bulk_id}))


def end_item(db: sqlite3.Connection, bulk_id: int, case_id: int, end: ItemEnd) -> None:
    """Note how a case has ended, once."""
    db.execute(queries.END_ITEM, {"bulk": bulk_id, "case": case_id, "end": end})


def last(db: sqlite3.Connection, guild_id: int, moderator_id: int) -> Bulk | None:
    """The newest one of this person."""
    row = db.execute(queries.LAST_BULK, {"guild": guild_id, "moderator": moderator_id}).fetchone()
    return None if row is None else bulk(db, row["id"])
