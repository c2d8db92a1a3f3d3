"""The queue as it is read, and room for cards. Every function runs inside a transaction."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import islice
from typing import Final

from bot.attention import SEVERITIES
from bot.case import CardPlace
from bot.likeness import are_alike
from bot.ports import UnknownCase
from bot.records.reports import Alike, BulkExtent, Posted, QueuePage, QueueView, Waiting
from bot.store import events_rows, rows
from bot.store import queue_queries as queries
from bot.store.cases import POSSIBLE_IDS
from bot.store.reading import read
from policies.policy import Severity

_CRITICAL: Final = SEVERITIES.index(Severity.CRITICAL)
MOST_ALIKE: Final = 2_000
"""Cases that are looked at together: a flood is decided in several parts."""
_TEXTS_AT_ONCE: Final = 200
"""Texts that are held in memory while they are compared."""


def page(db: sqlite3.Connection, view: QueueView, offset: int, limit: int) -> QueuePage:
    """A stretch of the queue, and how many cases all of it has."""
    asked = {
        "guild": view.guild_id,
        "viewer": view.viewer_id,
        "hidden": rows.to_ids(view.hidden),
        "claims": view.claims,
        "policy": view.policy_id,
    }
    turn = {"limit": limit, "offset": offset}
    ids = [row["id"] for row in db.execute(queries.PAGES[view.order], asked | turn)]
    found = {case.id: case for case in read(db, ids)}
    return QueuePage(tuple(found[id_] for id_ in ids), _waiting(db.execute(queries.COUNT_WANTED, asked)))


def take_free(db: sqlite3.Connection, case_id: int, moderator_id: int, at: datetime) -> bool:
    """Let somebody hold an open case that nobody holds."""
    if case_id not in POSSIBLE_IDS or db.execute(queries.IS_FREE, {"case": case_id}).fetchone() is None:
        return False
    events_rows.take_on(db, case_id, moderator_id, at)
    return True


def waiting(db: sqlite3.Connection, guild_id: int) -> Waiting:
    """The guild's open cases for people."""
    return _waiting(db.execute(queries.COUNT_WAITING_CASES, {"guild": guild_id}))


def held(db: sqlite3.Connection, guild_id: int) -> Waiting:
    """Those of them without a card."""
    return _waiting(db.execute(queries.COUNT_HELD, {"guild": guild_id}))


def posted(db: sqlite3.Connection, guild_id: int, minute: datetime, day: datetime) -> Posted:
    """How many cards there are, lately and still to be decided."""
    since = {"guild": guild_id, "minute": rows.to_micros(minute), "day": rows.to_micros(day)}
    lately = [
        (row["severity"] == _CRITICAL, rows.from_micros(row["card_begun_at"]))
        for row in db.execute(queries.POSTED_LATELY, since)
    ]
    hanging = _waiting(db.execute(queries.COUNT_HANGING, since))
    critical = hanging.by_severity.get(Severity.CRITICAL, 0)
    return Posted(
        lately=tuple(at for is_critical, at in lately if not is_critical),
        lately_critical=tuple(at for is_critical, at in lately if is_critical),
        hanging=hanging.total - critical,
        hanging_critical=critical,
    )


def line(db: sqlite3.Connection, guild_id: int) -> CardPlace | None:
    """Where the line about waiting cases stands."""
    row = db.execute(queries.LINE, {"guild": guild_id}).fetchone()
    if row is None:
        return None
    return CardPlace(row["channel_id"], rows.from_micros(row["begun_at"]), row["message_id"])


def begin_line(db: sqlite3.Connection, guild_id: int, channel_id: int, now: datetime) -> None:
    """Note where it is about to be posted."""
    db.execute(queries.BEGIN_LINE, {"guild": guild_id, "channel": channel_id, "now": rows.to_micros(now)})


def line_shown(db: sqlite3.Connection, guild_id: int, message_id: int) -> None:
    """Note on which message it is."""
    db.execute(queries.LINE_SHOWN, {"guild": guild_id, "message": message_id})


def forget_line(db: sqlite3.Connection, guild_id: int) -> None:
    """Note that there is none."""
    db.execute(queries.FORGET_LINE, {"guild": guild_id})


def guilds_with_line(db: sqlite3.Connection) -> list[int]:
    """Guilds that may have one, by id."""
    return [row["guild_id"] for row in db.execute(queries.GUILDS_WITH_LINE)]


def alike(db: sqlite3.Connection, case_id: int, by: Alike, hidden: Collection[int]) -> BulkExtent:
    """The open cases that are like this one, and what they are about."""
    (given,) = _texts(db, [case_id] if case_id in POSSIBLE_IDS else []) or (None,)
    if given is None:
        raise UnknownCase(f"There is no case {case_id}.")
    asked = {"case": case_id, "hidden": rows.to_ids(hidden), "most": MOST_ALIKE + 1}
    query = queries.SAME_AUTHOR if by is Alike.AUTHOR else queries.MAYBE_ALIKE
    found = sorted(row["id"] for row in db.execute(query, asked))
    ids = found[:MOST_ALIKE]
    if by is Alike.TEXT:
        ids = list(_alike(db, given[1], ids))
    return _extent(db, ids, more=len(found) > MOST_ALIKE)


def _alike(db: sqlite3.Connection, text: str, case_ids: Iterable[int]) -> Iterable[int]:
    left = iter(case_ids)
    while some := list(islice(left, _TEXTS_AT_ONCE)):
        yield from (id_ for id_, other in _texts(db, some) if are_alike(text, other))


def _texts(db: sqlite3.Connection, case_ids: Iterable[int]) -> list[tuple[int, str]]:
    """Case id and the newest text of each."""
    found = db.execute(queries.NEWEST_TEXTS, {"cases": json.dumps(list(case_ids))})
    return [(row["case_id"], rows.message(row).text) for row in found]


def _extent(db: sqlite3.Connection, case_ids: list[int], *, more: bool) -> BulkExtent:
    row = db.execute(queries.EXTENT, {"cases": rows.to_ids(case_ids)}).fetchone()
    return BulkExtent(tuple(case_ids), row["messages"], row["channels"], row["authors"], more)


def _waiting(found: Iterable[sqlite3.Row]) -> Waiting:
    return Waiting({SEVERITIES[row["severity"]]: row["number"] for row in found})
