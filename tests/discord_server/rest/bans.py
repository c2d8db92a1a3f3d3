"""Bans."""

from __future__ import annotations

from typing import Any

from tests.discord_server import errors
from tests.discord_server.clock import created_at
from tests.discord_server.errors import invalid, refuse
from tests.discord_server.guild import Guild
from tests.discord_server.journal import ActionKind, AuditEvent
from tests.discord_server.permissions import Permission
from tests.discord_server.rest.call import Call, Routes
from tests.discord_server.rest.members import act_on

routes = Routes()
BAN = "/guilds/{guild}/bans/{user}"
LONGEST_DELETION_SECONDS = 604_800


@routes.on("GET /guilds/{guild}/bans")
def list_bans(call: Call) -> Any:
    guild = call.guild()
    call.require_in(guild, Permission.BAN_MEMBERS)
    return [_payload(call, guild, each) for each in guild.bans]


@routes.on(f"GET {BAN}")
def get_ban(call: Call) -> Any:
    guild = call.guild()
    call.require_in(guild, Permission.BAN_MEMBERS)
    if call.id("user") not in guild.bans:
        refuse(errors.UNKNOWN_BAN)
    return _payload(call, guild, call.id("user"))


def _payload(call: Call, guild: Guild, user_id: int) -> dict[str, Any]:
    return {"user": call.world.users[user_id].payload(), "reason": guild.bans[user_id]}


@routes.on(f"PUT {BAN}")
def ban(call: Call) -> Any:
    guild = call.guild()
    user = call.world.users.get(call.id("user")) or refuse(errors.UNKNOWN_USER)
    call.require_in(guild, Permission.BAN_MEMBERS)
    seconds = int((call.body or {}).get("delete_message_seconds") or 0)
    if not 0 <= seconds <= LONGEST_DELETION_SECONDS:
        invalid("delete_message_seconds", "NUMBER_TYPE_MAX", "int value should be less than or equal to 604800.")
    member = guild.members.get(user.id)
    if member is not None:
        act_on(call, guild, member, Permission.BAN_MEMBERS)
        guild.remove_member(member)
    guild.bans[user.id] = call.reason
    _delete_recent(call, guild, user.id, seconds)
    guild.announce("GUILD_BAN_ADD", {"user": user.payload()})
    call.world.did(ActionKind.BAN, user.id, guild, call.reason, delete_message_seconds=seconds)
    call.world.audit(guild, AuditEvent.MEMBER_BAN_ADD, user.id, call.reason)


def _delete_recent(call: Call, guild: Guild, user_id: int, seconds: int) -> None:
    since = call.world.clock.now().timestamp() - seconds
    for channel in guild.channels:
        theirs = [each.id for each in channel.messages if each.author.id == user_id]
        channel.remove_many(each for each in theirs if created_at(each).timestamp() >= since)


@routes.on(f"DELETE {BAN}")
def unban(call: Call) -> Any:
    guild = call.guild()
    call.require_in(guild, Permission.BAN_MEMBERS)
    if guild.bans.pop(call.id("user"), "absent") == "absent":
        refuse(errors.UNKNOWN_BAN)
    guild.announce("GUILD_BAN_REMOVE", {"user": call.world.users[call.id("user")].payload()})
    call.world.did(ActionKind.UNBAN, call.id("user"), guild, call.reason)
    call.world.audit(guild, AuditEvent.MEMBER_BAN_REMOVE, call.id("user"), call.reason)
