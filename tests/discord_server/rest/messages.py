"""Messages: read, write, edit, delete."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.discord_server import errors, message_rules, rendering
from tests.discord_server.channels import SILENT, Channel, reference_to, reply
from tests.discord_server.clock import created_at
from tests.discord_server.errors import refuse
from tests.discord_server.events import Intent, blanked, may_read_without_intent
from tests.discord_server.journal import ActionKind, AuditEvent
from tests.discord_server.mentions import AllowedMentions
from tests.discord_server.messages import BULK_DELETE_AGE, SUPPRESS_EMBEDS, Attachment, Message, Poll
from tests.discord_server.permissions import Permission
from tests.discord_server.rest.call import Call, Routes, snowflake

routes = Routes()
MESSAGES = "/channels/{channel}/messages"
NONCE_LIFE = timedelta(minutes=5)
SETTABLE_FLAGS = SUPPRESS_EMBEDS | 1 << 12 | 1 << 15


def shown_to_bot(call: Call, message: Message) -> dict[str, Any]:
    """The message; without content where Message Content is switched off for the application."""
    payload = message.payload()
    if call.world.application.privileged & Intent.MESSAGE_CONTENT:
        return payload
    return payload if may_read_without_intent(message, call.bot.id) else blanked(payload)


@routes.on(f"GET {MESSAGES}")
def list_messages(call: Call) -> Any:
    channel = call.channel()
    places = {name: call.query_id(name) for name in ("before", "after", "around")}
    limit = call.query_int("limit", 50, 1, 100)
    if channel.guild is not None and not call.bot_in(channel.guild).can(Permission.READ_MESSAGE_HISTORY, channel):
        return []
    return [shown_to_bot(call, message) for message in channel.log.page(limit, **places)]


@routes.on(f"GET {MESSAGES}/{{message}}")
def get_message(call: Call) -> Any:
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    return shown_to_bot(call, call.message(channel))


@routes.on(f"POST {MESSAGES}")
def create_message(call: Call) -> Any:
    channel = call.channel()
    message_rules.check(call.data, files=len(call.files))
    require_writing(call, channel)
    known = _with_nonce(call, channel)
    if known is not None:
        return known.payload()
    message = compose(call, channel, call.data)
    channel.add(message, AllowedMentions.read(call.data.get("allowed_mentions")))
    call.world.did(ActionKind.POST, message.id, channel)
    return message.payload()


def require_writing(call: Call, channel: Channel) -> None:
    """What writing this body in this channel takes."""
    if channel.recipient is not None and not channel.recipient.accepts_dms:
        refuse(errors.CANNOT_DM)
    if channel.kind in SILENT:
        refuse(errors.NOT_A_TEXT_CHANNEL)
    if channel.thread is not None and channel.thread.archived and channel.thread.locked:
        refuse(errors.THREAD_ARCHIVED)
    needed = channel.sending
    needed |= Permission.EMBED_LINKS if call.data.get("embeds") else needed
    needed |= Permission.ATTACH_FILES if call.files else needed
    call.require(channel, needed)


def _with_nonce(call: Call, channel: Channel) -> Message | None:
    """The message that was sent with this nonce in the last minutes, if the nonce is enforced."""
    nonce = call.data.get("nonce")
    if nonce is None or not call.data.get("enforce_nonce"):
        return None
    since = call.world.clock.now() - NONCE_LIFE
    for message in reversed(channel.messages):
        if message.created_at < since:
            return None
        if message.author is call.bot and str(message.nonce) == str(nonce):
            return message
    return None


def compose(call: Call, channel: Channel, data: dict[str, Any]) -> Message:
    """The bot's message out of a request body."""
    message = Message(
        id=call.world.snowflakes.mint(),
        channel=channel,
        author=call.bot,
        content=data.get("content") or "",
        embeds=list(data.get("embeds") or ()),
        components=rendering.components(data.get("components") or ()),
        attachments=_attachments(call, data),
        poll=_poll(data.get("poll")),
        flags=int(data.get("flags") or 0) & SETTABLE_FLAGS,
        nonce=data.get("nonce"),
    )
    if data.get("message_reference"):
        _refer(call, message, data["message_reference"])
    return message


def _attachments(call: Call, data: dict[str, Any]) -> list[Attachment]:
    """Uploaded files; their descriptions are in the body, matched by their index."""
    described = {str(each.get("id")): each.get("description") for each in data.get("attachments") or ()}
    mint = call.world.snowflakes.mint
    return [
        Attachment(
            mint(),
            each.filename,
            each.size,
            described.get(each.field.removeprefix("files[").rstrip("]")),
            content=each.content,
        )
        for each in call.files
    ]


def _poll(given: dict[str, Any] | None) -> Poll | None:
    if given is None:
        return None
    answers = tuple(each["poll_media"]["text"] for each in given["answers"])
    return Poll(given["question"]["text"], answers, given.get("duration") or 24)


