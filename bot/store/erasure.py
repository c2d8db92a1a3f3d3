"""Erases the words of people in cases. Every function runs inside a transaction.

Who, where, when, what was decided, labels and figures stay. The bytes leave the files later: see `wiping.py`.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.records.erasing import (
    erased_message,
    erased_suspicion,
    erased_verdict,
    without_author,
    without_own_words,
)
from bot.store import audits, cases, figures_rows, rows
from bot.store import retention_queries as queries


def erase(db: sqlite3.Connection, case_ids: Sequence[int], now: datetime) -> None:
    """Erase every word of people in these cases."""
    if not case_ids:
        return
    wanted = {"cases": rows.to_ids(case_ids), "now": rows.to_micros(now)}
    _erase_texts(db, wanted)
    for row in db.execute(queries.OTHER_WORDS).fetchall():
        db.execute(queries.erase_words(row["table_name"], row["column_name"]), wanted)
    for query in (
        queries.ERASE_REASONS,
        queries.FORGET_LIKENESS,
        queries.FORGET_BYSTANDERS,
        queries.RENEW_APPEAL_CARDS,
        queries.NOTE_ERASED,
        queries.ERASE_CASES,
        queries.OWE_WIPING,
    ):
        db.execute(query, wanted)
    _end_jobs(db, wanted, now)


def forget(db: sqlite3.Connection, case_ids: Sequence[int]) -> None:
    """Delete cases with all that belongs to them."""
    if case_ids:
        db.execute(queries.FORGET, {"cases": rows.to_ids(case_ids)})
        db.execute(queries.OWE_WIPING)


def erase_context(db: sqlite3.Connection, guild_id: int, member_id: int, case_ids: Sequence[int]) -> None:
    """Erase what a member said before the messages of these cases, which are other people's."""
    if not case_ids:
        return
    wanted = {"cases": rows.to_ids(case_ids)}
    for row in db.execute(queries.CONTEXTS, wanted).fetchall():
        left = rows.earlier_to_json(without_author(rows.earlier(row), member_id))
        db.execute(queries.CHANGE_CONTEXT, {"case": row["case_id"], "number": row["number"], "earlier": left})
    _erase_reasoning(db, wanted)
    who = {"guild": guild_id, "member": member_id}
    db.executemany(queries.FORGET_BYSTANDER, [who | {"case": case_id} for case_id in case_ids])
    _tell_of_change(db, wanted)


def erase_reports(db: sqlite3.Connection, member_id: int, case_ids: Sequence[int]) -> None:
    """Erase why a member reported the messages of these cases."""
    if not case_ids:
        return
    db.executemany(queries.ERASE_REPORT, [{"case": case_id, "member": member_id} for case_id in case_ids])
    _tell_of_change(db, {"cases": rows.to_ids(case_ids)})


def _erase_reasoning(db: sqlite3.Connection, wanted: Mapping[str, object]) -> None:
    """The model has read the context, too, and may quote it: in its thoughts, and where it says why."""
    for row in db.execute(queries.JOBS, wanted).fetchall():
        verdict = rows.verdict(row)
        if verdict is not None and (verdict.reasoning or verdict.rationale):
            left = {"job": row["id"], "verdict": rows.to_json(without_own_words(verdict))}
            db.execute(queries.ERASE_OWN_WORDS, left)


def _erase_texts(db: sqlite3.Connection, wanted: Mapping[str, object]) -> None:
    for row in db.execute(queries.MESSAGES, wanted).fetchall():
        left = rows.to_json(erased_message(rows.message(row)))
        db.execute(queries.ERASE_REVISION, {"case": row["case_id"], "number": row["number"], "message": left})
    for row in db.execute(queries.JOBS, wanted).fetchall():
        verdict = rows.verdict(row)
        job = {
            "job": row["id"],
            "suspicion": rows.to_json(erased_suspicion(rows.suspicion(row))),
            "verdict": None if verdict is None else rows.to_json(erased_verdict(verdict)),
        }
        db.execute(queries.ERASE_JOB, job)


def _end_jobs(db: sqlite3.Connection, wanted: Mapping[str, object], now: datetime) -> None:
    """What waits for the judge is judged no more: people are told that it was not."""
    ended = db.execute(queries.END_JOBS, wanted).fetchall()
    cases.refresh(db, {row["case_id"] for row in ended}, news=True)
    figures_rows.give_up(db, ended, rows.to_micros(now))
    audits.give_up(db, ended)


def _tell_of_change(db: sqlite3.Connection, wanted: Mapping[str, object]) -> None:
    """Cards show what was erased."""
    db.execute(queries.RENEW_CARDS, wanted)
    db.execute(queries.OWE_WIPING)
