"""What a reader of exports hands on, record by record."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.case import Message
from bot.scan.errors import Place, Problem

DISCORD_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
"""Snowflakes count milliseconds from here, 22 bits up (Discord's reference, "Snowflakes")."""
MADE_UP_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""A time before `DISCORD_EPOCH` was made up by a reader."""
MAX_TEXT = 16_000
"""Characters. Discord allows 4,000 in a message and 6,000 in its embeds; what is longer is cut, and said so."""
ROW = 10**12
"""Made-up ids read as file and row: 1000000000512 is row 512 of the first file."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Skip(StrEnum):
    """Why a good record is not scanned."""

    BOT = "written by a bot"
    SYSTEM = "a notice by Discord"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: a message, or the reason why there is none."""

    place: Place
    message: Message | None = None
    skip: Skip | None = None
    problem: Problem | None = None
    """What was wrong; with a message, it was read all the same."""


class Lenient(BaseModel):
    """Somebody else's format: keys we do not know are ignored, numbers may stand for texts."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


def why_invalid(error: ValidationError) -> str:
    """The first error in one line, without the value: that is a member's."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] != "json_invalid":
        return f"`{where}`: {first['msg']}" if where else first["msg"]
    if "surrogate" in first["msg"] or "unicode" in first["msg"].lower():
        return "not valid UTF-8"
    return "not valid JSON"


def clean(text: str | None) -> str:
    """Text that can be stored: NUL bytes and lone surrogates become the replacement character."""
    return _UNSTORABLE.sub("\ufffd", text or "")


def made_up_id(file_number: int, row: int) -> int:
    """The same file and row always give the same id."""
    return file_number * ROW + row


def id_of(text: str | None, default: int) -> int:
    """A Discord id as it is, any other text as a stable number, nothing as the default."""
    if not text:
        return default
    if text.isdecimal() and text.isascii() and len(text) < 20 and 0 < int(text) < 2**63:
        return int(text)
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=7).digest()) + 1


def time_of(text: str | None, message_id: int, row: int) -> datetime:
    """When a message was written: as stated, else as its id says, else a made-up time in the file's order."""
    try:
        stated = datetime.fromisoformat(text) if text else None
    except ValueError:
        stated = None
    if stated is not None:
        return stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    milliseconds = message_id >> 22
    if message_id >= ROW * 1000 and milliseconds < 10**13:
        return DISCORD_EPOCH + timedelta(milliseconds=milliseconds)
    return MADE_UP_EPOCH + timedelta(seconds=row)


def cut_to_size(message: Message, place: Place) -> Entry:
    """The message, cut and noted if its text is longer than Discord allows."""
    if len(message.text) <= MAX_TEXT:
        return Entry(place, message)
    problem = Problem(place, f"{len(message.text)} characters long; only the first {MAX_TEXT} are scanned")
    short = message.model_copy(
        update={"content": message.text[:MAX_TEXT], "embeds": (), "attachments": ()},
    )
    return Entry(place, short, problem=problem)
