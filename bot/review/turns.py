"""Whose turn it is: guilds are served side by side, a few at a time, each by one task only."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.tasks import task_group

Serve = Callable[[int], Awaitable[bool]]
"""Do a bounded piece of a guild's work; whether there is more of it to do now."""


class Turns:
    """A line of guilds. Who has more to do goes to the end of it, so that a busy guild does not starve others."""

    def __init__(self, serve: Serve, *, width: int) -> None:
        """`width`: how many guilds are served at once. What `serve` raises ends `run`."""
        self._serve = serve
        self._width = width
        self._line: asyncio.Queue[int] = asyncio.Queue()
        self._in_line: set[int] = set()
        """Waiting, or being served."""
        self._called_again: set[int] = set()
        self._alarms: dict[int, float] = {}
        self._alarm_set = asyncio.Event()

    def call(self, guild_id: int) -> None:
        """There may be something to do in this guild. Calling it often costs nothing."""
        if guild_id in self._in_line:
            self._called_again.add(guild_id)
            return
        self._in_line.add(guild_id)
        self._line.put_nowait(guild_id)

    def call_later(self, guild_id: int, seconds: float) -> None:
        """Call it then. Of several such calls the earliest one counts."""
        at = asyncio.get_running_loop().time() + seconds
        self._alarms[guild_id] = min(at, self._alarms.get(guild_id, at))
        self._alarm_set.set()

    async def run(self) -> None:
        """Serve whoever is called, until cancelled."""
        async with task_group() as tasks:
            for _ in range(self._width):
                tasks.create_task(self._serve_the_line())
            tasks.create_task(self._call_in_time())

    async def _serve_the_line(self) -> None:
        while True:
            guild_id = await self._line.get()
            self._called_again.discard(guild_id)
            try:
                more = await self._serve(guild_id)
            finally:
                self._in_line.discard(guild_id)
            if more or guild_id in self._called_again:
                self.call(guild_id)

    async def _call_in_time(self) -> None:
        while True:
            self._alarm_set.clear()
            now = asyncio.get_running_loop().time()
            for guild_id in [guild_id for guild_id, at in self._alarms.items() if at <= now]:
                del self._alarms[guild_id]
                self.call(guild_id)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(self._alarms.values(), default=None)):
                    await self._alarm_set.wait()
