"""Who points at which message. Every function runs inside a transaction."""

import sqlite3
from datetime import datetime

from bot.case import Report, ReportKind, Suspected
from bot.ports import PolicyNotKept
from bot.records.reports import Pace, Reported
from bot.store import cases, guild_queries, queries, rows
from bot.store import reports_queries as own
from inference.prefilter.suspicion import Suspicion


def report(db: sqlite3.Connection, suspected: Suspected, made: Report, now: datetime) -> Reported:
    """Store a report, and ask whoever was not asked about this text yet."""
    message = suspected.message
    place = {"guild": message.guild_id, "message": message.id}
    was_there = db.execute(queries.FIND_CASE, place).fetchone() is not None
    cases.record(db, suspected, now)
    case_id = int(db.execute(queries.FIND_CASE, place).fetchone()["id"])
    text = {"case": case_id, "digest": message.digest}
    revision = int(db.execute(own.REVISION_OF_TEXT, text).fetchone()["number"])
    for suspicion in suspected.suspicions:
        _ask_once(db, case_id, revision, message.guild_id, suspicion)
    news = _add(db, case_id, revision, message.guild_id, made, opened_case=not was_there)
    cases.refresh(db, [case_id], news=True)
    return Reported(case_id, news)


def pace(db: sqlite3.Connection, guild_id: int, kind: ReportKind, reporter_id: int, since: datetime) -> Pace:
    """How much was reported since then."""
    asked = {"guild": guild_id, "kind": kind, "reporter": reporter_id, "since": rows.to_micros(since)}
    return Pace(
        by_person=db.execute(own.COUNT_BY_PERSON, asked).fetchone()["number"],
        opened=db.execute(own.COUNT_OPENED, asked).fetchone()["number"],
    )


def _add(
    db: sqlite3.Connection, case_id: int, revision: int, guild_id: int, made: Report, *, opened_case: bool
) -> bool:
    values = {
        "case": case_id,
        "kind": made.kind,
        "reporter": made.reporter_id,
        "guild": guild_id,
        "revision": revision,
        "made_at": rows.to_micros(made.made_at),
        "reason": rows.to_text(made.reason),
        "opened_case": opened_case,
    }
    return db.execute(own.ADD_REPORT, values).rowcount > 0


def _ask_once(db: sqlite3.Connection, case_id: int, revision: int, guild_id: int, suspicion: Suspicion) -> None:
    """A job for the version in force; a turn in the queue is taken only where there is something to ask."""
    key = {"guild": guild_id, "policy": suspicion.policy_id}
    version = db.execute(guild_queries.VERSION_IN_FORCE, key).fetchone()
    if version is None:
        raise PolicyNotKept(f"No version of the policy {suspicion.policy_id!r} was kept for guild {guild_id}.")
    job = {"case": case_id, "revision": revision, "version": version["version_id"]}
    if db.execute(own.WAS_ASKED, job).fetchone() is None:
        asked = {"suspicion": rows.to_json(suspicion), "tag": cases.take_tag(db, guild_id)}
        db.execute(own.ADD_JOB_UNLESS_ASKED, job | asked)
