"""Who a message mentions, and who of them would be notified.

Stricter than Discord in one point: a mention inside a code block counts too, so a test that finds no ping holds in
every client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.discord_server.permissions import Permission

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel
    from tests.discord_server.messages import Message
    from tests.discord_server.people import Role, User

_USER = re.compile(r"<@!?(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Mentions:
    """Resolved mentions; `pings` are the mentions as written that would notify somebody."""

    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    everyone: bool = False
    pings: frozenset[str] = frozenset()


NOBODY = Mentions()


@dataclass(frozen=True, slots=True)
class AllowedMentions:
    """The request's `allowed_mentions`: None in a field means everybody of that kind."""

    users: frozenset[int] | None = None
    roles: frozenset[int] | None = None
    everyone: bool = True
    replied_user: bool = True

    @classmethod
    def read(cls, given: Mapping[str, Any] | None) -> AllowedMentions:
        """From a request body; absent means that everything is parsed."""
        if given is None:
            return cls()
        parse = given.get("parse") or []
        return cls(
            users=None if "users" in parse else _ids(given.get("users")),
            roles=None if "roles" in parse else _ids(given.get("roles")),
            everyone="everyone" in parse,
            replied_user=bool(given.get("replied_user", False)),
        )


def _ids(given: object) -> frozenset[int]:
    return frozenset(int(each) for each in given) if isinstance(given, list) else frozenset()


def find_all(message: Message, allowed: AllowedMentions) -> Mentions:
    """The mentions of a new message; a reply also mentions whom it answers."""
    mentions = find(message.content, message.channel, message.author, allowed)
    answered = message.referenced
    if answered is None or not allowed.replied_user or answered.author in mentions.users:
        return mentions
    users = (*mentions.users, answered.author)
    return Mentions(users, mentions.roles, mentions.everyone, mentions.pings | {answered.author.mention})


def find(content: str, channel: Channel, author: User, allowed: AllowedMentions) -> Mentions:
    """The mentions of a text that `author` sends to `channel`."""
    if "@" not in content:
        return NOBODY
    users = tuple(_users(content, channel, allowed))
    roles = tuple(_roles(content, channel, author, allowed))
    everyone = allowed.everyone and _may_call_everyone(channel, author) and bool(_EVERYONE.search(content))
    pings = (
        {user.mention for user in users}
        | {role.mention for role in roles}
        | ({"@everyone"} if everyone else set())
    )
    return Mentions(users, roles, everyone, frozenset(pings))


def _users(content: str, channel: Channel, allowed: AllowedMentions) -> list[User]:
    ids = dict.fromkeys(int(each) for each in _USER.findall(content))
    known = channel.world.users
    return [known[each] for each in ids if each in known and (allowed.users is None or each in allowed.users)]


def _roles(content: str, channel: Channel, author: User, allowed: AllowedMentions) -> list[Role]:
    if channel.guild is None:
        return []
    ids = dict.fromkeys(int(each) for each in _ROLE.findall(content))
    roles = [channel.guild.roles[each] for each in ids if each in channel.guild.roles]
    wanted = [role for role in roles if allowed.roles is None or role.id in allowed.roles]
    return [role for role in wanted if role.mentionable or _may_call_everyone(channel, author)]


def _may_call_everyone(channel: Channel, author: User) -> bool:
    member = channel.guild.members.get(author.id) if channel.guild else None
    return member is not None and member.can(Permission.MENTION_EVERYONE, channel)
