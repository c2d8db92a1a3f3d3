"""Claims, escalations, and the list of what happened to a case. Every function runs inside a transaction."""

import sqlite3
from datetime import datetime

from bot.case import Holder
from bot.ports import UnknownCase
from bot.records.events import CaseEvent, EventKind
from bot.store import events_queries as queries
from bot.store import rows
from bot.store.cases import POSSIBLE_IDS


def add(db: sqlite3.Connection, event: CaseEvent) -> None:
    """Note an event; UnknownCase if its case is not there."""
    noted = {
        "case": event.case_id,
        "at": rows.to_micros(event.at),
        "kind": event.kind,
        "actor": event.actor_id,
        "text": rows.to_text(event.text),
    }
    if event.case_id not in POSSIBLE_IDS or db.execute(queries.ADD, noted).rowcount == 0:
        raise _unknown(event.case_id)


def of_case(db: sqlite3.Connection, case_id: int) -> list[CaseEvent]:
    """What was noted, in order."""
    if case_id not in POSSIBLE_IDS:
        return []
    return [_event(row) for row in db.execute(queries.EVENTS, {"case": case_id})]


def take_on(db: sqlite3.Connection, case_id: int, moderator_id: int, at: datetime) -> Holder:
    """Let somebody hold the case; who does now."""
    _change(db, queries.TAKE_ON, CaseEvent(case_id, at, EventKind.CLAIM, moderator_id))
    row = _holder(db, case_id)
    return Holder(row["holder_id"], rows.from_micros(row["held_since"]))


def let_go(db: sqlite3.Connection, case_id: int, moderator_id: int, at: datetime) -> bool:
    """Let nobody hold the case; whether somebody did."""
    return _change(db, queries.LET_GO, CaseEvent(case_id, at, EventKind.RELEASE, moderator_id))


def escalate(db: sqlite3.Connection, case_id: int, moderator_id: int, at: datetime) -> bool:
    """Ask for somebody with more say; whether that is news."""
    _holder(db, case_id)
    return _change(db, queries.ESCALATE, CaseEvent(case_id, at, EventKind.ESCALATE, moderator_id))


def calm(db: sqlite3.Connection, case_id: int, moderator_id: int, at: datetime) -> bool:
    """Take an escalation back; whether there was one."""
    return _change(db, queries.CALM, CaseEvent(case_id, at, EventKind.CALM, moderator_id))


def _change(db: sqlite3.Connection, query: str, event: CaseEvent) -> bool:
    """Change a case and note that; whether there was something to change."""
    change = {"case": event.case_id, "moderator": event.actor_id, "at": rows.to_micros(event.at)}
    changed = event.case_id in POSSIBLE_IDS and db.execute(query, change).rowcount == 1
    if changed:
        add(db, event)
    return changed


def _holder(db: sqlite3.Connection, case_id: int) -> sqlite3.Row:
    row = db.execute(queries.HOLDER, {"case": case_id}).fetchone() if case_id in POSSIBLE_IDS else None
    if row is None:
        raise _unknown(case_id)
    found: sqlite3.Row = row
    return found


def _event(row: sqlite3.Row) -> CaseEvent:
    return CaseEvent(
        case_id=row["case_id"],
        at=rows.from_micros(row["at"]),
        kind=EventKind(row["kind"]),
        actor_id=row["actor_id"],
        text=row["text"],
    )


def _unknown(case_id: int) -> UnknownCase:
    return UnknownCase(f"There is no case {case_id}.")
