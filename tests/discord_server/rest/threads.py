"""Threads and forum posts."""

from __future__ import annotations

from typing import Any

from tests.discord_server import errors, message_rules
from tests.discord_server.channels import Channel, ChannelKind
from tests.discord_server.errors import Form, refuse
from tests.discord_server.journal import ActionKind
from tests.discord_server.mentions import AllowedMentions
from tests.discord_server.permissions import Permission
from tests.discord_server.rest import messages
from tests.discord_server.rest.call import Answer, Call, Routes

routes = Routes()


def _check_name(call: Call) -> str:
    form = Form()
    form.require("name", call.data.get("name"), 100)
    form.finish()
    return str(call.data["name"])


@routes.on("POST /channels/{channel}/messages/{message}/threads")
def start_on_message(call: Call) -> Any:
    channel = call.channel(Permission.CREATE_PUBLIC_THREADS | Permission.READ_MESSAGE_HISTORY)
    message = call.message(channel)
    if message.thread is not None:
        refuse(errors.THREAD_EXISTS)
    thread = channel.open_thread(call.bot, _check_name(call), ChannelKind.PUBLIC_THREAD, on=message)
    call.world.did(ActionKind.THREAD, thread.id, channel, call.reason)
    return Answer(201, thread.payload())


@routes.on("POST /channels/{channel}/threads")
def start(call: Call) -> Any:
    channel = call.channel()
    if channel.kind is ChannelKind.FORUM:
        return _post(call, channel)
    if channel.kind not in {ChannelKind.TEXT, ChannelKind.ANNOUNCEMENT}:
        refuse(errors.WRONG_CHANNEL_TYPE)
    private = call.data.get("type", ChannelKind.PRIVATE_THREAD) == ChannelKind.PRIVATE_THREAD
    call.require(channel, Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS)
    kind = ChannelKind.PRIVATE_THREAD if private else ChannelKind.PUBLIC_THREAD
    thread = channel.open_thread(call.bot, _check_name(call), kind)
    call.world.did(ActionKind.THREAD, thread.id, channel, call.reason)
    return Answer(201, thread.payload())


def _post(call: Call, forum: Channel) -> Any:
    """A forum post: the first message has the thread's id."""
    call.require(forum, Permission.SEND_MESSAGES)
    data = call.data.get("message") or {}
    message_rules.check(data, files=len(call.files))
    thread = forum.open_thread(call.bot, _check_name(call), ChannelKind.PUBLIC_THREAD)
    message = messages.compose(call, thread, data)
    message.id = thread.id
    thread.add(message, AllowedMentions.read(data.get("allowed_mentions")))
    call.world.did(ActionKind.THREAD, thread.id, forum, call.reason)
    return Answer(201, thread.payload() | {"message": message.payload()})


@routes.on("GET /guilds/{guild}/threads/active")
def list_active(call: Call) -> Any:
    threads = call.guild().visible_threads()
    return {"threads": [each.payload() for each in threads], "members": [], "has_more": False}


@routes.on("GET /channels/{channel}/threads/archived/public")
def list_archived_public(call: Call) -> Any:
    return _archived(call, ChannelKind.PUBLIC_THREAD)


@routes.on("GET /channels/{channel}/threads/archived/private")
def list_archived_private(call: Call) -> Any:
    call.require(call.channel(), Permission.MANAGE_THREADS)
    return _archived(call, ChannelKind.PRIVATE_THREAD)


def _archived(call: Call, kind: ChannelKind) -> Any:
    """Newest archived first; `before` is a time."""
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    limit = call.query_int("limit", 50, 2, 100)
    threads = [each for each in call.world.channels.values() if each.parent is channel and each.kind is kind]
    archived = [(state.archived_at, each) for each in threads if (state := each.thread) and state.archived]
    ordered = sorted(
        ((at.isoformat(), each) for at, each in archived if at), key=lambda pair: pair[0], reverse=True
    )
    before = call.query.get("before")
    fitting = [each for at, each in ordered if before is None or at < before]
    shown = [each.payload() for each in fitting[:limit]]
    return {"threads": shown, "members": [], "has_more": len(fitting) > limit}


@routes.on("PUT /channels/{channel}/thread-members/@me")
def join(call: Call) -> Any:
    thread = call.channel()
    if thread.thread is None:
        refuse(errors.WRONG_CHANNEL_TYPE)
    thread.thread.members.add(call.bot.id)


@routes.on("DELETE /channels/{channel}/thread-members/@me")
def leave(call: Call) -> Any:
    thread = call.channel()
    if thread.thread is None:
        refuse(errors.WRONG_CHANNEL_TYPE)
    thread.thread.members.discard(call.bot.id)
