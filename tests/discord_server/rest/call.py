"""One REST request in the hands of its handler, and the table of routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.discord_server import errors
from tests.discord_server.channels import Channel
from tests.discord_server.errors import refuse
from tests.discord_server.guild import Guild
from tests.discord_server.interactions import Interactions
from tests.discord_server.messages import Message
from tests.discord_server.people import Member, User
from tests.discord_server.permissions import Permission
from tests.discord_server.world import World

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """A status other than the usual 200 (or 204 for None)."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request."""

    field: str
    filename: str
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Call:
    """A request: the ids in its path, its query, its body, and the world. The actor is always the bot."""

    world: World
    interactions: Interactions
    gateway_url: str
    params: dict[str, str]
    query: dict[str, str]
    body: Any
    files: list[Upload] = field(default_factory=list)
    reason: str | None = None

    @property
    def bot(self) -> User:
        return self.world.application.bot

    @property
    def data(self) -> dict[str, Any]:
        """The body as an object."""
        if not isinstance(self.body, dict):
            refuse(errors.INVALID_JSON)
        return self.body

    def id(self, name: str) -> int:
        """An id from the path."""
        return snowflake(name, self.params[name])

    def query_id(self, name: str) -> int | None:
        return snowflake(name, self.query[name]) if name in self.query else None

    def query_int(self, name: str, default: int, least: int, most: int) -> int:
        """A number from the query, within its bounds."""
        given = self.query.get(name, str(default))
        if not given.isdecimal() or not least <= int(given) <= most:
            message = f"int value should be between {least} and {most}."
            errors.invalid(name, "NUMBER_TYPE_MAX", message)
        return int(given)

    def flag(self, name: str) -> bool:
        return self.query.get(name, "false").lower() in {"true", "1"}

    def guild(self) -> Guild:
        """The guild in the path, if the bot is in it."""
        guild = self.world.guilds.get(self.id("guild"))
        if guild is None or guild.bot_member is None:
            refuse(errors.UNKNOWN_GUILD)
        return guild

    def bot_in(self, guild: Guild) -> Member:
        return guild.bot_member or refuse(errors.UNKNOWN_GUILD)

    def member(self, guild: Guild) -> Member:
        """The member in the path."""
        return guild.members.get(self.id("user")) or refuse(errors.UNKNOWN_MEMBER)

    def channel(self, needs: Permission = Permission.VIEW_CHANNEL) -> Channel:
        """The channel in the path, if the bot may see it and has what it needs there."""
        channel = self.world.channels.get(self.id("channel")) or refuse(errors.UNKNOWN_CHANNEL)
        if channel.guild is not None and channel.guild.bot_member is None:
            refuse(errors.MISSING_ACCESS)
        self.require(channel, needs)
        return channel

    def require(self, channel: Channel, needs: Permission) -> None:
        """50001 without a view of the channel, 50013 without the rest."""
        if channel.guild is None:
            return
        if not self.world.bot_sees(channel):
            refuse(errors.MISSING_ACCESS)
        if not self.bot_in(channel.guild).can(needs, channel):
            refuse(errors.MISSING_PERMISSIONS)

    def require_in(self, guild: Guild, needs: Permission) -> Member:
        """The bot's member, if it has the permission in the guild."""
        member = self.bot_in(guild)
        if not member.can(needs):
            refuse(errors.MISSING_PERMISSIONS)
        return member

    def message(self, channel: Channel) -> Message:
        """The message in the path."""
        return channel.message(self.id("message")) or refuse(errors.UNKNOWN_MESSAGE)


def snowflake(name: str, given: object) -> int:
    """An id, or the form error Discord gives for what is none."""
    text = str(given)
    if not text.isdecimal() or int(text) > LARGEST_ID:
        errors.invalid(name, "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
    return int(text)


Handler = Callable[[Call], Any]


@dataclass(slots=True)
class Routes:
    """The routes of one resource: {(method, template): handler}."""

    table: dict[tuple[str, str], Handler] = field(default_factory=dict)

    def on(self, route: str) -> Callable[[Handler], Handler]:
        """Register a handler: `@routes.on("GET /channels/{channel}")`."""
        method, template = route.split(" ")

        def keep(handler: Handler) -> Handler:
            self.table[method, template] = handler
            return handler

        return keep
