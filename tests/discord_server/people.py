"""Users, members and roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.discord_server.clock import created_at
from tests.discord_server.permissions import Permission, in_channel, in_guild

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel
    from tests.discord_server.guild import Guild


@dataclass(slots=True, eq=False)
class User:
    """An account: a person, a bot, or the face of a webhook."""

    id: int
    name: str
    bot: bool = False
    global_name: str | None = None
    accepts_dms: bool = True
    locale: str = "en-US"
    """Of this person's client."""

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    @property
    def created_at(self) -> datetime:
        return created_at(self.id)

    def payload(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0",
            "global_name": self.global_name,
            "avatar": None,
            "banner": None,
            "accent_color": None,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
            "bot": self.bot,
            "public_flags": 0,
            "flags": 0,
        }


@dataclass(slots=True, eq=False)
class Role:
    """A guild's role; @everyone has the guild's id and position 0."""

    id: int
    guild: Guild
    name: str
    permissions: Permission
    position: int
    mentionable: bool = False
    managed: bool = False

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"

    async def edit(self, *, permissions: Permission | None = None, position: int | None = None) -> None:
        """An administrator changes the role."""
        self.permissions = self.permissions if permissions is None else permissions
        self.position = self.position if position is None else position
        self.guild.announce("GUILD_ROLE_UPDATE", {"role": self.payload()})

    def payload(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(int(self.permissions)),
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": self.managed,
            "mentionable": self.mentionable,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }


@dataclass(slots=True, eq=False)
class Member:
    """A user in a guild."""

    guild: Guild
    user: User
    joined_at: datetime
    roles: list[Role] = field(default_factory=list)
    nick: str | None = None
    timed_out_until: datetime | None = None

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def mention(self) -> str:
        return self.user.mention

    @property
    def is_owner(self) -> bool:
        return self.guild.owner_id == self.user.id

    @property
    def is_timed_out(self) -> bool:
        return self.timed_out_until is not None and self.timed_out_until > self.guild.world.clock.now()

    @property
    def top_position(self) -> int:
        return max((role.position for role in self.roles), default=0)

    @property
    def permissions(self) -> Permission:
        return in_guild(self)

    def can(self, wanted: Permission, channel: Channel | None = None) -> bool:
        """Whether the member has all of `wanted`, in the guild or in this channel."""
        held = in_guild(self) if channel is None else in_channel(self, channel)
        return held & wanted == wanted

    def outranks(self, other: Member) -> bool:
        """Whether role hierarchy lets this member act on the other one."""
        if other.is_owner:
            return False
        return self.is_owner or self.top_position > other.top_position

    async def give(self, role: Role) -> None:
        """An administrator gives the member a role."""
        self.roles = [*self.roles, role]
        self.announce_update()

    async def take(self, role: Role) -> None:
        """An administrator takes a role away."""
        self.roles = [held for held in self.roles if held is not role]
        self.announce_update()

    async def leave(self) -> None:
        """The member leaves the guild."""
        self.guild.remove_member(self)

    def announce_update(self) -> None:
        """Tell the sessions that may know about it."""
        own = self.user is self.guild.world.application.bot
        self.guild.announce("GUILD_MEMBER_UPDATE", self.payload(), always=own)

    def payload(self) -> dict[str, Any]:
        return self.payload_without_user() | {"user": self.user.payload()}

    def payload_without_user(self) -> dict[str, Any]:
        """As in the `member` field of a message."""
        until = self.timed_out_until
        return {
            "nick": self.nick,
            "avatar": None,
            "banner": None,
            "roles": [str(role.id) for role in self.roles],
            "joined_at": self.joined_at.isoformat(),
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "pending": False,
            "communication_disabled_until": None if until is None else until.isoformat(),
        }
