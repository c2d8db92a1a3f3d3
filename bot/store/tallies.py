"""What is counted of each version of a policy, and how its scores are spread. All inside transactions."""

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from bot.store import figures_rows, rows
from bot.store import tally_queries as queries
from bot.tallies import Traffic
from inference.prefilter.budget.audit import Tally


def keep_traffic(db: sqlite3.Connection, kept: Sequence[Traffic], now: datetime) -> None:
    """Keep how scores are spread, and add what was counted since the last time."""
    for traffic in kept:
        key = {"guild": traffic.guild_id, "policy": traffic.policy_id, "digest": traffic.digest}
        db.execute(queries.KEEP_TRAFFIC, {**key, "surprises": traffic.surprises})
        if traffic.looked_at:
            counted = Tally(looked_at=traffic.looked_at, flagged=traffic.flagged)
            db.execute(queries.ADD_TO_TALLY, key | asdict(counted))
            figures_rows.count_traffic(db, traffic, rows.to_micros(now))


def traffic(db: sqlite3.Connection) -> list[Traffic]:
    """All that is kept, without counts."""
    return [
        Traffic(row["guild_id"], row["policy_id"], row["digest"], row["surprises"])
        for row in db.execute(queries.TRAFFIC)
    ]


def tally(db: sqlite3.Connection, guild_id: int, policy_id: str, digest: str) -> Tally:
    """The counts of one version of a policy."""
    row = db.execute(queries.TALLY, {"guild": guild_id, "policy": policy_id, "digest": digest}).fetchone()
    return Tally() if row is None else Tally(**dict(row))


def add(db: sqlite3.Connection, version_id: int, counted: Tally) -> None:
    """Add to the counts of a version that is kept."""
    row = db.execute(queries.VERSION, {"version": version_id}).fetchone()
    key = {"guild": row["guild_id"], "policy": row["policy_id"], "digest": row["digest"]}
    db.execute(queries.ADD_TO_TALLY, key | asdict(counted))
