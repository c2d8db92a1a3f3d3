"""The JSON of messages, embeds and components, as Discord answers with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.discord_server.mentions import NOBODY

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel
    from tests.discord_server.messages import Attachment, Message, Poll

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, SECTION, TEXT_DISPLAY, CONTAINER, LABEL = 1, 2, 3, 4, 9, 10, 17, 18
ROLE_SELECT, CHANNEL_SELECT = 6, 8
SELECTS = frozenset({STRING_SELECT, 5, ROLE_SELECT, 7, CHANNEL_SELECT})


def message(shown: Message) -> dict[str, Any]:
    """The message object of the REST API."""
    mentions = shown.mentions
    edited = shown.edited_at
    payload: dict[str, Any] = {
        "id": str(shown.id),
        "channel_id": str(shown.channel.id),
        "type": shown.type,
        "content": shown.content,
        "author": shown.author.payload(),
        "timestamp": shown.created_at.isoformat(),
        "edited_timestamp": None if edited is None else edited.isoformat(),
        "tts": False,
        "mention_everyone": mentions.everyone,
        "mentions": [] if mentions is NOBODY else [user.payload() for user in mentions.users],
        "mention_roles": [] if mentions is NOBODY else [str(role.id) for role in mentions.roles],
        "attachments": [attachment(each, shown) for each in shown.attachments],
        "embeds": [embed(each) for each in shown.embeds],
        "components": shown.components,
        "pinned": shown.pinned,
        "flags": shown.flags,
    }
    return payload | _rare_parts(shown)


def _rare_parts(shown: Message) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "nonce": shown.nonce,
        "webhook_id": _id(shown.webhook_id),
        "application_id": _id(shown.application_id),
        "interaction_metadata": shown.interaction,
        "message_reference": shown.reference,
        "referenced_message": None if shown.referenced is None else message(shown.referenced),
        "message_snapshots": None if shown.forwarded is None else [snapshot(shown.forwarded)],
        "poll": None if shown.poll is None else poll(shown.poll, shown),
        "thread": None if shown.thread is None else shown.thread.payload(),
        "sticker_items": [sticker(index, name) for index, name in enumerate(shown.stickers)] or None,
    }
    return {key: value for key, value in parts.items() if value is not None}


def _id(snowflake: int | None) -> str | None:
    return None if snowflake is None else str(snowflake)


def attachment(shown: Attachment, of: Message) -> dict[str, Any]:
    """A file of a message."""
    return file(shown, of.channel)


def file(shown: Attachment, channel: Channel) -> dict[str, Any]:
    """A file; its address answers if somebody uploaded its bytes."""
    url = f"{channel.world.files_url}/{channel.id}/{shown.id}/{shown.filename}"
    payload = {"id": str(shown.id), "filename": shown.filename, "size": shown.size, "url": url, "proxy_url": url}
    optional = {"description": shown.description, "content_type": shown.content_type}
    return payload | {key: value for key, value in optional.items() if value is not None}


def embed(given: dict[str, Any]) -> dict[str, Any]:
    """An embed with what Discord fills in."""
    filled = {"type": "rich"} | {key: value for key, value in given.items() if key != "flags"}
    if "fields" in filled:
        filled["fields"] = [{"inline": False} | field for field in filled["fields"]]
    return filled


def snapshot(forwarded: Message) -> dict[str, Any]:
    """The copy inside a forward: content without an author."""
    payload = message(forwarded)
    keys = (
        "type",
        "content",
        "mentions",
        "mention_roles",
        "attachments",
        "embeds",
        "timestamp",
        "edited_timestamp",
    )
    extra = {key: payload[key] for key in ("sticker_items",) if key in payload}
    return {"message": {key: payload[key] for key in (*keys, "flags", "components")} | extra}


def sticker(index: int, name: str) -> dict[str, Any]:
    return {"id": str(749_054_660_769_218_631 + index), "name": name, "format_type": 1}


def poll(shown: Poll, of: Message) -> dict[str, Any]:
    """A poll without votes."""
    answers = [{"answer_id": index, "poll_media": {"text": text}} for index, text in enumerate(shown.answers, 1)]
    return {
        "question": {"text": shown.question},
        "answers": answers,
        "expiry": (of.created_at + timedelta(hours=shown.hours)).isoformat(),
        "allow_multiselect": False,
        "layout_type": 1,
        "results": {"answer_counts": [], "is_finalized": False},
    }


def components(given: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Components with ids and defaults filled in, depth first as Discord numbers them."""
    numbers = iter(range(1, 10_000))
    return [_component(each, numbers) for each in given]


_DEFAULTS: dict[int, dict[str, Any]] = {
    BUTTON: {"style": 2},
    STRING_SELECT: {"min_values": 1, "max_values": 1},
    5: {"min_values": 1, "max_values": 1},
    6: {"min_values": 1, "max_values": 1},
    7: {"min_values": 1, "max_values": 1},
    8: {"min_values": 1, "max_values": 1},
    14: {"spacing": 1, "divider": True},
    CONTAINER: {"spoiler": False, "accent_color": None},
}


def _component(given: dict[str, Any], numbers: Iterator[int]) -> dict[str, Any]:
    filled = {"id": next(numbers)} | _DEFAULTS.get(given["type"], {}) | given
    if "default_values" in given:  # ids may come as numbers
        filled["default_values"] = [each | {"id": str(each["id"])} for each in given["default_values"]]
    if "components" in given:
        filled["components"] = [_component(each, numbers) for each in given["components"]]
    for key in ("accessory", "component"):
        if given.get(key):
            filled[key] = _component(given[key], numbers)
    return filled


def flat(given: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All components, with those inside rows, sections, labels and containers."""
    for each in given:
        yield each
        yield from flat(each.get("components") or ())
        yield from flat(each[key] for key in ("accessory", "component") if each.get(key))


def component_words(given: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The texts that components show."""
    for each in flat(given):
        yield from (each[key] for key in ("content", "label", "placeholder") if each.get(key))


def embed_words(embeds: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The texts that embeds show: also what counts towards the total of 6,000."""
    for each in embeds:
        yield from (each[key] for key in ("title", "description") if each.get(key))
        for field in each.get("fields") or ():
            yield from (field.get("name") or "", field.get("value") or "")
        yield (each.get("footer") or {}).get("text") or ""
        yield (each.get("author") or {}).get("name") or ""
