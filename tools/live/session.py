"""One `make live`: the Discord, the bot and the page, started together and ended together."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from tests.discord_server import DiscordServer
from tools.live.guard import keep_to_itself
from tools.live.health import Observer
from tools.live.keeper import Keeper
from tools.live.picture import Painter
from tools.live.scene import Scene
from tools.live.troubles import Troubles
from tools.live.web import application

PORT = 8420
_PORTS_TRIED = 20


@dataclass(frozen=True, slots=True)
class Session:
    """What runs, and the port of its page."""

    port: int
    scene: Scene
    keeper: Keeper
    observer: Observer

    @property
    def address(self) -> str:
        """The page's."""
        return f"http://127.0.0.1:{self.port}/"


@asynccontextmanager
async def session(folder: Path, *, port: int = PORT, model: str | None = None) -> AsyncIterator[Session]:
    """Run everything inside the block. The page is there at once; the bot takes some seconds more.

    The bot is ended before the page and the page before its Discord, so that the bot ends as it would anywhere.
    """
    async with AsyncExitStack() as stack:
        scene = Scene.build(await _discord(stack))
        await scene.furnish()
        keeper = Keeper(scene.discord, folder, model)
        observer = Observer(scene, keeper)
        painter, troubles = Painter(scene, observer), Troubles(scene, keeper, observer)
        served_on = await serve(application(scene, painter.feed, troubles), port, stack)
        stack.push_async_callback(keeper.stop)
        stack.push_async_callback(troubles.end)
        await keeper.start()
        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(painter.run()), tasks.create_task(scene.set_up())]
            try:
                yield Session(served_on, scene, keeper, observer)
            finally:
                for task in beside:
                    task.cancel()


async def _discord(stack: AsyncExitStack) -> DiscordServer:
    discord = DiscordServer()
    await discord.start()
    stack.push_async_callback(discord.stop)
    return discord


async def serve(app: web.Application, port: int, stack: AsyncExitStack) -> int:
    """Serve the page on the first of the next ports that is free."""
    app.on_response_prepare.append(keep_to_itself)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    for tried in range(port, port + _PORTS_TRIED):  # port 0 is any
        try:
            await web.TCPSite(runner, "127.0.0.1", tried).start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return int(runner.addresses[0][1])
    raise OSError(errno.EADDRINUSE, f"no port from {port} to {port + _PORTS_TRIED - 1} is free")
