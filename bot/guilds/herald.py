"""Tells a guild's review channel of policy files that have errors: once for every change of a file."""

import asyncio
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

import structlog

from bot.guilds import files
from bot.ports import DiscordAway, DiscordError
from policies.problems import Problem

_log = structlog.get_logger(__name__)

TOLD: Final = ".told.json"
"""In the guild's folder: {file: what it was told of last}, so that a restart tells nothing twice."""
PAUSE_SECONDS: Final = 30.0
"""After Discord was away."""


class Teller(Protocol):
    """Writes to review channels."""

    async def tell(self, guild_id: int, channel_id: int, problems: tuple[Problem, ...]) -> None:
        """Say what is wrong with a guild's policy file. Raises DiscordAway, Refused or Gone."""
        ...


class Herald:
    """Hears of errors at any time, and tells of them when Discord can be reached."""

    def __init__(
        self, folder: Path, channel: Callable[[int], int | None], teller: Teller, pause: float = PAUSE_SECONDS
    ) -> None:
        """`folder`: that of the policies. `channel`: a guild's review channel, if it has one."""
        self._folder = folder
        self._channel = channel
        self._teller = teller
        self._pause = pause
        self._news: dict[tuple[int, str], tuple[Problem, ...]] = {}
        self._heard = asyncio.Event()

    def hear(self, guild_id: int, problems: tuple[Problem, ...]) -> None:
        """A file has errors since just now. What was not told yet of the same file is out of date."""
        self._news[guild_id, problems[0].file] = problems
        self._heard.set()

    async def run(self) -> None:
        """Tell of everything that is heard, until cancelled."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            for key in list(self._news):
                await self._tell(key, self._news.pop(key))

    async def _tell(self, key: tuple[int, str], problems: tuple[Problem, ...]) -> None:
        guild_id, file = key
        mark = sha256("\n".join(map(str, problems)).encode("utf-8", "replace")).hexdigest()
        told = await asyncio.to_thread(self._told, guild_id)
        channel_id = self._channel(guild_id)
        if channel_id is None or told.get(file) == mark:
            return
        try:
            await self._teller.tell(guild_id, channel_id, problems)
        except DiscordAway:
            self._news.setdefault(key, problems)
            self._heard.set()
            await asyncio.sleep(self._pause)
        except DiscordError as error:  # the log and `/policy list` say the same
            _log.warning("errors in a policy could not be told", guild=guild_id, file=file, reason=str(error))
        else:
            await asyncio.to_thread(self._keep, guild_id, told | {file: mark})

    def _told(self, guild_id: int) -> dict[str, str]:
        try:
            found = json.loads((self._folder / str(guild_id) / TOLD).read_bytes())
        except (OSError, ValueError):  # nothing was told yet, or it is told once more
            return {}
        return found if isinstance(found, dict) else {}

    def _keep(self, guild_id: int, told: dict[str, str]) -> None:
        folder = self._folder / str(guild_id)
        if not folder.is_dir():  # the guild was forgotten meanwhile
            return
        try:
            files.write_private(folder / TOLD, json.dumps(told).encode())
        except OSError as error:
            _log.warning(
                "what was told of a policy is not kept", guild=guild_id, reason=str(files.reason_of(error))
            )
