"""Blind samples: what was drawn for whom, and what they said. Every function runs inside a transaction."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.case import Suspected
from bot.records.labels import Cleared, Draw, Label, LabelSource, SampleAnswer, Stratum
from bot.store import label_queries as queries
from bot.store import label_rows, rows, urgency
from bot.store import queries as case_queries
from bot.store.cases import POSSIBLE_IDS, note_bystanders

KEPT: Final = timedelta(days=7)
"""How long a moderator may take over what was handed out."""


def cleared_cases(db: sqlite3.Connection, guild_id: int, policy_id: str, limit: int) -> list[Cleared]:
    """Cleared cases at random."""
    asked = {"guild": guild_id, "policy": policy_id, "limit": limit, "among": label_rows.AMONG}
    drawn = [row for row in db.execute(queries.CLEARED_CASES, asked) if not rows.is_unreadable(row["message"])]
    found = [(row["id"], rows.message(row)) for row in drawn]
    return [Cleared(case_id, each.id, each.channel_id, each.parent_id) for case_id, each in found]


def sampled(db: sqlite3.Connection, guild_id: int, policy_id: str) -> frozenset[int]:
    """The messages that need not be drawn again."""
    asked = {"guild": guild_id, "policy": policy_id}
    return frozenset(row["message_id"] for row in db.execute(queries.SAMPLED, asked))


def add_draws(db: sqlite3.Connection, drawn: Sequence[Draw], now: datetime) -> None:
    """Hand messages out."""
    for whose in {(draw.guild_id, draw.policy_id, draw.moderator_id) for draw in drawn}:
        guild_id, policy_id, moderator_id = whose
        over = {"guild": guild_id, "policy": policy_id, "moderator": moderator_id}
        db.execute(queries.END_DRAWS, {**over, "before": rows.to_micros(now - KEPT)})
    db.executemany(queries.ADD_DRAW, [_values(draw) for draw in drawn])


def draws(db: sqlite3.Connection, guild_id: int, policy_id: str, moderator_id: int) -> list[Draw]:
    """What was handed out, in its order."""
    asked = {"guild": guild_id, "policy": policy_id, "moderator": moderator_id}
    return [_draw(row) for row in db.execute(queries.DRAWS, asked)]


def draw(db: sqlite3.Connection, draw_id: int) -> Draw | None:
    """One that was handed out. The id comes from a button."""
    if draw_id not in POSSIBLE_IDS:
        return None
    row = db.execute(queries.DRAW, {"draw": draw_id}).fetchone()
    return None if row is None else _draw(row)


def answer(
    db: sqlite3.Connection,
    draw_id: int,
    said: SampleAnswer,
    rule_id: str | None,
    shown: Suspected | None,
    now: datetime,
) -> bool:
    """Note an answer, once, and make a label of it if it says what the message is."""
    found = db.execute(queries.ANSWER_DRAW, {"draw": draw_id, "answer": said}).fetchall()
    if not found:
        return False
    if said in (SampleAnswer.VIOLATES, SampleAnswer.ALLOWED):
        _label(db, _draw(found[0]), rule_id, shown, now)
    return True


def _label(db: sqlite3.Connection, of: Draw, rule_id: str | None, shown: Suspected | None, now: datetime) -> None:
    case_id, revision = (of.case_id, _newest(db, of.case_id)) if of.case_id else _kept(db, shown, now)
    cleared = of.stratum is Stratum.CLEARED
    made = Label(
        guild_id=of.guild_id,
        policy_id=of.policy_id,
        message_id=of.message_id,
        source=LabelSource.SAMPLE,
        stratum=of.stratum,
        digest=of.digest,
        violates=of.answer is SampleAnswer.VIOLATES,
        labelled_at=now,
        labeller_id=of.moderator_id,
        rule_id=rule_id,
        verdict=False if cleared else None,
        case_id=case_id,
        revision=revision,
    )
    label_rows.keep(db, made, asked=cleared)


def _newest(db: sqlite3.Connection, case_id: int) -> int | None:
    row = db.execute(queries.NEWEST_REVISION, {"case": case_id}).fetchone()
    return None if row is None else int(row["number"])


def _kept(db: sqlite3.Connection, shown: Suspected | None, now: datetime) -> tuple[int | None, int | None]:
    """Keep what was shown as a cleared case of its own, or find it in a case that came up meanwhile."""
    if shown is None:
        return None, None
    message = shown.message
    key = {"guild": message.guild_id, "message": message.id}
    added = db.execute(
        queries.KEEP_CASE, {**key, "author": message.author_id, "now": rows.to_micros(now)}
    ).fetchall()
    case_id = int((added or db.execute(case_queries.FIND_CASE, key).fetchall())[0]["id"])
    if added:
        db.execute(case_queries.ADD_REVISION, _revision(case_id, shown, now)).fetchall()
        note_bystanders(db, case_id, shown)
        urgency.note_words(db, case_id, message)
    said = db.execute(queries.REVISION_OF, {"case": case_id, "digest": message.digest}).fetchone()
    return case_id, int(said["number"]) if said else None


def _revision(case_id: int, shown: Suspected, now: datetime) -> dict[str, object]:
    return {
        "case": case_id,
        "digest": shown.message.digest,
        "message": rows.to_json(shown.message),
        "earlier": rows.earlier_to_json(shown.earlier),
        "now": rows.to_micros(now),
    }


def _values(of: Draw) -> dict[str, object]:
    return {
        "guild": of.guild_id,
        "policy": of.policy_id,
        "digest": of.digest,
        "moderator": of.moderator_id,
        "stratum": of.stratum,
        "channel": of.channel_id,
        "message": of.message_id,
        "case": of.case_id,
        "drawn_at": rows.to_micros(of.drawn_at),
    }


def _draw(row: sqlite3.Row) -> Draw:
    return Draw(
        id=row["id"],
        guild_id=row["guild_id"],
        policy_id=row["policy_id"],
        digest=row["digest"],
        moderator_id=row["moderator_id"],
        stratum=Stratum(row["stratum"]),
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        case_id=row["case_id"],
        drawn_at=rows.from_micros(row["drawn_at"]),
        answer=None if row["answer"] is None else SampleAnswer(row["answer"]),
    )
