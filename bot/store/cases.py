"""What happens to cases: recorded, decided, settled, read. Every function runs inside a transaction."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.case import CaseFile, CaseState, Decision, Message, Suspected
from bot.ports import UnknownCase
from bot.store import queries, rows
from bot.store.errors import PolicyNotKept
from inference.prefilter.suspicion import Suspicion
from policies.policy import Policy

ANSWERED = frozenset({CaseState.DECIDED, CaseState.ENFORCED, CaseState.FAILED})
"""States in which a decision stands."""
POSSIBLE_IDS = range(1, 2**63)
"""SQLite raises an error of its own about a number outside; a button's id comes from outside."""


def keep_policy(db: sqlite3.Connection, guild_id: int, policy: Policy, now: datetime) -> None:
    """Keep a version and put it in force."""
    version = {"guild": guild_id, "policy": policy.id, "digest": policy.digest}
    db.execute(queries.KEEP_POLICY, {**version, "document": rows.to_json(policy), "now": rows.to_micros(now)})
    db.execute(queries.PUT_IN_FORCE, version)


def record(db: sqlite3.Connection, suspected: Suspected, now: datetime) -> int | None:
    """Store a flagged revision with its jobs; None when its text is stored already."""
    message = suspected.message
    known = _find_case(db, message)
    case_id = known or _add_case(db, message, now)
    number = _add_revision(db, case_id, suspected, now)
    if number is None:
        return None
    for suspicion in suspected.suspicions:
        _add_job(db, message.guild_id, case_id, number, suspicion)
    if known:
        refresh(db, [known])  # a new case is QUEUED from the start
    return case_id


def _find_case(db: sqlite3.Connection, message: Message) -> int | None:
    key = {"guild": message.guild_id, "message": message.id}
    row = db.execute(queries.FIND_CASE, key).fetchone()
    return None if row is None else int(row["id"])


def _add_case(db: sqlite3.Connection, message: Message, now: datetime) -> int:
    case = {"guild": message.guild_id, "message": message.id, "now": rows.to_micros(now)}
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
    return int(added[0]["number"]) if added else None


def _add_job(db: sqlite3.Connection, guild_id: int, case_id: int, revision: int, suspicion: Suspicion) -> None:
    key = {"guild": guild_id, "policy": suspicion.policy_id}
    version = db.execute(queries.VERSION_IN_FORCE, key).fetchone()
    if version is None:
        raise PolicyNotKept(f"No version of the policy {suspicion.policy_id!r} was kept for guild {guild_id}.")
    (tag,) = db.execute(queries.TAKE_TAG, {"guild": guild_id}).fetchall()
    job = {
        "case": case_id,
        "revision": revision,
        "version": version["version_id"],
        "suspicion": rows.to_json(suspicion),
        "tag": tag["tag"],
    }
    db.execute(queries.ADD_JOB, job)


def refresh(db: sqlite3.Connection, case_ids: Iterable[int]) -> None:
    """Bring the cases' states in line with their jobs and decisions."""
    db.execute(queries.REFRESH_STATE, {"cases": rows.to_ids(set(case_ids))})


def state(db: sqlite3.Connection, case_id: int) -> CaseState | None:
    """The case's state; None if there is no such case."""
    if case_id not in POSSIBLE_IDS:
        return None
    row = db.execute(queries.STATE, {"case": case_id}).fetchone()
    return None if row is None else CaseState(row["state"])


def decide(db: sqlite3.Connection, decision: Decision) -> tuple[Decision, bool]:
    """Store a decision on an open case, or return the one that stands."""
    now = state(db, decision.case_id)
    if now in ANSWERED:
        return _decisions(db, [decision.case_id])[decision.case_id][-1][0], False
    if now is not CaseState.OPEN:
        raise UnknownCase(f"Case {decision.case_id} does not exist or is not open for decisions.")
    word = {
        "case": decision.case_id,
        "action": decision.action,
        "moderator": decision.moderator_id,
        "decided_at": rows.to_micros(decision.decided_at),
        "reason": rows.to_text(decision.reason),
    }
    db.execute(queries.ADD_DECISION, word)
    refresh(db, [decision.case_id])
    return decision, True


def settle(db: sqlite3.Connection, case_id: int, enforced: bool, outcome: str, now: datetime) -> bool:
    """Note how the pending decision ended; False if there is none."""
    end = {
        "case": case_id,
        "enforced": enforced,
        "outcome": rows.to_text(outcome),
        "now": rows.to_micros(now),
    }
    settled = db.execute(queries.SETTLE, end).rowcount == 1
    if settled:
        refresh(db, [case_id])
    return settled


def read(db: sqlite3.Connection, case_ids: Sequence[int]) -> list[CaseFile]:
    """The cases with these ids that exist, by id."""
    wanted = {"cases": rows.to_ids(case_ids)}
    revisions = _by_case(db.execute(queries.REVISIONS, wanted))
    findings = _by_case(db.execute(queries.FINDINGS, wanted))
    decisions = _decisions(db, case_ids)
    return [
        _case_file(row, revisions[row["id"]], findings[row["id"]], decisions[row["id"]])
        for row in db.execute(queries.CASES, wanted)
    ]


def page(db: sqlite3.Connection, states: Sequence[CaseState], *, after: int, limit: int) -> list[CaseFile]:
    """The next cases in these states whose id is above `after`, by id."""
    ids = [
        row["id"]
        for wanted in states
        for row in db.execute(queries.CASE_PAGE, {"state": wanted, "after": after, "limit": limit})
    ]
    return read(db, sorted(ids)[:limit])


def _by_case(found: Iterable[sqlite3.Row]) -> defaultdict[int, list[sqlite3.Row]]:
    groups: defaultdict[int, list[sqlite3.Row]] = defaultdict(list)
    for row in found:
        groups[row["case_id"]].append(row)
    return groups


def _decisions(
    db: sqlite3.Connection, case_ids: Sequence[int]
) -> defaultdict[int, list[tuple[Decision, str | None]]]:
    """Each case's decisions with their outcomes, oldest first."""
    made: defaultdict[int, list[tuple[Decision, str | None]]] = defaultdict(list)
    for row in db.execute(queries.DECISIONS, {"cases": rows.to_ids(case_ids)}):
        made[row["case_id"]].append((rows.decision(row), row["outcome"]))
    return made


def _case_file(
    case: sqlite3.Row,
    revisions: Sequence[sqlite3.Row],
    findings: Sequence[sqlite3.Row],
    decisions: Sequence[tuple[Decision, str | None]],
) -> CaseFile:
    standing, outcome = decisions[-1] if CaseState(case["state"]) in ANSWERED else (None, None)
    history = decisions[:-1] if standing else decisions
    return CaseFile(
        id=case["id"],
        guild_id=case["guild_id"],
        state=CaseState(case["state"]),
        opened_at=rows.from_micros(case["opened_at"]),
        revisions=tuple(map(rows.message, revisions)),
        earlier=rows.earlier(revisions[-1]),
        findings=tuple(map(rows.finding, findings)),
        decision=standing,
        outcome=outcome,
        earlier_decisions=tuple(decision for decision, _ in history),
    )
