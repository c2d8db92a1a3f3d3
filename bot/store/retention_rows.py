"""What is kept about a member, what is due to be erased, and members' wishes. Every function runs inside a
transaction."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.case import Message
from bot.missing_words import UNREADABLE
from bot.records.retention import ERASED_AT_LATEST, Erased, ErasureRequest, Kept, KeptText, Source
from bot.store import erasure, rows
from bot.store import retention_queries as queries

MOST_TEXTS: Final = 2_000
"""Of each kind, for one member: a file that Discord takes."""

Who = Mapping[str, int]
"""The guild and the member, as the queries take them."""


def expired(db: sqlite3.Connection, guild_id: int, before: datetime, limit: int) -> list[int]:
    """Cases whose newest words are from before a moment."""
    return _ids(db, queries.EXPIRED, {"guild": guild_id, "before": rows.to_micros(before), "limit": limit})


def forgotten(db: sqlite3.Connection, guild_id: int, before: datetime, limit: int) -> list[int]:
    """Cases without words that were opened before a moment."""
    return _ids(db, queries.FORGOTTEN, {"guild": guild_id, "before": rows.to_micros(before), "limit": limit})


def kept(db: sqlite3.Connection, guild_id: int, member_id: int) -> Kept:
    """What is kept about a member."""
    who = {"guild": guild_id, "member": member_id}
    row = db.execute(queries.KEPT, who).fetchone()
    span = (rows.from_micros(row["oldest"]), rows.from_micros(row["newest"])) if row["cases"] else None
    return Kept(
        cases=row["cases"],
        waiting=row["waiting"],
        since=span,
        records=row["records"],
        context=db.execute(queries.COUNT_CONTEXT, who).fetchone()["number"],
        reports=db.execute(queries.COUNT_REPORTS, who).fetchone()["number"],
        request=request(db, who),
    )


def texts(db: sqlite3.Connection, guild_id: int, member_id: int) -> list[KeptText]:
    """Every text of a member that is kept."""
    who = {"guild": guild_id, "member": member_id, "limit": MOST_TEXTS}
    return [*_own(db, who), *_context(db, who), *_reports(db, who), *_appeals(db, who)]


def request(db: sqlite3.Connection, who: Who) -> ErasureRequest | None:
    """A member's wish, if there is one."""
    row = db.execute(queries.REQUEST, who).fetchone()
    return None if row is None else _request(row)


def ask(
    db: sqlite3.Connection, guild_id: int, member_id: int, language: str, now: datetime
) -> tuple[ErasureRequest, bool]:
    """Store a wish unless one stands."""
    who = {"guild": guild_id, "member": member_id}
    asked = db.execute(queries.ASK, {**who, "language": language, "now": rows.to_micros(now)}).rowcount == 1
    standing = request(db, who)
    assert standing is not None
    return standing, asked


def requests(db: sqlite3.Connection, limit: int) -> list[ErasureRequest]:
    """The oldest wishes that are not fulfilled."""
    return [_request(row) for row in db.execute(queries.REQUESTS, {"limit": limit})]


def carry_out(db: sqlite3.Connection, wish: ErasureRequest, limit: int, now: datetime) -> Erased:
    """Erase some of what a member wrote: up to `limit` cases of each kind."""
    due = _due(db, wish, limit, everything=_is_over(wish, now))
    erasure.erase(db, due.own, now)
    erasure.erase_context(db, wish.guild_id, wish.member_id, due.contexts)
    erasure.erase_reports(db, wish.member_id, due.reports)
    more = limit in (len(due.own), len(due.contexts), len(due.reports))
    return Erased(due.number, 0 if more else _left(db, wish), more)


def left_alone(db: sqlite3.Connection, wish: ErasureRequest, now: datetime) -> Erased | None:
    """How it stands when there is nothing to erase now; None if there is."""
    if _due(db, wish, 1, everything=_is_over(wish, now)).number:
        return None
    return Erased(waiting=_left(db, wish))


@dataclass(frozen=True, slots=True)
class _Due:
    """Ids of cases with words of a member."""

    own: list[int]
    contexts: list[int]
    reports: list[int]

    @property
    def number(self) -> int:
        return len(self.own) + len(self.contexts) + len(self.reports)


