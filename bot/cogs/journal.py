"""One log line for each turn of the connection's life: connected, resumed, a guild joined or left. Ids only."""

import discord
import structlog
from discord.ext import commands

from bot.cogs.rooms import Rooms

_log = structlog.get_logger(__name__)


class JournalCog(commands.Cog):
    """Writes the lines."""

    def __init__(self, bot: commands.Bot, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """A new session, and every guild that is available is known."""
        guilds = self._bot.guilds
        allowed = sum(self._rooms.allows(guild.id) for guild in guilds)
        _log.info("connected to Discord", guilds=len(guilds), worked_in=allowed)

    @commands.Cog.listener()
    async def on_resumed(self) -> None:
        """The session went on: nothing was missed."""
        _log.info("connection to Discord resumed")

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited."""
        _log.info("joined a server", guild_id=guild.id, worked_in=self._rooms.allows(guild.id))

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed, or the guild deleted; it is purged now."""
        _log.info("left a server", guild_id=guild.id)

    @commands.Cog.listener()
    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """Discord has an outage that this guild is part of. Nothing of it is forgotten."""
        _log.warning("a server is unavailable at Discord", guild_id=guild.id)


async def setup_cog(bot: commands.Bot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(JournalCog(bot, rooms))
