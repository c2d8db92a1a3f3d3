"""Who may look at a case and who may act on it. Pure: facts in, the reason of a refusal out.

Every refusal is a sentence for a moderator on a phone: what is in the way, and what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.case import Action, CaseFile
from bot.guilds.settings import GuildSettings


class Permission(StrEnum):
    """The permissions of Discord that decide here, by the names that Discord's settings show."""

    MANAGE_MESSAGES = "Manage Messages"
    MODERATE_MEMBERS = "Timeout Members"
    KICK_MEMBERS = "Kick Members"
    BAN_MEMBERS = "Ban Members"
    MANAGE_GUILD = "Manage Server"
    ADMINISTRATOR = "Administrator"


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the guild, or the bot itself, at the moment of a click."""

    id: int
    permissions: frozenset[Permission]
    """In effect in the message's channel."""
    role_ids: frozenset[int]
    top_role: int
    """The position of the highest role; 0 for a member who has none."""
    is_owner: bool = False
    is_timed_out: bool = False

    def may(self, permission: Permission) -> bool:
        """Whether the permission is there: given, or through being the owner or an administrator."""
        return self.is_owner or not self.permissions.isdisjoint({permission, Permission.ADMINISTRATOR})

    def is_above(self, other: "Person") -> bool:
        """Discord's hierarchy: the owner above all, then the position of the highest role."""
        return not other.is_owner and (self.is_owner or self.top_role > other.top_role)


NEEDED: Final[Mapping[Action, Permission]] = {
    Action.DELETE: Permission.MANAGE_MESSAGES,
    Action.TIMEOUT: Permission.MODERATE_MEMBERS,
    Action.WARN: Permission.MODERATE_MEMBERS,
    Action.KICK: Permission.KICK_MEMBERS,
    Action.BAN: Permission.BAN_MEMBERS,
}
"""What an action takes, of the moderator and of the bot. A dismissal acts on nobody."""


def may_look(guild_id: int, case: CaseFile, settings: GuildSettings, actor: Person) -> str | None:
    """Why this person may not read the case or dismiss it; None if they may. `guild_id`: where they clicked."""
    if guild_id != case.guild_id:
        return "This case belongs to another server. Decide on it there."
    if actor.is_timed_out and not actor.may(Permission.ADMINISTRATOR):
        return "You are timed out, so you cannot decide on cases until that is over."
    if is_moderator(actor, settings, guild_id):
        return None
    if settings.moderator_roles:
        return "Only moderators can do this. Ask an administrator of the server for a moderator role."
    return (
        "Only moderators can do this: people who may manage messages or time members out. "
        "An administrator can also name moderator roles with /safeguild setup."
    )


def refusal(
    action: Action,
    case: CaseFile,
    guild_id: int,
    settings: GuildSettings,
    actor: Person,
    bot: Person,
    target: Person | None,
) -> str | None:
    """Why this action cannot be taken by this person now; None if it can.

    Args:
        action: what the person wants to do.
        case: whose newest message's author is the target.
        guild_id: where the person clicked.
        settings: the guild's.
        actor: who clicked.
        bot: we, who would do it.
        target: the message's author; None if they have left the server.
    """
    if stranger := may_look(guild_id, case, settings, actor):
        return stranger
    if action is Action.DISMISS:
        return None
    return _about_permissions(NEEDED[action], actor, bot) or _about_target(action, case, actor, bot, target)


def is_moderator(actor: Person, settings: GuildSettings, guild_id: int) -> bool:
    """Whether the guild counts this person among its moderators."""
    if actor.may(Permission.MANAGE_GUILD):
        return True
    if settings.moderator_roles:
        # The role with the guild's own id is @everyone: it makes nobody a moderator.
        return not actor.role_ids.isdisjoint(set(settings.moderator_roles) - {guild_id})
    return actor.may(Permission.MANAGE_MESSAGES) or actor.may(Permission.MODERATE_MEMBERS)


def _about_permissions(needed: Permission, actor: Person, bot: Person) -> str | None:
    if not actor.may(needed):
        return f"You need the permission “{needed}” in the message's channel. Ask an administrator for it."
    if not bot.may(needed):
        return f"I need the permission “{needed}” in the message's channel. Ask an administrator to give it to me."
    return None


def _about_target(action: Action, case: CaseFile, actor: Person, bot: Person, target: Person | None) -> str | None:
    if actor.id == case.message.author_id:
        return "You wrote this message yourself. Let another moderator decide."
    if target is None:
        return None if action is Action.DELETE else _LEFT
    if target.is_owner:
        return "The author owns this server, and nobody can act on the owner. Talk to them directly."
    if action is Action.TIMEOUT and target.may(Permission.ADMINISTRATOR):
        return (
            "The author is an administrator, and Discord lets nobody time out administrators. Talk to the owner."
        )
    return _about_hierarchy(actor, bot, target)


_LEFT: Final = (
    "The author has left the server, so this cannot be done. You can still delete the message, or dismiss."
)


def _about_hierarchy(actor: Person, bot: Person, target: Person) -> str | None:
    if not actor.is_above(target):
        return "The author's highest role is not below yours. Ask somebody with a higher role to decide."
    if not bot.is_above(target):
        return (
            "The author's highest role is not below mine. "
            "An administrator can move my role up in Server Settings, under Roles."
        )
    return None
