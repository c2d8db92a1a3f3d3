"""Rows of the database and the values they stand for.

Words of people are sealed in the file, and it is SQL that does it, so that no row function needs a key:

    INSERT INTO case_event (case_id, text) VALUES (:case, sealed('case_event.text', :text))
    f"SELECT id, {opened('case_event.text')} FROM case_event"     # of `sealed_columns.py`

The first argument is always `table.column`, written out. Values are made with `to_json` and `to_text` as ever, and
read as ever. NULL and the empty text stay what they are: an erased text is the empty one, in any sealed column, of
any table with a column `case_id`. A digest of a text is stored and compared as `masked(:digest)`.
"""

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from bot.case import Action, AuthorRecord, CardPlace, Claim, Decision, Earlier, Finding, Holder, JobState, Message
from bot.missing_words import UNREADABLE
from bot.store.errors import UnusableDatabase
from inference.prefilter.suspicion import Suspicion
from policies.policy import Policy
from policies.verdict import Verdict

M = TypeVar("M", bound=BaseModel)
V = TypeVar("V")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EARLIER: Final = TypeAdapter(tuple[Earlier, ...])


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, UTC; exact."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + micros * _MICROSECOND


def optional_moment(micros: int | None) -> datetime | None:
    """The moment, if there is one."""
    return None if micros is None else from_micros(micros)


def duration_to_micros(duration: timedelta) -> int:
    """Microseconds; exact."""
    return duration // _MICROSECOND


def to_ids(ids: Iterable[int]) -> str:
    """A set of ids, as the queries take it."""
    return json.dumps(list(ids))


def to_json(value: BaseModel) -> str:
    """A value as JSON. Half a surrogate pair, which JSON cannot carry, becomes U+FFFD."""
    try:
        return value.model_dump_json()
    except PydanticSerializationError:
        return type(value).model_validate(_mended(value.model_dump())).model_dump_json()


def earlier_to_json(earlier: Iterable[Earlier]) -> str:
    """The messages before the judged one as a JSON array."""
    return f"[{','.join(map(to_json, earlier))}]"


def to_text(text: str) -> str:
    """A text that SQLite can store."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else type(value)(to_text(value))
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(map(_mended, value))
    return value


def claim(row: sqlite3.Row) -> Claim:
    """A row of `queries.CLAIMS`."""
    return Claim(
        job_id=row["id"],
        case_id=row["case_id"],
        revision=row["revision"],
        token=row["token"],
        leased_until=from_micros(row["leased_until"]),
        attempt=row["attempts"],
        policy=_policy(row["policy"]),
        suspicion=suspicion(row),
        message=message(row),
        earlier=earlier(row),
    )


def finding(row: sqlite3.Row) -> Finding:
    """A row of `queries.FINDINGS`."""
    return Finding(
        job_id=row["id"],
        revision=row["revision"],
        state=JobState(row["state"]),
        policy=_policy(row["policy"]),
        suspicion=suspicion(row),
        verdict=verdict(row),
    )


_STAND_IN: Final = '{"unreadable":true,'


def is_unreadable(document: str | None) -> bool:
    """Whether a document stands in for one that is damaged: see `sealed_columns.py`."""
    return document is not None and document.startswith(_STAND_IN)


def suspicion(row: sqlite3.Row) -> Suspicion:
    """Why a job was made."""
    return _read(Suspicion, row["suspicion"])


def verdict(row: sqlite3.Row) -> Verdict | None:
    """What the judge said of a job, if it was judged."""
    if row["verdict"] is None:
        return None
    said = _read(Verdict, row["verdict"])
    return said.model_copy(update={"rationale": UNREADABLE}) if is_unreadable(row["verdict"]) else said


def decision(row: sqlite3.Row) -> Decision:
    """A row of `queries.DECISIONS`."""
    return Decision(
        case_id=row["case_id"],
        action=Action(row["action"]),
        moderator_id=row["moderator_id"],
        decided_at=from_micros(row["decided_at"]),
        timeout=None if row["timeout"] is None else row["timeout"] * _MICROSECOND,
        also_delete=bool(row["also_delete"]),
        delete_history=row["delete_history"] * _MICROSECOND,
        reason=row["reason"],
    )


def message(row: sqlite3.Row) -> Message:
    """The revision's message."""
    return _read(Message, row["message"])


def current_message(row: sqlite3.Row) -> Message | None:
    """What the case's message says now, if that was noted."""
    return None if row["current_message"] is None else _read(Message, row["current_message"])


def card(row: sqlite3.Row) -> CardPlace | None:
    """Where the case's card hangs, in a row of `queries.CASES`."""
    if row["card_channel_id"] is None:
        return None
    return CardPlace(
        channel_id=row["card_channel_id"],
        begun_at=from_micros(row["card_begun_at"]),
        message_id=row["card_message_id"],
    )


def holder(moderator_id: int | None, since: int | None) -> Holder | None:
    """Who has taken a case on, or asked for help with it; None if nobody has."""
    return None if moderator_id is None or since is None else Holder(moderator_id, from_micros(since))


def author_record(row: sqlite3.Row) -> AuthorRecord:
    """A row of `queries.AUTHOR_RECORDS`."""
    return AuthorRecord(
        cases=row["cases"],
        acted_on=row["acted_on"],
        dismissed=row["dismissed"],
        taken_back=row["taken_back"],
    )


def earlier(row: sqlite3.Row) -> tuple[Earlier, ...]:
    """The messages that came before the revision."""
    try:
        return _EARLIER.validate_json(row["earlier"])
    except ValidationError as error:
        raise _unreadable("Earlier", error) from None


@lru_cache(maxsize=256)
def _policy(document: str) -> Policy:
    """Jobs of one version share one object: a flood of them costs one parse and one policy's memory."""
    return _read(Policy, document)


def _read(model: type[M], document: str) -> M:
    try:
        whole = "{" + document.removeprefix(_STAND_IN) if is_unreadable(document) else document
        return model.model_validate_json(whole, strict=False)  # strictness was for whoever made the value
    except ValidationError as error:
        raise _unreadable(model.__name__, error) from None


def _unreadable(what: str, error: ValidationError) -> UnusableDatabase:
    """Tells the kind of damage only, and is not chained: pydantic's message quotes a member's text."""
    kinds = ", ".join(sorted({problem["type"] for problem in error.errors(include_input=False)}))
    return UnusableDatabase(
        f"The database holds a {what} that this version cannot read ({kinds}). Put back a backup, or report this."
    )
