"""Small rooms for the cogs to talk to: they write down what they are told."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import discord

from bot.case import Message
from bot.cogs.client import BotOptions, SafeguildBot, create_bot
from bot.cogs.rooms import Rooms
from bot.guilds.settings import GuildSettings


class NotingIntake:
    """What was handed to the intake, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.stale: list[int] = []
        self.full = False

    def leaves_to_history(self, guild_id: int, channel_id: int, message_id: int) -> bool:
        if self.full:
            self.heard.append(("left to history", guild_id, channel_id, message_id))
        return self.full

    def created(self, message: Message) -> None:
        self.heard.append(("created", message))

    def edited(self, message: Message) -> None:
        self.heard.append(("edited", message))

    def deleted(self, guild_id: int, channel_id: int, message_ids: Collection[int]) -> None:
        self.heard.append(("deleted", guild_id, channel_id, frozenset(message_ids)))

    def session_lost(self) -> None:
        self.heard.append(("session_lost",))

    def guild_seen(self, guild_id: int, channels: Mapping[int, int | None]) -> None:
        self.heard.append(("guild_seen", guild_id, dict(channels)))

    def channel_seen(
        self, guild_id: int, channel_id: int, last_message_id: int | None, *, stale: bool = False
    ) -> None:
        self.heard.append(("channel_seen", guild_id, channel_id, last_message_id))
        if stale:
            self.stale.append(channel_id)

    def channel_gone(self, guild_id: int, channel_id: int) -> None:
        self.heard.append(("channel_gone", guild_id, channel_id))

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [heard for heard in self.heard if heard[0] == name]

    @property
    def kinds(self) -> list[str]:
        return [heard[0] for heard in self.heard]


class PlainGuildBook:
    """Settings of guilds, kept in memory."""

    def __init__(self) -> None:
        self.kept: dict[int, GuildSettings] = {}

    def settings(self, guild_id: int) -> GuildSettings:
        return self.kept.get(guild_id, GuildSettings())


class KnownGuilds:
    """The part of a store that says which guilds it knows."""

    def __init__(self) -> None:
        self.known: list[int] = []

    async def guilds(self) -> list[int]:
        return self.known


class NotingOutbox:
    """Which guilds' cards are to be looked at."""

    def __init__(self) -> None:
        self.stirred: list[int | None] = []

    def stir(self, guild_id: int | None = None) -> None:
        self.stirred.append(guild_id)


class Household:
    """Rooms, and what they noted."""

    def __init__(self, allowed: frozenset[int] | None = None) -> None:
        self.intake = NotingIntake()
        self.guild_book = PlainGuildBook()
        self.store = KnownGuilds()
        self.outbox = NotingOutbox()
        self.purged: list[int] = []
        self.purge_fails: list[Exception] = []
        self.rooms = Rooms(
            intake=cast("Any", self.intake),
            review=cast("Any", None),
            outbox=cast("Any", self.outbox),
            guild_book=cast("Any", self.guild_book),
            policy_book=cast("Any", None),
            store=cast("Any", self.store),
            clock=lambda: datetime.now(UTC),
            status=cast("Any", None),
            purge=self._purge,
            kept=Path(),
            allowed_guilds=allowed,
        )

    async def _purge(self, guild_id: int) -> None:
        if self.purge_fails:
            raise self.purge_fails.pop(0)
        self.purged.append(guild_id)


def unconnected_bot(household: Household, *cogs: Callable[..., Any], **options: Any) -> SafeguildBot:
    """A furnished bot that nothing was said to yet."""
    bot = create_bot(BotOptions(guild_ready_seconds=0.05, **options))
    bot.furnish(household.rooms, *cogs)
    return bot


def tell(bot: discord.Client, event: str, data: Any) -> None:
    """Let discord.py read an event as if the gateway had sent it."""
    bot._connection.parsers[event](data)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that other tasks bring about; fail after ten seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the bot has no event for what tests look at from outside
            await asyncio.sleep(0.005)
