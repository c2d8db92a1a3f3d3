"""A bot that is connected while a test lasts, with what runs beside it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.cogs.client import SafeguildBot
from tests.discord_server import DiscordServer

READY_SECONDS = 10.0


@asynccontextmanager
async def connected(
    server: DiscordServer, bot: SafeguildBot, *parts: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """Inside, the bot is ready and these parts run. One that ended with an error fails the test."""
    tasks = [asyncio.ensure_future(bot.start(server.token))]
    try:
        await server.wait_connected()
        await asyncio.wait_for(bot.wait_until_ready(), READY_SECONDS)
        tasks += [asyncio.ensure_future(run()) for run in parts]
        yield
    finally:
        for task in tasks[1:]:
            task.cancel()
        await bot.close()
        endings = await asyncio.gather(*tasks, return_exceptions=True)
    errors = [ending for ending in endings if isinstance(ending, Exception)]
    assert errors == []
