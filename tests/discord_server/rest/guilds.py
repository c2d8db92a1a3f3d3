"""Guilds, their channels, roles and audit logs."""

from __future__ import annotations

from typing import Any

from tests.discord_server import errors
from tests.discord_server.channels import ChannelKind
from tests.discord_server.errors import Form, refuse
from tests.discord_server.journal import ActionKind
from tests.discord_server.permissions import Permission
from tests.discord_server.rest.call import Answer, Call, Routes

routes = Routes()


@routes.on("GET /guilds/{guild}")
def get_guild(call: Call) -> Any:
    guild = call.guild()
    counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": 0}
    return guild.payload() | (counts if call.flag("with_counts") else {})


@routes.on("GET /guilds/{guild}/channels")
def list_channels(call: Call) -> Any:
    """Channels without threads; those the bot cannot view too, as Discord does."""
    return [each.payload() for each in call.guild().channels if not each.is_thread]


@routes.on("POST /guilds/{guild}/channels")
def create_channel(call: Call) -> Any:
    guild = call.guild()
    call.require_in(guild, Permission.MANAGE_CHANNELS)
    form = Form()
    form.require("name", call.data.get("name"), 100)
    form.finish()
    channel = guild.add_channel(call.data["name"], ChannelKind(call.data.get("type") or 0))
    call.world.did(ActionKind.CHANNEL, channel.id, guild, call.reason)
    return Answer(201, channel.payload())


@routes.on("GET /guilds/{guild}/roles")
def list_roles(call: Call) -> Any:
    return [role.payload() for role in call.guild().roles.values()]


@routes.on("GET /guilds/{guild}/roles/{role}")
def get_role(call: Call) -> Any:
    role = call.guild().roles.get(call.id("role")) or refuse(errors.UNKNOWN_ROLE)
    return role.payload()


@routes.on("GET /guilds/{guild}/audit-logs")
def list_audit_log(call: Call) -> Any:
    guild = call.guild()
    call.require_in(guild, Permission.VIEW_AUDIT_LOG)
    limit = call.query_int("limit", 50, 1, 100)
    kind = call.query.get("action_type")
    entries = [each for each in reversed(call.world.journal.audit_log) if each.guild_id == guild.id]
    chosen = [each.payload() for each in entries if kind is None or int(kind) == each.event][:limit]
    empty = ("integrations", "webhooks", "guild_scheduled_events", "threads", "application_commands")
    users = [call.bot.payload()] if chosen else []
    return {"audit_log_entries": chosen, "users": users, "auto_moderation_rules": []} | {key: [] for key in empty}
