"""How cases come about and what becomes of their messages. Every function runs inside a transaction."""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.case import CaseState, Message, Suspected
from bot.ports import PolicyNotKept
from bot.store import audits, guild_queries, queries, retention_queries, rows, tallies, urgency
from inference.prefilter.suspicion import Suspicion

POSSIBLE_IDS: Final = range(1, 2**63)
"""SQLite raises an error of its own about a number outside; a button's id comes from outside."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of a message that has a case."""

    case_id: int
    newest: Message
    """The newest flagged revision."""
    current: Message | None
    """What it says now, when that is something else."""

    @property
    def says(self) -> Message:
        return self.current or self.newest


def record(db: sqlite3.Connection, suspected: Suspected, now: datetime) -> int | None:
    """Store a flagged revision with its jobs; None when its text is stored already.

    A text that is stored already may be news all the same: an edit back to it. That is noted like any other edit.
    """
    message = suspected.message
    known = _known(db, message)
    case_id = known.case_id if known else _add_case(db, message, now)
    number = _add_revision(db, case_id, suspected, now)
    if number is not None:
        urgency.note_words(db, case_id, message)
        for suspicion in suspected.suspicions:
            _add_job(db, suspected, case_id, number, suspicion)
    if known:  # a new case is QUEUED from the start
        _note_current(db, known, message, newest=known.newest if number is None else message)
    if known and number is not None:
        refresh(db, [case_id], news=True)
    return None if number is None else case_id


def note_edit(db: sqlite3.Connection, message: Message) -> int | None:
    """Note what a message says now; the case's id if there is one and that is news."""
    known = _known(db, message)
    if known and _note_current(db, known, message, newest=known.newest):
        return known.case_id
    return None


def note_deletion(db: sqlite3.Connection, guild_id: int, message_ids: Collection[int], at: datetime) -> list[int]:
    """Note that messages are gone; the ids of the cases that did not know it yet, in order."""
    gone = {"guild": guild_id, "messages": rows.to_ids(message_ids), "at": rows.to_micros(at)}
    return sorted(row["id"] for row in db.execute(queries.NOTE_DELETION, gone))


def _known(db: sqlite3.Connection, message: Message) -> _Known | None:
    row = db.execute(queries.KNOWN, {"guild": message.guild_id, "message": message.id}).fetchone()
    return None if row is None else _Known(row["id"], rows.message(row), rows.current_message(row))


def _note_current(db: sqlite3.Connection, known: _Known, seen: Message, newest: Message) -> bool:
    """Keep what the message says now unless its newest revision says it; whether that has changed.

    What arrives late, when a newer edit is known, changes nothing.
    """
    latest = known.says if _written_at(seen) < _written_at(known.says) else seen
    current = None if _say_the_same(latest, newest) else latest
    if _say_the_same(current, known.current):
        return False
    noted = {"case": known.case_id, "current": None if current is None else rows.to_json(current)}
    return db.execute(queries.NOTE_CURRENT, noted).rowcount == 1


def _written_at(message: Message) -> datetime:
    return message.edited_at or message.created_at


def _say_the_same(one: Message | None, other: Message | None) -> bool:
    """Compares what can be stored: of half a surrogate pair only the replacement is left."""
    if one is None or other is None:
        return one is other
    return rows.to_text(one.text) == rows.to_text(other.text)


def _add_case(db: sqlite3.Connection, message: Message, now: datetime) -> int:
    case = {
        "guild": message.guild_id,
        "message": message.id,
        "author": message.author_id,
        "now": rows.to_micros(now),
    }
    added = db.execute(queries.ADD_CASE, case).lastrowid
    assert added is not None
    return added


def _add_revision(db: sqlite3.Connection, case_id: int, suspected: Suspected, now: datetime) -> int | None:
    """Store what the message says now and return its number; None if it said that before."""
    revision = {
        "case": case_id,
        "digest": suspected.message.digest,
        "message": rows.to_json(suspected.message),
        "earlier": rows.earlier_to_json(suspected.earlier),
        "now": rows.to_micros(now),
    }
    added = db.execute(queries.ADD_REVISION, revision).fetchall()
    if not added:
        return None
    note_bystanders(db, case_id, suspected)
    return int(added[0]["number"])


def note_bystanders(db: sqlite3.Connection, case_id: int, suspected: Suspected) -> None:
    """Note whose texts are kept as context: they can ask that these are erased."""
    message = suspected.message
    others = {earlier.author_id for earlier in suspected.earlier} - {message.author_id}
    if others:
        noted = {"case": case_id, "guild": message.guild_id, "authors": rows.to_ids(others)}
        db.execute(retention_queries.ADD_BYSTANDERS, noted)


def _add_job(
    db: sqlite3.Connection, suspected: Suspected, case_id: int, revision: int, suspicion: Suspicion
) -> None:
    guild_id = suspected.message.guild_id
    key = {"guild": guild_id, "policy": suspicion.policy_id}
    version = db.execute(guild_queries.VERSION_IN_FORCE, key).fetchone()
    if version is None:
        raise PolicyNotKept(f"No version of the policy {suspicion.policy_id!r} was kept for guild {guild_id}.")
    job = {
        "case": case_id,
        "revision": revision,
        "version": version["version_id"],
        "suspicion": rows.to_json(suspicion),
        "tag": audits.turn(db) if suspicion.is_audit else take_tag(db, guild_id),
        "audit": suspicion.is_audit,
        "tallied": suspected.just_written,
    }
    db.execute(queries.ADD_JOB, job)
    if suspicion.is_audit:
        tallies.add(db, version["version_id"], audits.DRAWN)


def take_tag(db: sqlite3.Connection, guild_id: int) -> float:
    """The place in the queue of the guild's next job."""
    (tag,) = db.execute(queries.TAKE_TAG, {"guild": guild_id}).fetchall()
    return float(tag["tag"])


def refresh(db: sqlite3.Connection, case_ids: Iterable[int], *, news: bool) -> None:
    """Bring the cases' states in line with their jobs and decisions. With `news`, their cards are out of date."""
    wanted = rows.to_ids(set(case_ids))
    db.execute(queries.REFRESH_STATE, {"cases": wanted, "news": news})
    if news:
        urgency.rank(db, wanted)


def state(db: sqlite3.Connection, case_id: int) -> CaseState | None:
    """The case's state; None if there is no such case."""
    if case_id not in POSSIBLE_IDS:
        return None
    row = db.execute(queries.STATE, {"case": case_id}).fetchone()
    return None if row is None else CaseState(row["state"])
