"""Every guild's settings: files in the data folder, one for each guild, that commands and people write."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from bot.guilds import files
from bot.guilds.drawer import FOLDER, Drawer, Entry
from bot.guilds.errors import NotWritten
from bot.guilds.settings import GuildSettings
from bot.guilds.settings_file import dump_settings, guild_of, parse_settings
from bot.guilds.watching import changes
from policies.phrases import phrase
from policies.problems import Problem

_log = structlog.get_logger(__name__)


class GuildBook:
    """`<folder>/<guild id>.yaml`. A file with errors leaves in force what the guild had set before."""

    def __init__(self, folder: Path) -> None:
        """Use `open`: a book begins with what the folder holds."""
        self._folder = folder
        self._drawer: Drawer[GuildSettings] = Drawer(folder, _parse)
        self._entries: dict[str, Entry[GuildSettings]] = {}
        self._files = asyncio.Lock()

    @classmethod
    async def open(cls, folder: Path) -> "GuildBook":
        """Read every guild's settings. Raises OSError if the folder cannot be made."""
        book = cls(folder)
        await asyncio.to_thread(_prepare, folder)
        await book._look(again=True)
        return book

    def settings(self, guild_id: int) -> GuildSettings:
        """What is set for a guild; nothing is if it has no file."""
        entry = self._entries.get(_name(guild_id))
        return entry.value if entry and entry.value else GuildSettings()

    def problems(self, guild_id: int) -> tuple[Problem, ...]:
        """What is wrong with the guild's file, and with reading any."""
        found = (self._entries.get(name) for name in (_name(guild_id), FOLDER))
        return tuple(problem for entry in found if entry for problem in entry.problems)

    async def save(self, guild_id: int, settings: GuildSettings) -> None:
        """Write a guild's settings; they hold from now on.

        Raises:
            NotWritten: the disk refuses; what held before holds.
        """
        async with self._files:
            path = self._folder / _name(guild_id)
            try:
                await asyncio.to_thread(files.write_private, path, dump_settings(settings))
            except OSError as error:
                raise NotWritten(
                    phrase("The settings cannot be written: {reason}.", reason=files.reason_of(error))
                ) from error
            await self._look(again=False)

    async def forget(self, guild_id: int) -> None:
        """Delete a guild's settings. Raises OSError if the disk refuses."""
        async with self._files:
            await asyncio.to_thread(files.remove, self._folder / _name(guild_id))
            await self._look(again=False)

    async def watch(self, changed: Callable[[int], None]) -> None:
        """Pick up what people edit by hand, until cancelled; `changed` gets each guild with new settings."""
        async for names in changes(self._folder):
            async with self._files:
                guilds = await self._look(again=bool(names))
            for guild_id in guilds:
                _log.info("settings were changed by hand", guild=guild_id)
                changed(guild_id)

    async def _look(self, *, again: bool) -> list[int]:
        """Read the folder and return the guilds whose settings are others now."""
        before = self._entries
        after = await asyncio.to_thread(self._drawer.read, before, again=again)
        self._entries = after
        for name, entry in after.items():
            if entry.problems and (name not in before or before[name].problems != entry.problems):
                line, advice = entry.problems[0].line, "/safeguild status says what is wrong"
                _log.warning("a settings file has errors", file=name, line=line, advice=advice)
        return [
            guild_of(name)
            for name in before.keys() | after.keys()
            if _value(before.get(name)) != _value(after.get(name))
        ]


def _parse(filename: str, data: bytes) -> GuildSettings:
    guild_of(filename)
    return parse_settings(data, filename)


def _name(guild_id: int) -> str:
    return f"{guild_id}.yaml"


def _value(entry: Entry[GuildSettings] | None) -> GuildSettings | None:
    return entry.value if entry else None


def _prepare(folder: Path) -> None:
    files.make_private_folder(folder)
    files.sweep_drafts(folder)
