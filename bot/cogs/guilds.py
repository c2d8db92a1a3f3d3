"""Keeps the intake and the store up to date with the guilds the bot is in, and the channels it can read there."""

import asyncio
from collections.abc import Collection, Sequence
from typing import TypeAlias

import discord
import structlog
from discord.ext import commands

from bot.cogs.failures import FAILURES, MISSING_ACCESS, UNKNOWN_GUILD
from bot.cogs.rooms import Rooms
from bot.ports import StoreUnavailable

_log = structlog.get_logger(__name__)
SETTLING_SECONDS = 1.0
"""Discord tells of a role that is moved once for every role it passes: the channels are looked through once."""
PURGE_PAUSES = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds after a purge that failed. After the last one it is left to the next session."""

Spoken: TypeAlias = discord.TextChannel | discord.VoiceChannel | discord.StageChannel
"""Channels that hold messages. Forums and media channels hold threads only, categories hold channels."""
Place: TypeAlias = Spoken | discord.ForumChannel
"""Channels that hold messages or threads."""


class GuildsCog(commands.Cog):
    """Says which guilds and channels there are, and purges guilds that were left."""

    def __init__(self, bot: commands.Bot, rooms: Rooms, purge_pauses: tuple[float, ...] = PURGE_PAUSES) -> None:
        self._bot = bot
        self._rooms = rooms
        self._purge_pauses = purge_pauses
        self._readable: dict[int, frozenset[int]] = {}
        self._for_cards: dict[int, int | None] = {}
        """{guild id: what the bot may do in the review channel}: cards are tried again when that changes."""
        self._settling: dict[int, asyncio.TimerHandle] = {}

    async def cog_unload(self) -> None:
        """The bot stops."""
        for waiting in self._settling.values():
            waiting.cancel()
        self._settling.clear()

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A guild after a new session began, or after an outage."""
        self._see(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited."""
        self._see(guild)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed, or the guild deleted. An outage is another event, and changes nothing."""
        await self._purge(guild.id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """All guilds of the new session are known: look for those that were left while the bot was away."""
        for guild_id in await self._rooms.store.guilds():
            if self._bot.get_guild(guild_id) is None and await self._was_left(guild_id):
                await self._purge(guild_id)

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was made."""
        self._note(channel.guild.id, made=channel.id)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """A channel's permissions may have changed."""
        self._note_soon(channel.guild)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is gone."""
        self._note(channel.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """A role's permissions may have changed."""
        self._note_soon(role.guild)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """A role is gone, and what it allowed."""
        self._note_soon(role.guild)

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        """The bot's own roles may have changed; of other members Discord tells nothing without their intent."""
        if self._bot.user is not None and member.id == self._bot.user.id:
            self._note_soon(member.guild)

    @commands.Cog.listener()
    async def on_thread_create(self, thread: discord.Thread) -> None:
        """A thread or forum post was made."""
        self._see_thread(thread)

    @commands.Cog.listener()
    async def on_thread_join(self, thread: discord.Thread) -> None:
        """A thread left the archive, or became readable."""
        self._see_thread(thread)

    @commands.Cog.listener()
    async def on_thread_remove(self, thread: discord.Thread) -> None:
        """A thread can not be read any more."""
        self._lose_thread(thread.guild.id, thread.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, thread: discord.RawThreadDeleteEvent) -> None:
        """A thread is gone."""
        self._lose_thread(thread.guild_id, thread.thread_id)

    def _see(self, guild: discord.Guild) -> None:
        """Tell the intake of everything it can read in a guild, with the last message of each channel."""
        if not self._rooms.allows(guild.id):
            _log.warning("this server is not on the list of allowed ones and is ignored", guild_id=guild.id)
            return
        channels = _readable_channels(guild)
        self._readable[guild.id] = frozenset(channel.id for channel in channels)
        self._for_cards[guild.id] = self._allowed_for_cards(guild)
        spoken = [channel for channel in channels if isinstance(channel, Spoken)]
        threads = [thread for thread in guild.threads if _may_read(thread)]
        self._rooms.intake.guild_seen(
            guild.id,
            {place.id: place.last_message_id for place in (*spoken, *threads) if self._moderated(place)},
        )
        self._rooms.stir(guild.id)

    def _see_thread(self, thread: discord.Thread) -> None:
        if self._rooms.allows(thread.guild.id) and self._moderated(thread):
            self._rooms.intake.channel_seen(thread.guild.id, thread.id, thread.last_message_id)

    def _note_soon(self, guild: discord.Guild) -> None:
        """Look through a guild's channels once things have settled."""
        if guild.id not in self._settling:
            loop = asyncio.get_running_loop()
            self._settling[guild.id] = loop.call_later(SETTLING_SECONDS, self._note, guild.id)

    def _note(self, guild_id: int, made: int | None = None) -> None:
        """Tell the intake which channels became readable or unreadable since it was told last.

        Args:
            guild_id: the guild.
            made: the channel that was just made, if one was. Of all others Discord did not tell what was written
                in them while they were hidden.
        """
        if waiting := self._settling.pop(guild_id, None):
            waiting.cancel()
        guild = self._bot.get_guild(guild_id)
        before = self._readable.get(guild_id)
        if guild is None or guild.unavailable or before is None:
            return
        channels = {channel.id: channel for channel in _readable_channels(guild)}
        self._readable[guild_id] = frozenset(channels)
        self._tell_of_shown(guild, [channel for channel in channels.values() if channel.id not in before], made)
        self._tell_of_hidden(guild, before - channels.keys())
        self._stir_if_cards_may_pass(guild)

    def _tell_of_shown(self, guild: discord.Guild, channels: Sequence[Place], made: int | None) -> None:
        shown = {channel.id for channel in channels}
        spoken = [channel for channel in channels if isinstance(channel, Spoken)]
        threads = [thread for thread in guild.threads if thread.parent_id in shown]
        for place in (*spoken, *threads):
            if self._moderated(place):
                stale = place.id != made
                self._rooms.intake.channel_seen(guild.id, place.id, place.last_message_id, stale=stale)

    def _tell_of_hidden(self, guild: discord.Guild, channel_ids: Collection[int]) -> None:
        threads = [thread.id for thread in guild.threads if thread.parent_id in channel_ids]
        for place_id in (*channel_ids, *threads):
            self._rooms.intake.channel_gone(guild.id, place_id)

    def _stir_if_cards_may_pass(self, guild: discord.Guild) -> None:
        """Only when something about the review channel changed: what was refused would be refused again.

        A role that changes its colour every few seconds would else have us refused every few seconds.
        """
        allowed = self._allowed_for_cards(guild)
        if self._for_cards.get(guild.id) != allowed:
            self._for_cards[guild.id] = allowed
            self._rooms.stir(guild.id)

    def _allowed_for_cards(self, guild: discord.Guild) -> int | None:
        review_channel = self._rooms.guild_book.settings(guild.id).review_channel
        channel = guild.get_channel(review_channel) if review_channel else None
        return channel.permissions_for(guild.me).value if channel else None

    def _moderated(self, place: Spoken | discord.Thread) -> bool:
        parent_id = place.parent_id if isinstance(place, discord.Thread) else None
        return not self._rooms.is_review_place(place.guild.id, place.id, parent_id)

    def _lose_thread(self, guild_id: int, thread_id: int) -> None:
        if self._rooms.allows(guild_id):
            self._rooms.intake.channel_gone(guild_id, thread_id)

    async def _was_left(self, guild_id: int) -> bool:
        """Ask Discord. Only its own word that the guild is out of reach counts, no outage, no proxy's answer."""
        try:
            await self._bot.fetch_guild(guild_id, with_counts=False)
        except discord.HTTPException as error:
            return error.code in (UNKNOWN_GUILD, MISSING_ACCESS) and self._bot.get_guild(guild_id) is None
        except FAILURES as error:
            _log.warning("a server the bot is not in could not be asked for", guild_id=guild_id, exc_info=error)
        return False

    async def _purge(self, guild_id: int) -> None:
        """Forget a guild; what fails is tried again, at the latest when the next session begins."""
        self._readable.pop(guild_id, None)
        self._for_cards.pop(guild_id, None)
        for pause in self._purge_pauses:
            try:
                await self._rooms.purge(guild_id)
            except (StoreUnavailable, OSError) as error:
                _log.error("a server that was left could not be purged yet", guild_id=guild_id, exc_info=error)
                await asyncio.sleep(pause)
            else:
                _log.info("purged a server that was left", guild_id=guild_id)
                break
            if self._bot.get_guild(guild_id) is not None:
                break  # invited again, and perhaps set up anew
        if (guild := self._bot.get_guild(guild_id)) is not None:
            self._see(guild)


def _readable_channels(guild: discord.Guild) -> list[Place]:
    return [channel for channel in guild.channels if isinstance(channel, Place) and _may_read(channel)]


def _may_read(place: Place | discord.Thread) -> bool:
    """Whether the bot gets what is said there. Without Read Message History it does; the intake hears of that."""
    me: discord.Member | None = place.guild.me
    if me is None or (isinstance(place, discord.Thread) and place.parent is None):
        return True  # it cannot be told, and whoever is not let in will hear so from Discord
    permissions = place.permissions_for(me)
    may_enter = permissions.connect or not isinstance(place, discord.VoiceChannel | discord.StageChannel)
    return permissions.view_channel and may_enter


async def setup_cog(bot: commands.Bot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(GuildsCog(bot, rooms))
