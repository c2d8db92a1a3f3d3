"""Direct messages about what members asked to be erased."""

import discord

from bot.cogs.failures import translated
from bot.cogs.safe_text import escaped
from bot.language import language_of, speaking, tr
from bot.records.retention import ErasureRequest


class DiscordLetters:
    """`Letters` over Discord's REST interface."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def confirm(self, request: ErasureRequest) -> None:
        """Tell a member that what they wrote is erased. Raises DiscordAway or Refused."""
        guild = self._client.get_guild(request.guild_id)
        with speaking(language_of(request.language)), translated():
            server = escaped(guild.name, 120) if guild else tr("the server")
            text = tr(
                "What I kept of what you wrote in {server} is erased, as you asked me to. What is left says who, "
                "where, when, and what was decided. `/privacy show` in the server lists it.",
                server=server,
            )
            channel = await self._client.create_dm(discord.Object(request.member_id))
            await channel.send(
                embed=discord.Embed(title=tr("Your texts are erased"), description=text),
                nonce=f"erased-{request.guild_id:x}"[:25],
                allowed_mentions=discord.AllowedMentions.none(),
            )
