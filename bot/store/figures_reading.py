"""What was counted, as values. Every function reads inside one snapshot, or writes inside one transaction."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from bot.case import Action
from bot.records.figures import (
    COUNTED,
    Counts,
    DecisionDay,
    DigestState,
    GuildFigures,
    Operation,
    PolicyChange,
    PolicyDay,
    QueueDay,
    RuleFigures,
    WaitDay,
)
from bot.records.waits import Waits
from bot.store import figures_queries as queries
from bot.store import rows
from bot.store.figures_rows import DAY

K = TypeVar("K")

_FIRST_DAY: Final = date(1970, 1, 1)


def to_day(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _FIRST_DAY).days


def from_day(day: int) -> date:
    """The day."""
    return _FIRST_DAY + timedelta(days=day)


def figures(db: sqlite3.Connection, guild_id: int, first: date, last: date) -> GuildFigures:
    """Everything that was counted of a guild between two days, both included."""
    span = {"guild": guild_id, "first": to_day(first), "last": to_day(last)}
    return GuildFigures(
        first,
        last,
        days=tuple(map(_policy_day, db.execute(queries.POLICY_DAYS, span))),
        rules=_rules(db, span),
        waits=_wait_days(db.execute(queries.WAIT_DAYS, span)),
        decisions=tuple(map(_decision_day, db.execute(queries.DECISION_DAYS, span))),
        queue_days=tuple(
            QueueDay(from_day(row["day"]), row["cases"], row["oldest"])
            for row in db.execute(queries.QUEUE_DAYS, span)
        ),
        waiting_since=tuple(
            rows.from_micros(row["since"]) for row in db.execute(queries.WAITING_SINCE, {"guild": guild_id})
        ),
        changes=_changes(db, span),
    )


def note_queue(db: sqlite3.Connection, now: datetime) -> None:
    """Keep the most that waited for people today."""
    micros = rows.to_micros(now)
    db.execute(queries.NOTE_QUEUE, {"now": micros, "day": micros // DAY})


def digest(db: sqlite3.Connection, guild_id: int) -> DigestState | None:
    """The guild's last digest."""
    row = db.execute(queries.DIGEST, {"guild": guild_id}).fetchone()
    if row is None:
        return None
    begun_at = rows.from_micros(row["begun_at"])
    return DigestState(from_day(row["week"]), row["channel_id"], begun_at, done=bool(row["done"]))


def begin_digest(db: sqlite3.Connection, guild_id: int, week: date, channel_id: int, now: datetime) -> None:
    """Note that a digest is about to be posted."""
    begun = {"guild": guild_id, "week": to_day(week), "channel": channel_id, "now": rows.to_micros(now)}
    db.execute(queries.BEGIN_DIGEST, begun)


def end_digest(db: sqlite3.Connection, guild_id: int, week: date, now: datetime) -> None:
    """Note that nothing is owed for the week."""
    db.execute(queries.END_DIGEST, {"guild": guild_id, "week": to_day(week), "now": rows.to_micros(now)})


def forget_digest(db: sqlite3.Connection, guild_id: int) -> None:
    """Note that what was begun does not hang there."""
    db.execute(queries.FORGET_DIGEST, {"guild": guild_id})


def operation(db: sqlite3.Connection) -> Operation:
    """What waits, in all guilds."""
    jobs = {(row["state"], row["audit"]): row["number"] for row in db.execute(queries.COUNT_JOBS_UNDER_WAY)}
    oldest = db.execute(queries.OLDEST_WAITING).fetchone()
    cases = db.execute(queries.OPEN_CASES).fetchone()
    return Operation(
        waiting=jobs.get(("queued", 0), 0),
        judging=jobs.get(("judging", 0), 0) + jobs.get(("judging", 1), 0),
        oldest_waiting=None if oldest is None else rows.from_micros(oldest["recorded_at"]),
        audits=jobs.get(("queued", 1), 0),
        open_cases=cases["number"],
        oldest_open=rows.optional_moment(cases["oldest"]),
        pending_decisions=db.execute(queries.PENDING_DECISIONS).fetchone()["number"],
        cards_owed=db.execute(queries.CARDS_OWED).fetchone()["number"],
    )


def _policy_day(row: sqlite3.Row) -> PolicyDay:
    return PolicyDay(from_day(row["day"]), row["policy_id"], Counts(**{name: row[name] for name in COUNTED}))


def _decision_day(row: sqlite3.Row) -> DecisionDay:
    return DecisionDay(from_day(row["day"]), row["policy_id"], Action(row["action"]), row["number"], row["failed"])


def _rules(db: sqlite3.Connection, span: Mapping[str, int]) -> tuple[RuleFigures, ...]:
    waits = _gathered(
        db.execute(queries.RULE_WAITS, span), lambda row: (str(row["policy_id"]), str(row["rule_id"]))
    )
    counts = {(row["policy_id"], row["rule_id"]): row for row in db.execute(queries.RULES, span)}
    return tuple(
        _rule(policy_id, rule_id, counts.get((policy_id, rule_id)), waits.get((policy_id, rule_id), Waits()))
        for policy_id, rule_id in sorted(counts.keys() | waits.keys())
    )


def _rule(policy_id: str, rule_id: str, counted: sqlite3.Row | None, waits: Waits) -> RuleFigures:
    if counted is None:
        return RuleFigures(policy_id, rule_id, waits=waits)
    return RuleFigures(policy_id, rule_id, counted["cited"], counted["confirmed"], counted["overturned"], waits)


def _wait_days(found: Iterable[sqlite3.Row]) -> tuple[WaitDay, ...]:
    gathered = _gathered(found, lambda row: (int(row["day"]), str(row["policy_id"])))
    return tuple(WaitDay(from_day(day), policy_id, waits) for (day, policy_id), waits in gathered.items())


def _gathered(found: Iterable[sqlite3.Row], key: Callable[[sqlite3.Row], K]) -> dict[K, Waits]:
    bins: defaultdict[K, dict[int, int]] = defaultdict(dict)
    for row in found:
        bins[key(row)][row["bin"]] = row["number"]
    return {name: Waits(counted) for name, counted in bins.items()}


def _changes(db: sqlite3.Connection, span: Mapping[str, int]) -> tuple[PolicyChange, ...]:
    moments = {"guild": span["guild"], "since": span["first"] * DAY, "until": (span["last"] + 1) * DAY}
    return tuple(
        PolicyChange(row["policy_id"], rows.from_micros(row["first_kept_at"]), bool(row["is_new"]))
        for row in db.execute(queries.CHANGES, moments)
    )
