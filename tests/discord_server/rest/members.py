"""Members: read, time out, kick, roles; with the hierarchy of roles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.discord_server import errors
from tests.discord_server.errors import invalid, refuse
from tests.discord_server.events import Intent
from tests.discord_server.guild import Guild
from tests.discord_server.journal import ActionKind, AuditEvent
from tests.discord_server.people import Member
from tests.discord_server.permissions import Permission
from tests.discord_server.rest.call import Call, Routes

routes = Routes()
LONGEST_TIMEOUT = timedelta(days=28)
MEMBER = "/guilds/{guild}/members/{user}"
_NEEDED = {
    "nick": Permission.MANAGE_NICKNAMES,
    "roles": Permission.MANAGE_ROLES,
    "communication_disabled_until": Permission.MODERATE_MEMBERS,
}


@routes.on(f"GET {MEMBER}")
def get_member(call: Call) -> Any:
    return call.member(call.guild()).payload()


@routes.on("GET /guilds/{guild}/members")
def list_members(call: Call) -> Any:
    """Takes the members intent in the portal."""
    guild = call.guild()
    if not call.world.application.privileged & Intent.GUILD_MEMBERS:
        refuse(errors.MISSING_ACCESS)
    limit, after = call.query_int("limit", 1, 1, 1000), call.query_id("after") or 0
    ids = sorted(each for each in guild.members if each > after)[:limit]
    return [guild.members[each].payload() for each in ids]


@routes.on("GET /users/@me/guilds/{guild}/member")
def get_my_member(call: Call) -> Any:
    return call.bot_in(call.guild()).payload()


@routes.on(f"PATCH {MEMBER}")
def edit_member(call: Call) -> Any:
    guild = call.guild()
    member = call.member(guild)
    for key in call.data.keys() & _NEEDED.keys():
        act_on(call, guild, member, _NEEDED[key])
    if "communication_disabled_until" in call.data:
        _time_out(call, guild, member, call.data["communication_disabled_until"])
    if "nick" in call.data:
        member.nick = call.data["nick"] or None
    member.announce_update()
    return member.payload()


def act_on(call: Call, guild: Guild, target: Member, needs: Permission) -> None:
    """The bot has the permission and stands above the target; nobody acts on the owner."""
    bot = call.require_in(guild, needs)
    if target is not bot and not bot.outranks(target):
        refuse(errors.MISSING_PERMISSIONS)


def _time_out(call: Call, guild: Guild, member: Member, given: object) -> None:
    """Administrators cannot be timed out; 28 days is the longest."""
    if given is not None and member.can(Permission.ADMINISTRATOR):
        refuse(errors.MISSING_PERMISSIONS)
    until = None if given is None else _time(given)
    if until is not None and until > call.world.clock.now() + LONGEST_TIMEOUT:
        message = "Timeout cannot be longer than 28 days."
        invalid("communication_disabled_until", "INVALID_COMMUNICATION_DISABLED_TIMESTAMP", message)
    member.timed_out_until = until
    kind = ActionKind.TIMEOUT_END if until is None else ActionKind.TIMEOUT
    call.world.did(kind, member.id, guild, call.reason, until=until)
    call.world.audit(guild, AuditEvent.MEMBER_UPDATE, member.id, call.reason)


def _time(given: object) -> datetime:
    try:
        time = datetime.fromisoformat(str(given))
    except ValueError:
        invalid("communication_disabled_until", "DATE_TIME_TYPE_PARSE", f"Could not parse {given}.")
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@routes.on(f"DELETE {MEMBER}")
def kick(call: Call) -> Any:
    guild = call.guild()
    member = call.member(guild)
    act_on(call, guild, member, Permission.KICK_MEMBERS)
    guild.remove_member(member)
    call.world.did(ActionKind.KICK, member.id, guild, call.reason)
    call.world.audit(guild, AuditEvent.MEMBER_KICK, member.id, call.reason)


def _change_role(call: Call, *, give: bool) -> None:
    guild = call.guild()
    member = call.member(guild)
    role = guild.roles.get(call.id("role")) or refuse(errors.UNKNOWN_ROLE)
    bot = call.require_in(guild, Permission.MANAGE_ROLES)
    if not bot.is_owner and role.position >= bot.top_position:
        refuse(errors.MISSING_PERMISSIONS)
    kept = [each for each in member.roles if each is not role]
    member.roles = [*kept, role] if give else kept
    member.announce_update()
    call.world.did(ActionKind.MEMBER_UPDATE, member.id, guild, call.reason, role=role.id, given=give)
    call.world.audit(guild, AuditEvent.MEMBER_ROLE_UPDATE, member.id, call.reason)


@routes.on(f"PUT {MEMBER}/roles/{{role}}")
def give_role(call: Call) -> Any:
    _change_role(call, give=True)


@routes.on(f"DELETE {MEMBER}/roles/{{role}}")
def take_role(call: Call) -> Any:
    _change_role(call, give=False)
