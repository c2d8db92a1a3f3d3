"""A case as it is drawn for one place: in the guild's language, with what everybody there may read."""

from collections.abc import Callable
from dataclasses import dataclass

import discord
from discord.ui import View

from bot.case import CaseFile
from bot.cogs.buttons import buttons
from bot.cogs.card_face import Sight, face
from bot.cogs.card_sight import outsiders
from bot.cogs.people import place_of
from bot.guilds.settings import GuildSettings
from bot.language import Language, speaking, tr
from bot.ports import DiscordAway
from bot.review.care import Hidden


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card, ready to be sent."""

    embed: discord.Embed
    view: View


class CardDrawing:
    """Draws cards for the channels that they hang in."""

    def __init__(
        self,
        client: discord.Client,
        settings: Callable[[int], GuildSettings],
        language: Callable[[int], Language],
    ) -> None:
        """`settings` and `language` of a guild, as they are now."""
        self._client = client
        self._settings = settings
        self._language = language

    async def draw(self, case: CaseFile, channel_id: int) -> Drawn:
        """The card of a case, for the readers of a channel.

        Raises:
            DiscordAway: nobody knows yet who they are.
        """
        with speaking(self._language(case.guild_id)):
            sight = await self._sight(case, channel_id)
            return Drawn(face(case, sight), buttons(case, sight.hidden))

    async def _sight(self, case: CaseFile, channel_id: int) -> Sight:
        guild = self._client.get_guild(case.guild_id)
        if guild is None or guild.unavailable:
            raise DiscordAway(tr("Discord has not told me about this server yet."))
        source = await place_of(guild, case.message.channel_id)
        kept_out = outsiders(source, guild.get_channel_or_thread(channel_id))
        hidden = Hidden.PRIVATE if kept_out else None
        return Sight(hidden, kept_out or "", blurred=self._settings(case.guild_id).blur)
