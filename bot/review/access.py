"""Who may look at a case and who may act on it. Pure: facts in, the reason of a refusal out.

Every refusal is a sentence for a moderator on a phone: what is in the way, and what to do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.case import Action, CaseFile, Decision
from bot.guilds.settings import GuildSettings
from bot.language import marked, tr


class Permission(StrEnum):
    """The permissions of Discord that decide here, by the names that Discord's settings show."""

    MANAGE_MESSAGES = marked("Manage Messages")
    MODERATE_MEMBERS = marked("Timeout Members")
    KICK_MEMBERS = marked("Kick Members")
    BAN_MEMBERS = marked("Ban Members")
    MANAGE_GUILD = marked("Manage Server")
    ADMINISTRATOR = marked("Administrator")


class Handling(StrEnum):
    """What people do with a case beside deciding on it."""

    LOOK = "look"
    """Read what stands on the card and behind it."""
    EVIDENCE = "evidence"
    """Read what was written."""
    CLAIM = "claim"
    RELEASE = "release"
    ESCALATE = "escalate"
    CALM = "calm"
    """Take an escalation back."""


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
    is_bot: bool = False
    reads: bool = True
    """Whether they can read the message's channel."""

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
"""What an action takes of the moderator. Dismissing and offering help act on nobody."""
LIFTED: Final = frozenset({Action.TIMEOUT, Action.BAN})
"""What an undo really takes back; what else was done stays done."""
_BY_THE_BOT: Final = frozenset({Action.DELETE, Action.TIMEOUT, Action.KICK, Action.BAN})
"""What takes a permission of ours too: a warning is a direct message."""
_BY_MESSAGE: Final = frozenset({Action.HELP, Action.WARN})
_LEFT: Final = marked(
    "The author has left the server, so this cannot be done. You can still delete the message, or dismiss."
)


def may_look(guild_id: int, case: CaseFile, settings: GuildSettings, actor: Person) -> str | None:
    """Why this person may not read the case; None if they may. `guild_id`: where they clicked."""
    if guild_id != case.guild_id:
        return tr("This case belongs to another server. Decide on it there.")
    return may_moderate(settings, actor, guild_id)


