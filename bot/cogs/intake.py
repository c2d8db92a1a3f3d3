"""Hands what members write, edit and delete to the intake. Nothing here waits for anything."""

from collections.abc import Collection

import discord
import structlog
from discord.ext import commands

from bot.case import Message
from bot.cogs.client import SafeguildBot
from bot.cogs.history import DiscordHistory
from bot.cogs.reading import read
from bot.cogs.rooms import Rooms
from bot.ports import DiscordError

_log = structlog.get_logger(__name__)


class IntakeCog(commands.Cog):
    """Listens to raw events: the others are only sent for messages that discord.py remembers, which are none."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms, history: DiscordHistory) -> None:
        self._bot = bot
        self._rooms = rooms
        self._intake = rooms.intake
        self._history = history

    def session_began(self) -> None:
        """READY: whatever happened since the last session was not heard.

        discord.py tells of it while it reads READY, so before any message of the new session.
        """
        self._intake.session_lost()

    def left_to_history(self, guild_id: int, channel_id: int, message_id: int) -> bool:
        """Whether there is no room for a message; asked before it is read."""
        if not self._rooms.allows(guild_id):
            return False
        channel = self._bot.get_channel(channel_id)
        if channel is None or self._rooms.is_review_place(
            guild_id, channel_id, getattr(channel, "parent_id", None)
        ):
            return False
        return self._intake.leaves_to_history(guild_id, channel_id, message_id)

    def written(self, message: discord.Message) -> None:
        """A message was written."""
        if (written := self._of_a_member(message)) is not None:
            self._intake.created(written)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, update: discord.RawMessageUpdateEvent) -> None:
        """A message was changed: by its author, or by Discord, which adds previews of links later."""
        if (written := self._of_a_member(update.message)) is not None:
            self._intake.edited(written)

    @commands.Cog.listener()
    async def on_partial_message_edit(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """A message was changed, and only what changed was told (see `gateway_events`): ask for all of it."""
        if self._rooms.allows(guild_id):
            await self._read_again(guild_id, channel_id, message_id)

    @commands.Cog.listener()
    async def on_thread_update(self, before: discord.Thread, after: discord.Thread) -> None:
        """A forum post's title is part of its first message: a new title is an edit of that."""
        in_forum = isinstance(after.parent, discord.ForumChannel)
        if in_forum and before.name != after.name and self._rooms.allows(after.guild.id):
            await self._read_again(after.guild.id, after.id, after.id)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, deletion: discord.RawMessageDeleteEvent) -> None:
        """A message is gone."""
        self._gone(deletion.guild_id, deletion.channel_id, (deletion.message_id,))

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, deletion: discord.RawBulkMessageDeleteEvent) -> None:
        """Many messages are gone at once."""
        self._gone(deletion.guild_id, deletion.channel_id, deletion.message_ids)

    def _of_a_member(self, message: discord.Message) -> Message | None:
        """The message, if members wrote it where it is moderated."""
        written = read(message)
        if written is None or not self._rooms.allows(written.guild_id):
            return None
        place = (written.guild_id, written.channel_id, written.parent_id)
        return None if self._rooms.is_review_place(*place) else written

    def _gone(self, guild_id: int | None, channel_id: int, message_ids: Collection[int]) -> None:
        if guild_id is not None and self._rooms.allows(guild_id):
            self._intake.deleted(guild_id, channel_id, message_ids)

    async def _read_again(self, guild_id: int, channel_id: int, message_id: int) -> None:
        try:
            written = await self._history.current(guild_id, channel_id, message_id)
        except DiscordError as error:
            place = {"guild_id": guild_id, "channel_id": channel_id, "message_id": message_id}
            _log.warning("a changed message could not be read", **place, reason=str(error))
            return
        if written is not None and not self._rooms.is_review_place(guild_id, channel_id, written.parent_id):
            self._intake.edited(written)


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the cog in."""
    cog = IntakeCog(bot, rooms, DiscordHistory(bot))
    bot.hear_at_once("connect", cog.session_began)
    bot.hear_at_once("message", cog.written)
    bot.leave_to_history(cog.left_to_history)
    await bot.add_cog(cog)
