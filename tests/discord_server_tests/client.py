"""An unmodified discord.py client that notes what it hears."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import discord
from discord import app_commands


def intents(**changed: bool) -> discord.Intents:
    """What a moderation bot asks for."""
    wanted = {"guilds": True, "guild_messages": True, "message_content": True, "dm_messages": True} | changed
    return discord.Intents(**wanted)


class Client(discord.Client):
    """Counts gateway events by name and keeps messages."""

    def __init__(self, *, wants: discord.Intents | None = None) -> None:
        super().__init__(intents=wants or intents(), guild_ready_timeout=0.05, max_messages=None)
        self.tree: app_commands.CommandTree[Client] = app_commands.CommandTree(self)
        self.heard: Counter[str] = Counter()
        self.messages: list[discord.Message] = []
        self.edits: list[discord.RawMessageUpdateEvent] = []

    @asynccontextmanager
    async def running(self, token: str) -> AsyncIterator[None]:
        """Log in, wait until ready, and close at the end."""
        async with self:
            task = asyncio.create_task(self.start(token))
            ready = asyncio.create_task(self._when_ready())
            await asyncio.wait({task, ready}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                ready.cancel()
                task.result()
            try:
                yield
            finally:
                await self.close()
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _when_ready(self) -> None:
        while self._ready is discord.utils.MISSING:  # noqa: ASYNC110  made by login, without an event before it
            await asyncio.sleep(0.01)
        await self.wait_until_ready()

    async def until(self, look: Any, within: float = 10) -> None:
        """Wait until `look()` is true."""
        async with asyncio.timeout(within):
            while not look():  # noqa: ASYNC110  discord.py has no event for everything that is looked at
                await asyncio.sleep(0.01)

    async def on_socket_event_type(self, name: str) -> None:
        self.heard[name] += 1

    async def on_message(self, message: discord.Message) -> None:
        self.messages.append(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self.edits.append(payload)
