"""Permission bits, and what a member may do in a guild and in a channel.

The order is the documented one: roles, @everyone's overwrite, role overwrites, the member's overwrite; then the
implicit rules (no view means nothing, no send means no embeds or files, a timeout leaves only reading).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel
    from tests.discord_server.people import Member


class Permission(IntFlag):
    """The bits that this server gives a meaning to; roles may hold others."""

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    USE_EXTERNAL_STICKERS = 1 << 37
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    SEND_POLLS = 1 << 49
    PIN_MESSAGES = 1 << 51


NONE = Permission(0)
ALL = Permission((1 << 53) - 1)

DEFAULT_EVERYONE = (
    Permission.CREATE_INSTANT_INVITE
    | Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.SEND_POLLS
)
MODERATOR = (
    Permission.KICK_MEMBERS | Permission.BAN_MEMBERS | Permission.MANAGE_MESSAGES | Permission.MODERATE_MEMBERS
)
_TIMED_OUT_KEEPS = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
_NEEDS_SENDING = (
    Permission.MENTION_EVERYONE | Permission.SEND_TTS_MESSAGES | Permission.ATTACH_FILES | Permission.EMBED_LINKS
)


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a channel grants to and takes from a role or a member (`target_id`)."""

    target_id: int
    is_member: bool
    allow: Permission = NONE
    deny: Permission = NONE

    def payload(self) -> dict[str, object]:
        kind = 1 if self.is_member else 0
        return {
            "id": str(self.target_id),
            "type": kind,
            "allow": str(int(self.allow)),
            "deny": str(int(self.deny)),
        }


def in_guild(member: Member) -> Permission:
    """What the member's roles add up to, before any channel has a say."""
    granted = member.guild.everyone.permissions
    for role in member.roles:
        granted |= role.permissions
    if member.is_owner or granted & Permission.ADMINISTRATOR:
        return ALL
    return granted & _TIMED_OUT_KEEPS if member.is_timed_out else granted


def in_channel(member: Member, channel: Channel) -> Permission:
    """What the member may do in this channel; a thread has the permissions of its parent."""
    base = in_guild(member)
    if base & Permission.ADMINISTRATOR:
        return base
    granted = _overwritten(base, member, channel.home.overwrites)
    if member.is_timed_out:
        granted &= _TIMED_OUT_KEEPS
    return _implied(granted, channel.is_thread)


def _overwritten(granted: Permission, member: Member, overwrites: dict[int, Overwrite]) -> Permission:
    everyone = overwrites.get(member.guild.id)
    if everyone is not None:
        granted = (granted & ~everyone.deny) | everyone.allow
    of_roles = [overwrites[role.id] for role in member.roles if role.id in overwrites]
    for overwrite in of_roles:
        granted &= ~overwrite.deny
    for overwrite in of_roles:
        granted |= overwrite.allow
    own = overwrites.get(member.user.id)
    return granted if own is None else (granted & ~own.deny) | own.allow


def _implied(granted: Permission, in_thread: bool) -> Permission:
    if not granted & Permission.VIEW_CHANNEL:
        return NONE
    sending = Permission.SEND_MESSAGES_IN_THREADS if in_thread else Permission.SEND_MESSAGES
    return granted if granted & sending else granted & ~_NEEDS_SENDING
