"""Cases as lists, and members as numbers. Every function runs inside a transaction."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.attention import is_for_people
from bot.case import Action, CaseFile, CaseState
from bot.records.events import CaseEvent, EventKind
from bot.records.people import CaseFilter, Made, MemberRecord
from bot.store import events_rows, label_rows, rows
from bot.store import people_queries as queries
from bot.store.cases import POSSIBLE_IDS, refresh
from bot.store.cases import state as case_state
from bot.store.reading import read

SEEN: Final = (CaseState.OPEN, CaseState.DECIDED, CaseState.ENFORCED, CaseState.FAILED)
"""The states of cases that people look at or have looked at."""
_SETTLED: Final = frozenset({CaseState.ENFORCED, CaseState.FAILED})
_NEWEST: Final = 2**63 - 1
_ACTED_ON, _DISMISSED, _TAKEN_BACK, _UNSETTLED = "acted on", "dismissed", "taken back", "unsettled"


def member_record(db: sqlite3.Connection, guild_id: int, member_id: int) -> MemberRecord:
    """A member in numbers."""
    who = {"guild": guild_id, "member": member_id}
    found = [row for row in db.execute(queries.MEMBER_STANDING, who) if row["state"] != CaseState.OPEN]
    waiting = [case for case in read(db, _open_ids(db, who)) if is_for_people(case)]
    ends = Counter(_end(row) for row in found)
    moments = [*(rows.from_micros(row["opened_at"]) for row in found), *(case.opened_at for case in waiting)]
    appeals = {row["granted"]: row["number"] for row in db.execute(queries.MEMBER_APPEALS, who)}
    return MemberRecord(
        open=len(waiting) + ends[_UNSETTLED],
        acted_on=ends[_ACTED_ON],
        dismissed=ends[_DISMISSED],
        taken_back=ends[_TAKEN_BACK],
        since=min(moments, default=None),
        actions=_actions(db, who),
        appeals_open=appeals.get(None, 0),
        appeals_granted=appeals.get(1, 0),
        appeals_rejected=appeals.get(0, 0),
    )


def member_cases(db: sqlite3.Connection, guild_id: int, member_id: int, limit: int, before: int) -> list[CaseFile]:
    """Cases about a member, newest first."""
    wanted = {"guild": guild_id, "member": member_id, "limit": limit, "before": before or _NEWEST}
    return _newest_first(db, queries.MEMBER_CASES, wanted)


def newest_cases(db: sqlite3.Connection, guild_id: int, limit: int, digits: str) -> list[CaseFile]:
    """A guild's cases, newest first."""
    return _newest_first(db, queries.NEWEST_CASES, {"guild": guild_id, "limit": limit, "digits": digits})


def filtered_cases(db: sqlite3.Connection, wanted: CaseFilter, limit: int, after: int) -> list[CaseFile]:
    """The next cases that fit, by the age of their messages."""
    found = db.execute(
        queries.FILTERED_CASES,
        {
            "guild": wanted.guild_id,
            "after": after,
            "states": json.dumps([wanted.state] if wanted.state else SEEN),
            "since": _micros(wanted.since),
            "until": _micros(wanted.until),
            "member": wanted.member_id,
            "policy": wanted.policy_id,
            "limit": limit,
        },
    )
    cases = read(db, [row["id"] for row in found])
    return sorted(cases, key=lambda case: case.message.id)


def decisions(db: sqlite3.Connection, case_id: int) -> list[Made]:
    """Everything that was decided about a case, oldest first."""
    if case_id not in POSSIBLE_IDS:
        return []
    return [
        Made(
            number=row["number"],
            decision=rows.decision(row),
            enforced=None if row["enforced"] is None else bool(row["enforced"]),
            outcome=row["outcome"] or "",
            taken_back=bool(row["taken_back"]),
            reopened=bool(row["reopened"]),
            revision=row["revision"],
        )
        for row in db.execute(queries.DECISIONS_MADE, {"case": case_id})
    ]


def add_note(db: sqlite3.Connection, case_id: int, moderator_id: int, text: str, at: datetime) -> None:
    """Add a note, which its card counts."""
    events_rows.add(db, CaseEvent(case_id, at, EventKind.NOTE, moderator_id, text))
    db.execute(queries.NOTED, {"case": case_id})


def reopen(db: sqlite3.Connection, case_id: int, moderator_id: int, reason: str, at: datetime) -> bool:
    """Let a decided case be decided anew; whether it was decided."""
    if case_state(db, case_id) not in _SETTLED:
        return False
    db.execute(queries.REOPEN, {"case": case_id})
    label_rows.retract_decision(db, case_id)
    refresh(db, [case_id], news=True)
    events_rows.add(db, CaseEvent(case_id, at, EventKind.REOPEN, moderator_id, reason))
    return True


def _newest_first(db: sqlite3.Connection, query: str, wanted: Mapping[str, int | str]) -> list[CaseFile]:
    ids: Sequence[int] = [row["id"] for row in db.execute(query, wanted)]
    return read(db, ids)[::-1]


def _open_ids(db: sqlite3.Connection, who: Mapping[str, int]) -> list[int]:
    return [row["id"] for row in db.execute(queries.MEMBER_OPEN, who)]


def _end(row: sqlite3.Row) -> str:
    """How a decided case ended."""
    if row["state"] != CaseState.ENFORCED:
        return _UNSETTLED
    if row["action"] not in (Action.DISMISS, Action.HELP):
        return _ACTED_ON
    return _TAKEN_BACK if row["retracted"] else _DISMISSED


def _actions(db: sqlite3.Connection, who: Mapping[str, int]) -> Mapping[Action, int]:
    counts = {Action(row["action"]): row["number"] for row in db.execute(queries.MEMBER_ACTIONS, who)}
    return MappingProxyType(counts)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else rows.to_micros(moment)
