"""Which cases owe a card, and where cards hang. Every function runs inside a transaction."""

import sqlite3
from datetime import datetime

from bot.case import CaseFile
from bot.ports import UnknownCase
from bot.store import card_queries, rows
from bot.store.cases import POSSIBLE_IDS
from bot.store.reading import read


def guilds_owing(db: sqlite3.Connection) -> list[int]:
    """Guilds with cases that owe a card, by id."""
    return [row["guild_id"] for row in db.execute(card_queries.GUILDS_OWING)]


def owed(db: sqlite3.Connection, guild_id: int, limit: int) -> list[CaseFile]:
    """Cards that are out of date, then those that are missing; the gravest first, then the oldest.

    What concerns no person comes before the others of its kind: it is written off at once.
    """
    ids = [row["id"] for row in db.execute(card_queries.OWED, {"guild": guild_id, "limit": limit})]
    found = {case.id: case for case in read(db, ids)}
    return [found[case_id] for case_id in ids]


def begin(db: sqlite3.Connection, case_id: int, channel_id: int, now: datetime) -> None:
    """Note where a card is about to be posted."""
    place = {"case": case_id, "channel": channel_id, "now": rows.to_micros(now)}
    if case_id not in POSSIBLE_IDS or db.execute(card_queries.BEGIN, place).rowcount == 0:
        raise UnknownCase(f"There is no case {case_id}: it needs no card.")


def shown(db: sqlite3.Connection, case_id: int, version: int, message_id: int | None) -> None:
    """Note which version people see, and on which message."""
    db.execute(card_queries.SHOWN, {"case": case_id, "shown": version, "message": message_id})


def forget(db: sqlite3.Connection, case_id: int) -> None:
    """Note that there is no card."""
    db.execute(card_queries.FORGET, {"case": case_id})
