"""What happens to jobs: leased, prolonged, finished, given back. Every function runs inside a transaction."""

import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.case import CaseState, Claim, JobState
from bot.ports import LeaseLost
from bot.store import audits, cases, figures_rows, queries, rows
from policies.verdict import Verdict

MAX_ATTEMPTS: Final = 5
"""After as many tries without a verdict a person looks at the case."""


def claim(db: sqlite3.Connection, limit: int, lease: timedelta, audits: int, now: datetime) -> list[Claim]:
    """Lease the jobs whose turn it is."""
    _take_back(db, queries.TAKE_BACK_ENDED_LEASES, now, now=rows.to_micros(now))
    turn = _in_turn(db, limit, audit=False)
    turn += _in_turn(db, min(limit - len(turn), audits), audit=True)
    if not turn:
        return []  # nothing is written: an idle worker costs no fsync
    until = rows.to_micros(now + lease)
    leases = [{"job": job, "token": secrets.token_hex(16), "until": until} for job in turn]
    db.executemany(queries.LEASE, leases)
    wanted = {"jobs": rows.to_ids(turn)}
    db.execute(queries.RAISE_FLOOR, wanted)
    found = db.execute(queries.CLAIMS, wanted).fetchall()
    claims = [rows.claim(row) for row in found if not rows.is_unreadable(row["message"])]
    cases.refresh(db, (held.case_id for held in claims), news=False)
    _give_up(db, [row["id"] for row in found if rows.is_unreadable(row["message"])], now)
    return claims


def _in_turn(db: sqlite3.Connection, limit: int, *, audit: bool) -> list[int]:
    return [row["id"] for row in db.execute(queries.NEXT_IN_TURN, {"limit": limit, "audit": audit})]


def end_leases(db: sqlite3.Connection, now: datetime) -> None:
    """Take back every job that is leased."""
    _take_back(db, queries.TAKE_BACK_ALL_LEASES, now)


def _give_up(db: sqlite3.Connection, unreadable: Sequence[int], now: datetime) -> None:
    """Let people see what cannot be judged: its text is damaged."""
    if unreadable:
        _note_ended(db, db.execute(queries.GIVE_UP, {"jobs": rows.to_ids(unreadable)}).fetchall(), now)


def _take_back(db: sqlite3.Connection, query: str, at: datetime, **facts: int) -> None:
    _note_ended(db, db.execute(query, {"max_attempts": MAX_ATTEMPTS, **facts}).fetchall(), at)


def _note_ended(db: sqlite3.Connection, touched: Sequence[sqlite3.Row], at: datetime) -> None:
    """Jobs are given back, or given up."""
    for state, news in ((JobState.UNDECIDED, True), (JobState.QUEUED, False)):
        if case_ids := [row["case_id"] for row in touched if row["state"] == state]:
            cases.refresh(db, case_ids, news=news)
    given_up = [row for row in touched if row["state"] == JobState.UNDECIDED]
    figures_rows.give_up(db, given_up, rows.to_micros(at))
    audits.give_up(db, given_up)


def renew(db: sqlite3.Connection, claims: Sequence[Claim], lease: timedelta, now: datetime) -> list[Claim]:
    """Prolong the leases that are still held."""
    until = now + lease
    held = [claim for claim in claims if _renewed(db, claim, until)]
    cases.refresh(db, (claim.case_id for claim in held), news=False)
    return [replace(claim, leased_until=until) for claim in held]


def _renewed(db: sqlite3.Connection, claim: Claim, until: datetime) -> bool:
    lease = {"job": claim.job_id, "token": claim.token, "until": rows.to_micros(until)}
    return bool(db.execute(queries.RENEW, lease).fetchall())


def finish(db: sqlite3.Connection, claim: Claim, verdict: Verdict, now: datetime) -> CaseState:
    """Store a verdict; the case's state follows."""
    decided = verdict.violation is not None
    result = {
        "job": claim.job_id,
        "token": claim.token,
        "state": JobState.JUDGED if decided else JobState.UNDECIDED,
        "violation": verdict.violation,
        "verdict": rows.to_json(verdict),
    }
    job = _held(db.execute(queries.FINISH, result), claim)
    audits.count_answer(db, job, verdict.violation)
    figures_rows.count_verdict(db, job, claim.policy, verdict, rows.to_micros(now))
    if job["audit"] and not verdict.violation:
        audits.let_go(db, job)
    else:
        cases.refresh(db, [job["case_id"]], news=True)
    return cases.state(db, job["case_id"]) or CaseState.CLEARED


def release(db: sqlite3.Connection, claim: Claim, failed: bool, now: datetime) -> JobState:
    """Put a job back, or to the dead letters after its last try."""
    back = {"job": claim.job_id, "token": claim.token, "failed": failed, "max_attempts": MAX_ATTEMPTS}
    row = _held(db.execute(queries.RELEASE, back), claim)
    state = JobState(row["state"])
    cases.refresh(db, [row["case_id"]], news=state is JobState.UNDECIDED)
    if state is JobState.UNDECIDED:
        figures_rows.give_up(db, [row], rows.to_micros(now))
        audits.give_up(db, [row])
    return state


def _held(changed: sqlite3.Cursor, claim: Claim) -> sqlite3.Row:
    """The row that the lease's holder has changed."""
    held: list[sqlite3.Row] = changed.fetchall()
    if not held:
        raise LeaseLost(f"Job {claim.job_id} was given to somebody else. Drop the result.")
    return held[0]