def may_moderate(settings: GuildSettings, actor: Person, guild_id: int) -> str | None:
    """Why this person has no part in how the guild is moderated; None if they have."""
    if actor.is_timed_out and not actor.may(Permission.ADMINISTRATOR):
        return tr("You are timed out, so you cannot decide on cases until that is over.")
    if is_moderator(actor, settings, guild_id):
        return None
    if settings.moderator_roles:
        return tr("Only moderators can do this. Ask an administrator of the server for a moderator role.")
    return tr(
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
        action: what the person wants to do. Who wants two things at once asks for each.
        case: whose newest message's author is the target.
        guild_id: where the person clicked.
        settings: the guild's.
        actor: who clicked.
        bot: we, who would do it.
        target: the message's author; None if they are no member (any more).
    """
    return refusal_without_target(action, case, guild_id, settings, actor, bot) or _about_target(
        action, case, actor, bot, target
    )


def refusal_without_target(
    action: Action, case: CaseFile, guild_id: int, settings: GuildSettings, actor: Person, bot: Person
) -> str | None:
    """The part of `refusal` that can be told before Discord was asked for the author."""
    if objection := may_look(guild_id, case, settings, actor) or _about_escalation(case, settings, actor):
        return objection
    if actor.id == case.message.author_id and (action is not Action.DISMISS or not actor.is_owner):
        return tr("You wrote this message yourself. Let another moderator decide.")
    return _about_permissions(action, case, actor, bot)


def handling_refusal(
    handling: Handling, case: CaseFile, guild_id: int, settings: GuildSettings, actor: Person
) -> str | None:
    """Why this person cannot do this with the case; None if they can."""
    if stranger := may_look(guild_id, case, settings, actor):
        return stranger
    if handling is Handling.LOOK:
        return None
    if handling is Handling.EVIDENCE:
        return (
            None
            if actor.reads
            else tr("You cannot read the channel that this was written in, so it is not shown to you.")
        )
    if handling is Handling.RELEASE:
        return _about_releasing(case, actor)
    if handling is Handling.CALM and case.escalated and case.escalated.moderator_id == actor.id:
        return None
    if handling is Handling.CALM:
        return _about_escalation(case, settings, actor)
    if actor.id == case.message.author_id and not actor.is_owner:
        return tr("You wrote this message yourself. Let another moderator decide.")
    return None


def is_moderator(actor: Person, settings: GuildSettings, guild_id: int) -> bool:
    """Whether the guild counts this person among its moderators."""
    if actor.may(Permission.MANAGE_GUILD):
        return True
    if settings.moderator_roles:
        # The role with the guild's own id is @everyone: it makes nobody a moderator.
        return not actor.role_ids.isdisjoint(set(settings.moderator_roles) - {guild_id})
    return actor.may(Permission.MANAGE_MESSAGES) or actor.may(Permission.MODERATE_MEMBERS)


def has_more_say(actor: Person, settings: GuildSettings, guild_id: int) -> bool:
    """Whether this person decides on cases that were escalated."""
    if actor.may(Permission.MANAGE_GUILD):
        return True
    role_id = settings.escalation_role
    return role_id is not None and role_id != guild_id and role_id in actor.role_ids


def taken(case: CaseFile) -> Iterator[tuple[Action, Decision]]:
    """What was done about the case and not taken back: each part of each decision."""
    for decision in case.answers:
        yield decision.action, decision
        if decision.also_delete:
            yield Action.DELETE, decision


def _about_escalation(case: CaseFile, settings: GuildSettings, actor: Person) -> str | None:
    if case.escalated is None or has_more_say(actor, settings, case.guild_id):
        return None
    return tr(
        "This case was escalated: somebody with more say decides on it, who may manage the server or has the role "
        "that was set for this. Whoever escalated it can take that back under “More”."
    )


def _about_releasing(case: CaseFile, actor: Person) -> str | None:
    if case.holder is None or case.holder.moderator_id == actor.id or actor.may(Permission.MANAGE_GUILD):
        return None
    return tr("Somebody else has claimed this case. Claim it yourself if you want to take over.")


def _about_permissions(action: Action, case: CaseFile, actor: Person, bot: Person) -> str | None:
    by_actor, by_bot = _needed(action, case)
    for needed in sorted(by_actor):
        if not actor.may(needed):
            return tr(
                "You need the permission “{permission}” in the message's channel. Ask an administrator for it.",
                permission=tr(needed.value),
            )
    for needed in sorted(by_bot):
        if not bot.may(needed):
            return tr(
                "I need the permission “{permission}” in the message's channel. "
                "Ask an administrator to give it to me.",
                permission=tr(needed.value),
            )
    return None


def _needed(action: Action, case: CaseFile) -> tuple[set[Permission], set[Permission]]:
    """What an action takes of the moderator and of the bot. Taking back takes what doing took."""
    if action is Action.UNDO:
        done = {part for part, _ in taken(case)}
        return {NEEDED[part] for part in done if part in NEEDED}, {NEEDED[part] for part in done & LIFTED}
    needed = {NEEDED[action]} if action in NEEDED else set()
    return needed, needed if action in _BY_THE_BOT else set()


def _about_target(action: Action, case: CaseFile, actor: Person, bot: Person, target: Person | None) -> str | None:
    if action is Action.DISMISS:
        return None
    if action is Action.UNDO:
        return _about_undoing(case, actor, bot, target)
    if target is None:
        return None if action is Action.DELETE else tr(_LEFT)
    if action in _BY_MESSAGE and target.is_bot:
        return tr("The author is a bot, which reads no direct messages. Talk to whoever runs it.")
    return None if action is Action.HELP else _about_rank(action, actor, bot, target)


def _about_rank(action: Action, actor: Person, bot: Person, target: Person) -> str | None:
    if target.is_owner:
        return tr("The author owns this server, and nobody can act on the owner. Talk to them directly.")
    if action is Action.TIMEOUT and target.may(Permission.ADMINISTRATOR):
        return tr(
            "The author is an administrator, and Discord lets nobody time out administrators. Talk to the owner."
        )
    return _about_hierarchy(action, actor, bot, target)


def _about_undoing(case: CaseFile, actor: Person, bot: Person, target: Person | None) -> str | None:
    """Who is banned is no member; who is timed out has to be one for that to be lifted."""
    done = {part for part, _ in taken(case)}
    if target is None:
        if Action.TIMEOUT in done and Action.BAN not in done:
            return tr("The author has left the server, so their timeout cannot be lifted.")
        return None
    if done.isdisjoint(NEEDED):
        return None
    return _about_hierarchy(Action.TIMEOUT if done & LIFTED else Action.WARN, actor, bot, target)


def _about_hierarchy(action: Action, actor: Person, bot: Person, target: Person) -> str | None:
    if not actor.is_above(target):
        return tr("The author's highest role is not below yours. Ask somebody with a higher role to decide.")
    if action in _BY_THE_BOT and not bot.is_above(target):
        return tr(
            "The author's highest role is not below mine. "
            "An administrator can move my role up in Server Settings, under Roles."
        )
    return None
