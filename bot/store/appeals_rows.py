"""Appeals in the database. Every function runs inside a transaction."""

import sqlite3
from collections.abc import Collection
from datetime import datetime

from bot.ports import UnknownCase
from bot.records.appeals import Answer, Appeal, NewAppeal, Told
from bot.records.events import CaseEvent, EventKind
from bot.store import appeals_queries as queries
from bot.store import events_rows, label_rows, rows
from bot.store.cases import POSSIBLE_IDS


def add(db: sqlite3.Connection, appeal: NewAppeal) -> tuple[Appeal, bool]:
    """Store an appeal unless there is one about the same decision, and note that in its case's history."""
    about = {"case": appeal.case_id, "decision": appeal.decision}
    made = {
        "guild": appeal.guild_id,
        "member": appeal.member_id,
        "text": rows.to_text(appeal.text),
        "made_at": rows.to_micros(appeal.made_at),
    }
    added = appeal.case_id in POSSIBLE_IDS and db.execute(queries.ADD_APPEAL, about | made).rowcount == 1
    standing = db.execute(queries.APPEAL_ABOUT, about).fetchone() if appeal.case_id in POSSIBLE_IDS else None
    if standing is None or standing["guild_id"] != appeal.guild_id:
        raise UnknownCase(f"There is no case {appeal.case_id} in guild {appeal.guild_id}.")
    if added:
        events_rows.add(db, CaseEvent(appeal.case_id, appeal.made_at, EventKind.APPEAL))
    return _appeal(standing), added


def find(db: sqlite3.Connection, appeal_id: int) -> Appeal | None:
    """The appeal with this id."""
    if appeal_id not in POSSIBLE_IDS:
        return None
    row = db.execute(queries.APPEAL, {"appeal": appeal_id}).fetchone()
    return None if row is None else _appeal(row)


def of_cases(db: sqlite3.Connection, case_ids: Collection[int]) -> list[Appeal]:
    """The appeals of these cases, by case and decision."""
    return [_appeal(row) for row in db.execute(queries.OF_CASES, {"cases": rows.to_ids(case_ids)})]


def count_since(db: sqlite3.Connection, guild_id: int, member_id: int, since: datetime) -> int:
    """How many a member has made since then."""
    wanted = {"guild": guild_id, "member": member_id, "since": rows.to_micros(since)}
    return int(db.execute(queries.COUNT_SINCE, wanted).fetchone()["number"])


def count_open(db: sqlite3.Connection, guild_id: int) -> int:
    """How many wait for an answer."""
    return int(db.execute(queries.COUNT_OPEN, {"guild": guild_id}).fetchone()["number"])


def other_deciders(db: sqlite3.Connection, guild_id: int, moderator_id: int) -> bool:
    """Whether somebody else has decided a case of the guild."""
    wanted = {"guild": guild_id, "moderator": moderator_id}
    return bool(db.execute(queries.OTHER_DECIDERS, wanted).fetchone()["others"])


def answer(db: sqlite3.Connection, appeal_id: int, word: Answer) -> tuple[Appeal, bool] | None:
    """Store an answer where none stands."""
    given = {
        "appeal": appeal_id,
        "moderator": word.moderator_id,
        "answered_at": rows.to_micros(word.given_at),
        "granted": word.granted,
        "answer": rows.to_text(word.text),
    }
    mine = appeal_id in POSSIBLE_IDS and db.execute(queries.ANSWER, given).rowcount == 1
    standing = find(db, appeal_id)
    if standing is not None and mine:
        label_rows.label_appeal(db, standing.case_id, word.granted, word.moderator_id, word.given_at)
    return None if standing is None else (standing, mine)


def settle(db: sqlite3.Connection, appeal_id: int, outcome: str) -> bool:
    """Note what came of it, once."""
    return db.execute(queries.SETTLE_APPEAL, {"appeal": appeal_id, "outcome": rows.to_text(outcome)}).rowcount == 1


def begin_telling(db: sqlite3.Connection, appeal_id: int) -> bool:
    """Note that the member is about to be told, once."""
    return db.execute(queries.BEGIN_TELLING, {"appeal": appeal_id}).rowcount == 1


def give_up_telling(db: sqlite3.Connection) -> None:
    """Note that nobody knows how it ended where telling was begun."""
    db.execute(queries.GIVE_UP_TELLING)


def end_telling(db: sqlite3.Connection, appeal_id: int, failure: str | None) -> None:
    """Note how telling the member ended."""
    told = Told.YES if failure is None else Told.FAILED
    end = {"appeal": appeal_id, "told": told, "because": rows.to_text(failure or "")}
    db.execute(queries.END_TELLING, end)


def unfinished(db: sqlite3.Connection, limit: int) -> list[Appeal]:
    """Answered appeals with something left to do, oldest first."""
    return [_appeal(row) for row in db.execute(queries.UNFINISHED, {"limit": limit})]


def cards_owed(db: sqlite3.Connection, limit: int) -> list[Appeal]:
    """Appeals with a card that is missing or out of date, oldest first."""
    return [_appeal(row) for row in db.execute(queries.CARDS_OWED, {"limit": limit})]


def begin_card(db: sqlite3.Connection, appeal_id: int, channel_id: int, now: datetime) -> bool:
    """Note where a card is about to be posted."""
    place = {"appeal": appeal_id, "channel": channel_id, "now": rows.to_micros(now)}
    return db.execute(queries.BEGIN_CARD, place).rowcount == 1


def card_shown(db: sqlite3.Connection, appeal_id: int, version: int, message_id: int) -> None:
    """Note which version people see, and on which message."""
    db.execute(queries.CARD_SHOWN, {"appeal": appeal_id, "shown": version, "message": message_id})


def forget_card(db: sqlite3.Connection, appeal_id: int) -> None:
    """Note that there is no card."""
    db.execute(queries.FORGET_CARD, {"appeal": appeal_id})


def _appeal(row: sqlite3.Row) -> Appeal:
    return Appeal(
        id=row["id"],
        guild_id=row["guild_id"],
        case_id=row["case_id"],
        decision=row["decision"],
        member_id=row["member_id"],
        text=row["text"],
        made_at=rows.from_micros(row["made_at"]),
        answer=_answer(row),
        outcome=row["outcome"],
        told=Told(row["told"]),
        not_told_because=row["not_told_because"],
        version=row["version"],
        shown_version=row["shown_version"],
        card=rows.card(row),
    )


def _answer(row: sqlite3.Row) -> Answer | None:
    if row["granted"] is None:
        return None
    return Answer(
        moderator_id=row["moderator_id"],
        given_at=rows.from_micros(row["answered_at"]),
        granted=bool(row["granted"]),
        text=row["answer"],
    )