def _due(db: sqlite3.Connection, wish: ErasureRequest, limit: int, *, everything: bool) -> _Due:
    """What can be erased; with `everything`, what waits for somebody too."""
    what = {
        "guild": wish.guild_id,
        "member": wish.member_id,
        "asked_at": rows.to_micros(wish.asked_at),
        "all": everything,
        "limit": limit,
    }
    found = (_ids(db, query, what) for query in (queries.DUE_CASES, queries.DUE_CONTEXTS, queries.DUE_REPORTS))
    return _Due(*found)


def _is_over(wish: ErasureRequest, now: datetime) -> bool:
    return now >= wish.asked_at + ERASED_AT_LATEST


def _left(db: sqlite3.Connection, wish: ErasureRequest) -> int:
    """How many cases with words from before the wish still wait for somebody."""
    left = _due(db, wish, MOST_TEXTS, everything=True)
    return len({*left.own, *left.contexts, *left.reports})


def note_done(db: sqlite3.Connection, wish: ErasureRequest, now: datetime) -> ErasureRequest | None:
    """Note that a wish is fulfilled."""
    who = {"guild": wish.guild_id, "member": wish.member_id}
    db.execute(queries.NOTE_DONE, {**who, "now": rows.to_micros(now)})
    return request(db, who)


def forget_request(db: sqlite3.Connection, wish: ErasureRequest) -> None:
    """Forget a wish that is fulfilled."""
    db.execute(queries.FORGET_REQUEST, {"guild": wish.guild_id, "member": wish.member_id})


def _own(db: sqlite3.Connection, who: Who) -> Iterator[KeptText]:
    ids = rows.to_ids(_ids(db, queries.OWN_CASES, who))
    for row in db.execute(queries.OWN_TEXTS, {"cases": ids}):
        yield _text_of(row, Source.MESSAGE, rows.message(row), unreadable=rows.is_unreadable(row["message"]))
        current = rows.current_message(row) if row["number"] == 1 else None
        if current is not None:
            yield _text_of(row, Source.EDIT, current, unreadable=rows.is_unreadable(row["current_message"]))


def _text_of(row: sqlite3.Row, source: Source, message: Message, *, unreadable: bool) -> KeptText:
    return KeptText(
        source=source,
        case_id=row["case_id"],
        message_id=message.id,
        channel_id=message.channel_id,
        written_at=message.edited_at or message.created_at,
        kept_since=rows.from_micros(row["words_since"]),
        content=UNREADABLE if unreadable else message.content,
        attachments=message.attachments,
        embeds=message.embeds,
    )


def _context(db: sqlite3.Connection, who: Who) -> Iterator[KeptText]:
    ids = [row["case_id"] for row in db.execute(queries.CONTEXT_CASES, who)]
    for row in db.execute(queries.CONTEXTS, {"cases": rows.to_ids(ids)}):
        for said in rows.earlier(row):
            if said.author_id == who["member"]:
                since = rows.from_micros(row["words_since"])
                yield KeptText(Source.CONTEXT, row["case_id"], said.message_id, None, None, since, said.text)


def _reports(db: sqlite3.Connection, who: Who) -> Iterator[KeptText]:
    for row in db.execute(queries.OWN_REPORTS, who):
        yield _words(row, Source.REPORT, row["reason"])


def _appeals(db: sqlite3.Connection, who: Who) -> Iterator[KeptText]:
    for row in db.execute(queries.OWN_APPEALS, who):
        yield _words(row, Source.APPEAL, row["text"])


def _words(row: sqlite3.Row, source: Source, text: str) -> KeptText:
    made_at = rows.from_micros(row["made_at"])
    since = rows.optional_moment(row["words_since"]) or made_at
    return KeptText(source, row["case_id"], row["message_id"], None, made_at, since, text)


def _request(row: sqlite3.Row) -> ErasureRequest:
    return ErasureRequest(
        guild_id=row["guild_id"],
        member_id=row["member_id"],
        asked_at=rows.from_micros(row["asked_at"]),
        language=row["language"],
        done_at=rows.optional_moment(row["done_at"]),
        silent=bool(row["silent"]),
    )


def _ids(db: sqlite3.Connection, query: str, values: Mapping[str, int]) -> list[int]:
    return [row["id"] for row in db.execute(query, values)]