def _refer(call: Call, message: Message, reference: dict[str, Any]) -> None:
    """A reply or a forward. A reply to nothing is refused, unless the request says to go on."""
    target = call.world.find_message(snowflake("message_id", reference.get("message_id")))
    if target is None:
        if reference.get("fail_if_not_exists", True):
            errors.invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return
    if reference.get("type") == 1:
        message.forwarded, message.reference = target, reference_to(target, kind=1)
        return
    guild = message.channel.guild
    if guild is not None and not call.bot_in(guild).can(Permission.READ_MESSAGE_HISTORY, message.channel):
        refuse(errors.REPLY_NEEDS_HISTORY)
    reply(message, target)


@routes.on(f"PATCH {MESSAGES}/{{message}}")
def edit_message(call: Call) -> Any:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.bot:
        return _suppress_embeds(call, channel, message)
    message_rules.check(call.data, edit=True)
    if call.data.get("embeds"):
        call.require(channel, Permission.EMBED_LINKS)
    _require_open(channel)
    change(call, message, call.data)
    call.world.did(ActionKind.EDIT, message.id, channel)
    return message.payload()


def _suppress_embeds(call: Call, channel: Channel, message: Message) -> Any:
    """Others' messages can only have their embeds hidden."""
    if set(call.data) - {"flags"}:
        refuse(errors.ONLY_OWN_MESSAGES)
    call.require(channel, Permission.MANAGE_MESSAGES)
    message.flags = (message.flags & ~SUPPRESS_EMBEDS) | (int(call.data["flags"]) & SUPPRESS_EMBEDS)
    message.announce_update()
    return shown_to_bot(call, message)


def change(call: Call, message: Message, data: dict[str, Any]) -> None:
    """Edit a message of the bot: a field that is given replaces, null empties it."""
    changed: dict[str, Any] = {}
    if "content" in data:
        changed["content"] = data["content"] or ""
    if "embeds" in data:
        changed["embeds"] = list(data["embeds"] or ())
    if "components" in data:
        changed["components"] = rendering.components(data["components"] or ())
    if "attachments" in data or call.files:
        kept = {int(each["id"]) for each in data.get("attachments") or () if len(str(each["id"])) > 2}
        changed["attachments"] = [each for each in message.attachments if each.id in kept] + _attachments(
            call, data
        )
    message.revise(**changed)


def _require_open(channel: Channel) -> None:
    if channel.thread is not None and channel.thread.archived:
        refuse(errors.THREAD_ARCHIVED)


@routes.on(f"DELETE {MESSAGES}/{{message}}")
def delete_message(call: Call) -> Any:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.bot:
        call.require(channel, Permission.MANAGE_MESSAGES)
    if message.is_notice and message.type not in {6, 7, 18}:
        refuse(errors.SYSTEM_MESSAGE)
    _require_open(channel)
    channel.remove(message)
    call.world.did(ActionKind.DELETE, message.id, channel, call.reason)
    if channel.guild is not None and message.author is not call.bot:
        options = {"channel_id": str(channel.id), "count": "1"}
        call.world.audit(channel.guild, AuditEvent.MESSAGE_DELETE, message.author.id, call.reason, options)


@routes.on(f"POST {MESSAGES}/bulk-delete")
def bulk_delete(call: Call) -> Any:
    channel = call.channel(Permission.MANAGE_MESSAGES)
    if channel.guild is None:
        refuse(errors.WRONG_CHANNEL_TYPE)
    ids = [snowflake("messages", each) for each in call.data.get("messages") or ()]
    if not 2 <= len(ids) <= 100:
        refuse(errors.BULK_DELETE_COUNT)
    oldest = call.world.clock.now() - BULK_DELETE_AGE
    if any(created_at(each) < oldest for each in ids):
        refuse(errors.TOO_OLD_FOR_BULK_DELETE)
    channel.remove_many(ids)
    for each in ids:
        call.world.did(ActionKind.BULK_DELETE, each, channel, call.reason)
    options = {"count": str(len(ids))}
    call.world.audit(channel.guild, AuditEvent.MESSAGE_BULK_DELETE, channel.id, call.reason, options)


@routes.on(f"PUT {MESSAGES}/pins/{{message}}")
def pin_message(call: Call) -> Any:
    channel = call.channel()
    bot = None if channel.guild is None else call.bot_in(channel.guild)
    if bot is not None and not (
        bot.can(Permission.PIN_MESSAGES, channel) or bot.can(Permission.MANAGE_MESSAGES, channel)
    ):
        refuse(errors.MISSING_PERMISSIONS)
    message = call.message(channel)
    message.pinned = True
    message.announce_update()


@routes.on(f"PUT {MESSAGES}/{{message}}/reactions/{{emoji}}/@me")
def add_reaction(call: Call) -> Any:
    call.message(call.channel(Permission.READ_MESSAGE_HISTORY | Permission.ADD_REACTIONS))
