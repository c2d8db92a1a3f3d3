"""Keeps what the queue is sorted by, and by which texts that are alike are found. Runs inside a transaction."""

import json
import sqlite3
from collections import defaultdict

from bot.attention import SEVERITIES, urgency
from bot.case import Finding, Message, Report
from bot.likeness import bands
from bot.store import queries, queue_queries, reports_queries, reports_values, rows


def rank(db: sqlite3.Connection, case_ids: str) -> None:
    """Bring the places of those of these cases (a JSON array) that are open in line with what was found."""
    opened = [row["id"] for row in db.execute(queue_queries.OPEN_AMONG, {"cases": case_ids})]
    if not opened:
        return
    wanted = {"cases": rows.to_ids(opened)}
    findings: defaultdict[int, list[Finding]] = defaultdict(list)
    for row in db.execute(queries.FINDINGS, wanted):
        findings[row["case_id"]].append(rows.finding(row))
    reports: defaultdict[int, list[Report]] = defaultdict(list)
    for row in db.execute(reports_queries.REPORTS, wanted):
        reports[row["case_id"]].append(reports_values.report(row))
    db.executemany(queue_queries.RANK, [_place(id_, findings[id_], reports[id_]) for id_ in opened])


def note_words(db: sqlite3.Connection, case_id: int, message: Message) -> None:
    """Note where the newest revision stands and what it is like."""
    place = {"case": case_id, "channel": message.channel_id, "parent": message.parent_id or 0}
    db.execute(queue_queries.NOTE_PLACE, place)
    prints = json.dumps(bands(message.text))
    db.execute(queue_queries.FORGET_LIKENESS, {"case": case_id})
    db.execute(queue_queries.ADD_LIKENESS, {"case": case_id, "guild": message.guild_id, "prints": prints})


def _place(case_id: int, findings: list[Finding], reports: list[Report]) -> dict[str, int]:
    found = urgency(findings, reports)
    return {
        "case": case_id,
        "for_people": found.for_people,
        "severity": SEVERITIES.index(found.severity),
        "disagreement": round(1000 * found.disagreement),
    }
