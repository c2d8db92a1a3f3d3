"""What is kept per guild beside its cases, and how a guild is forgotten. Every function runs in a transaction."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.ports import Backlog
from bot.store import guild_queries as queries
from bot.store import rows
from policies.policy import Policy

_ALL: Final = -1
"""SQLite's LIMIT without a limit."""


def keep_policy(db: sqlite3.Connection, guild_id: int, policy: Policy, now: datetime) -> None:
    """Keep a version and put it in force."""
    version = {"guild": guild_id, "policy": policy.id, "digest": policy.digest}
    db.execute(queries.KEEP_POLICY, {**version, "document": rows.to_json(policy), "now": rows.to_micros(now)})
    db.execute(queries.PUT_IN_FORCE, version)


def advance(db: sqlite3.Connection, guild_id: int, watermarks: Mapping[int, int]) -> None:
    """Raise watermarks {channel id: message id}."""
    marks = [{"guild": guild_id, "channel": channel, "message": mark} for channel, mark in watermarks.items()]
    db.executemany(queries.RAISE_WATERMARK, marks)


def watermarks(db: sqlite3.Connection, guild_id: int) -> dict[int, int]:
    """{channel id: message id}."""
    return dict(map(tuple, db.execute(queries.WATERMARKS, {"guild": guild_id})))


def bind(db: sqlite3.Connection, application_id: int) -> int:
    """Note the application unless one is noted; the one that is."""
    db.execute(queries.BIND, {"application": application_id})
    return int(db.execute(queries.OWNER).fetchone()["application_id"])


def known(db: sqlite3.Connection) -> list[int]:
    """Every guild of which a row is left, by id."""
    return [row[0] for row in db.execute(queries.GUILDS)]


def backlog(db: sqlite3.Connection, guild_id: int) -> Backlog:
    """What waits in the guild."""
    guild = {"guild": guild_id}
    questions = db.execute(queries.COUNT_QUESTIONS, guild).fetchone()["number"]
    return Backlog(questions, db.execute(queries.COUNT_CASES_FOR_PEOPLE, guild).fetchone()["number"])


def forget_cases(db: sqlite3.Connection, guild_id: int, limit: int = _ALL) -> bool:
    """Delete up to `limit` cases with all that belongs to them; whether there was one."""
    return db.execute(queries.FORGET_CASES, {"guild": guild_id, "limit": limit}).rowcount > 0


def forget(db: sqlite3.Connection, guild_id: int) -> bool:
    """Delete everything about a guild but its number; whether anything was known of it."""
    guild = {"guild": guild_id}
    db.execute(queries.KEEP_NUMBER, guild)
    forget_cases(db, guild_id)
    db.execute("PRAGMA defer_foreign_keys = ON")  # tables come in no particular order
    for row in db.execute(queries.TABLES_OF_GUILDS).fetchall():
        db.execute(queries.forget_rows(row["name"]), guild)
    return db.execute(queries.HAS_NUMBER, guild).fetchone() is not None


def forget_number(db: sqlite3.Connection, guild_id: int) -> None:
    """Delete the last that is known of a guild."""
    db.execute(queries.FORGET_NUMBER, {"guild": guild_id})
