"""Tells Discord which slash commands there are, when they have changed."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import structlog
from discord import app_commands
from discord.ext import commands

from bot.cogs.failures import FAILURES
from bot.cogs.rooms import Rooms
from bot.guilds import files

_log = structlog.get_logger(__name__)

_KEPT = "commands.sha256"


async def setup_cog(bot: commands.Bot, rooms: Rooms) -> None:
    """Begin to sync, beside everything else: the bot's work does not wait for it. Set up after all other cogs."""
    await bot.add_cog(SyncCog(bot, rooms.kept))


class SyncCog(commands.Cog):
    """Syncs once per start, if there is something to sync."""

    def __init__(self, bot: commands.Bot, kept: Path) -> None:
        self._bot = bot
        self._kept = kept / _KEPT
        self._task: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._sync())

    async def cog_unload(self) -> None:
        """Stop, if it is still going on."""
        if self._task is not None:
            self._task.cancel()

    async def _sync(self) -> None:
        try:
            await sync(self._bot.tree, self._bot.application_id, self._kept)
        except (app_commands.AppCommandError, *FAILURES) as error:
            # The commands of the last sync still work, and the next start tries again.
            _log.error("the slash commands could not be synced", exc_info=error)


async def sync(tree: app_commands.CommandTree[Any], application_id: int | None, kept: Path) -> bool:
    """Send the tree's commands to Discord if they are not those that were sent last; whether they were sent.

    Raises what discord.py raises when Discord refuses or is away, and OSError if `kept` cannot be written: the
    commands are sent again at the next start then.
    """
    definition = await digest(tree, application_id)
    if await asyncio.to_thread(_read, kept) == definition:
        return False
    synced = await tree.sync()
    await asyncio.to_thread(files.write_private, kept, definition.encode())
    _log.info("slash commands synced", commands=len(synced))
    return True


async def digest(tree: app_commands.CommandTree[Any], application_id: int | None) -> str:
    """SHA-256 (hex) of what Discord would be told, in every language, and of whom it is about."""
    payloads = [await _payload(tree, command) for command in tree.get_commands()]
    payloads.sort(key=lambda each: (each["name"], each["type"]))
    text = json.dumps([application_id, payloads], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


async def _payload(tree: app_commands.CommandTree[Any], command: Any) -> dict[str, Any]:
    """`command`: of whatever kind a tree holds."""
    translator = tree.translator
    return dict(await command.get_translated_payload(tree, translator) if translator else command.to_dict(tree))


def _read(kept: Path) -> str | None:
    try:
        return kept.read_text("utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
