"""Channels and their permissions."""

from __future__ import annotations

from typing import Any

from tests.discord_server.journal import ActionKind
from tests.discord_server.permissions import Overwrite, Permission
from tests.discord_server.rest.call import Call, Routes

routes = Routes()


@routes.on("GET /channels/{channel}")
def get_channel(call: Call) -> Any:
    return call.channel().payload()


@routes.on("PATCH /channels/{channel}")
def edit_channel(call: Call) -> Any:
    channel = call.channel()
    if channel.thread is not None:
        return _edit_thread(call)
    call.require(channel, Permission.MANAGE_CHANNELS)
    if "name" in call.data:
        channel.name = call.data["name"]
    channel.announce("CHANNEL_UPDATE")
    return channel.payload()


def _edit_thread(call: Call) -> Any:
    thread = call.channel()
    own = thread.thread is not None and thread.thread.owner is call.bot
    if not own:
        call.require(thread, Permission.MANAGE_THREADS)
    if "name" in call.data:
        thread.name = call.data["name"]
    state = thread.thread
    if state is not None:
        thread.set_archived(call.data.get("archived", state.archived), locked=call.data.get("locked"))
    return thread.payload()


@routes.on("DELETE /channels/{channel}")
def delete_channel(call: Call) -> Any:
    channel = call.channel()
    call.require(channel, Permission.MANAGE_THREADS if channel.is_thread else Permission.MANAGE_CHANNELS)
    call.world.remove_channel(channel)
    call.world.did(ActionKind.CHANNEL, channel.id, channel, call.reason, deleted=True)
    return channel.payload()


@routes.on("PUT /channels/{channel}/permissions/{target}")
def set_overwrite(call: Call) -> Any:
    channel = call.channel(Permission.MANAGE_ROLES)
    allow, deny = (Permission(int(call.data.get(key) or 0)) for key in ("allow", "deny"))
    channel.set_overwrite(Overwrite(call.id("target"), call.data.get("type") == 1, allow, deny))


@routes.on("POST /channels/{channel}/typing")
def start_typing(call: Call) -> Any:
    call.channel(Permission.VIEW_CHANNEL)
