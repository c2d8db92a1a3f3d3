"""Keeps the bot's process: starts it, notices its end, kills it and starts it again."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path

from tests.discord_server import DiscordServer
from tests.journeys.process import BotProcess

_LAST_WORDS = 12
"""Lines of the log that are shown of a bot that ended by itself."""
_PAUSE_AFTER_KILL = 2.0
"""Seconds, so that people see that it is gone."""


class BotState(StrEnum):
    """How the bot's process is."""

    STARTING = "starting"
    RUNNING = "running"
    AWAY = "away"
    KILLED = "killed"
    ENDED = "ended"


class Keeper:
    """The one bot of this page, in a data folder of its own."""

    def __init__(self, discord: DiscordServer, folder: Path, model: str | None = None) -> None:
        # An operator's own safeguild.toml in the working directory is not meant here.
        empty = folder / "no-settings.toml"
        empty.touch()
        settings = {"SAFEGUILD_CONFIG": str(empty)} | ({"SAFEGUILD_MODEL__PATH": model} if model else {})
        self.process = BotProcess(discord, folder, settings)
        self.starts = 0
        self.log_began_at = 0
        """Where the newest process's part of the log begins, in bytes."""
        self._discord = discord
        self._expected_end = False
        self._was_connected = False
        self._exit_code: int | None = None
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Start the process. Whether it gets anywhere is seen later, in `state`."""
        async with self._changing:
            await self._start()

    async def _start(self) -> None:
        if self.process.is_running:
            return
        log = self.process.log_file
        began_at = log.stat().st_size if log.exists() else 0
        await self.process.start(wait=False)
        # Only now: `look` must not take the old process's end for that of the new one.
        self._expected_end, self._exit_code, self._was_connected = False, None, False
        self.log_began_at = began_at
        self.starts += 1

    async def kill_and_start(self) -> None:
        """kill -9, a moment of silence, and a new process on the same data folder."""
        async with self._changing:
            await self._kill()
            await asyncio.sleep(_PAUSE_AFTER_KILL)
            await self._start()

    async def _kill(self) -> None:
        if self.process.is_running:
            self._expected_end = True
            await self.process.kill()

    async def stop(self) -> None:
        """End it cleanly, as an operator would; one that does not obey is killed."""
        async with self._changing:
            if not self.process.is_running:
                return
            self._expected_end = True
            try:
                await self.process.stop()
            except TimeoutError:
                await self.process.kill()

    async def look(self) -> None:
        """Notice that it got a connection, and an end that nobody asked for."""
        self._was_connected |= self._discord.connected
        if self.starts and not self._expected_end and not self.process.is_running:
            self._exit_code = await self.process.ended()

    @property
    def state(self) -> BotState:
        """How the process is now."""
        if self._exit_code is not None:
            return BotState.ENDED
        if self._expected_end:
            return BotState.KILLED
        if self._discord.connected:
            return BotState.RUNNING
        return BotState.AWAY if self._was_connected else BotState.STARTING

    @property
    def error(self) -> str | None:
        """What a bot that ended by itself said last, with its exit code."""
        if self._exit_code is None:
            return None
        said = self.process.log_file.read_bytes()[self.log_began_at :].decode("utf-8", "replace")
        last = "\n".join(said.splitlines()[-_LAST_WORDS:])
        return f"The bot ended with code {self._exit_code}.\n{last}".rstrip()
