"""What people decide, and how it ends. Every function runs inside a transaction."""

import sqlite3
from datetime import datetime

from bot.case import Action, CaseState, Decision, may_follow
from bot.ports import UnknownCase
from bot.store import cases, figures_rows, label_rows, queries, rows
from bot.store.reading import ANSWERED, answers


def decide(db: sqlite3.Connection, decision: Decision, after: Decision | None) -> tuple[Decision, bool]:
    """Store a decision where one is asked for or may follow; else return the one that stands."""
    state = cases.state(db, decision.case_id)
    if state in ANSWERED:
        standing = _standing(db, decision.case_id)
        if not may_follow(standing, state, decision.action) or (after is not None and standing != after):
            return standing, False
    elif not _is_open_for(db, state, decision) or after is not None:
        raise UnknownCase(f"Case {decision.case_id} does not exist or is not open for decisions.")
    _add(db, decision)
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
    if settled and enforced:
        db.execute(queries.TAKE_BACK_UNDONE, {"case": case_id})
        label_rows.label_decision(db, case_id)
    if settled:
        figures_rows.count_outcome(db, case_id, enforced, rows.to_micros(now))
        cases.refresh(db, [case_id], news=True)
    return settled


def _is_open_for(db: sqlite3.Connection, state: CaseState | None, decision: Decision) -> bool:
    return state is CaseState.OPEN and (decision.action is not Action.UNDO or _can_undo(db, decision.case_id))


def _can_undo(db: sqlite3.Connection, case_id: int) -> bool:
    """Whether a case that was opened again knows of something that was done and can be taken back."""
    return bool(answers(db.execute(queries.DECISIONS, {"cases": rows.to_ids([case_id])}).fetchall()))


def _standing(db: sqlite3.Connection, case_id: int) -> Decision:
    *_, last = db.execute(queries.DECISIONS, {"cases": rows.to_ids([case_id])})
    return rows.decision(last)


def _add(db: sqlite3.Connection, decision: Decision) -> None:
    word = {
        "case": decision.case_id,
        "action": decision.action,
        "moderator": decision.moderator_id,
        "decided_at": rows.to_micros(decision.decided_at),
        "timeout": None if decision.timeout is None else rows.duration_to_micros(decision.timeout),
        "also_delete": decision.also_delete,
        "delete_history": rows.duration_to_micros(decision.delete_history),
        "reason": rows.to_text(decision.reason),
    }
    db.execute(queries.ADD_DECISION, word)
    figures_rows.count_decision(db, decision)
    cases.refresh(db, [decision.case_id], news=True)
