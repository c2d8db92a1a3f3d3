"""JSON Lines: one object per line with at least `text` or `content`."""

from typing import Any

from pydantic import ValidationError, model_validator

from bot.case import Message
from bot.scan.entry import Entry, Lenient, clean, cut_to_size, id_of, made_up_id, time_of, why_invalid
from bot.scan.errors import Place, Problem

GUILD = 1
"""Lines name no server."""


class Line(Lenient):
    """What a line may say. Everything but the text may be missing."""

    text: str
    id: str | None = None
    author: str | None = None
    channel: str | None = None
    timestamp: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _content_is_text(cls, line: Any) -> Any:
        if isinstance(line, dict) and "text" not in line and "content" in line:
            return {**line, "text": line["content"]}
        return line


def read_line(raw: bytes, file_number: int, place: Place) -> Entry:
    """One line as a message, or why it is none."""
    try:
        line = Line.model_validate_json(raw)
    except ValidationError as error:
        return Entry(place, problem=Problem(place, _why(error)))
    return cut_to_size(_message(line, file_number, place), place)


def _why(error: ValidationError) -> str:
    first = error.errors(include_input=False)[0]
    if first["type"] == "missing":
        return "has neither `text` nor `content`"
    if first["type"] == "model_type":
        return "not an object"
    return why_invalid(error)


def _message(line: Line, file_number: int, place: Place) -> Message:
    row_id = made_up_id(file_number, place.record)
    message_id = id_of(line.id, row_id)
    return Message(
        id=message_id,
        guild_id=GUILD,
        channel_id=id_of(line.channel, made_up_id(file_number, 0)),
        channel_name=clean(line.channel) or place.file.name,
        author_id=id_of(line.author, row_id),
        author_name=clean(line.author),
        created_at=time_of(line.timestamp, message_id, place.record),
        content=clean(line.text),
    )
