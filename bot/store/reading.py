"""Cases as they are read. Every function runs inside a transaction, so all that it reads is of one moment."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.case import Action, AuthorRecord, CaseFile, CaseState, Decision
from bot.store import queries, reports_queries, reports_values, rows
from bot.store.cases import POSSIBLE_IDS

ANSWERED: Final = frozenset({CaseState.DECIDED, CaseState.ENFORCED, CaseState.FAILED})
"""States in which a decision stands."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What belongs to one case, each oldest first."""

    revisions: Sequence[sqlite3.Row]
    findings: Sequence[sqlite3.Row]
    decisions: Sequence[sqlite3.Row]
    reports: Sequence[sqlite3.Row]
    author_record: AuthorRecord


def read(db: sqlite3.Connection, case_ids: Sequence[int]) -> list[CaseFile]:
    """The cases with these ids that exist, by id."""
    wanted = {"cases": rows.to_ids(case_ids)}
    revisions = _by_case(db.execute(queries.REVISIONS, wanted))
    findings = _by_case(db.execute(queries.FINDINGS, wanted))
    decisions = _by_case(db.execute(queries.DECISIONS, wanted))
    reports = _by_case(db.execute(reports_queries.REPORTS, wanted))
    records = {row["case_id"]: rows.author_record(row) for row in db.execute(queries.AUTHOR_RECORDS, wanted)}
    return [
        _case_file(
            row,
            _Parts(revisions[id_], findings[id_], decisions[id_], reports[id_], records.get(id_, AuthorRecord())),
        )
        for row in db.execute(queries.CASES, wanted)
        for id_ in (row["id"],)
    ]


def find(db: sqlite3.Connection, guild_id: int, message_id: int) -> CaseFile | None:
    """The case about a message."""
    if guild_id not in POSSIBLE_IDS or message_id not in POSSIBLE_IDS:
        return None
    row = db.execute(queries.FIND_CASE, {"guild": guild_id, "message": message_id}).fetchone()
    return None if row is None else read(db, [row["id"]])[0]


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


def _case_file(case: sqlite3.Row, parts: _Parts) -> CaseFile:
    made = tuple(map(rows.decision, parts.decisions))
    standing, before = _stands(CaseState(case["state"]), made)
    return CaseFile(
        id=case["id"],
        guild_id=case["guild_id"],
        state=CaseState(case["state"]),
        opened_at=rows.from_micros(case["opened_at"]),
        revisions=tuple(map(rows.message, parts.revisions)),
        earlier=rows.earlier(parts.revisions[-1]),
        findings=tuple(map(rows.finding, parts.findings)),
        decision=standing,
        outcome=parts.decisions[-1]["outcome"] if standing else None,
        earlier_decisions=before,
        answers=answers(parts.decisions),
        version=case["version"],
        shown_version=case["shown_version"],
        card=rows.card(case),
        current=rows.current_message(case),
        deleted_at=rows.optional_moment(case["deleted_at"]),
        notes=case["notes"],
        erased_at=rows.optional_moment(case["erased_at"]),
        unreadable=_is_unreadable(case, parts),
        author_record=parts.author_record,
        reports=tuple(map(reports_values.report, parts.reports)),
        holder=rows.holder(case["holder_id"], case["held_since"]),
        escalated=rows.holder(case["escalated_by"], case["escalated_at"]),
    )


def _is_unreadable(case: sqlite3.Row, parts: _Parts) -> bool:
    texts = (row["message"] for row in parts.revisions)
    return any(map(rows.is_unreadable, (*texts, case["current_message"])))


def _stands(state: CaseState, made: tuple[Decision, ...]) -> tuple[Decision | None, tuple[Decision, ...]]:
    """The decision that stands, and those before it. None stands in a case that was opened again."""
    return (made[-1], made[:-1]) if state in ANSWERED else (None, made)


def answers(made: Sequence[sqlite3.Row]) -> tuple[Decision, ...]:
    """What was decided on the revision that was decided on last, without what was taken back."""
    return tuple(
        rows.decision(row)
        for row in made
        if row["revision"] == made[-1]["revision"]
        and not row["taken_back"]
        and row["action"] != Action.UNDO
        and (row["enforced"] != 0 or row["also_delete"])
    )
