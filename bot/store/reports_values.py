"""Rows about reports and the values they stand for."""

import sqlite3

from bot.case import Report, ReportKind
from bot.store import rows


def report(row: sqlite3.Row) -> Report:
    """A row of `reports_queries.REPORTS`."""
    return Report(
        kind=ReportKind(row["kind"]),
        reporter_id=row["reporter_id"],
        reason=row["reason"],
        made_at=rows.from_micros(row["made_at"]),
    )
