"""The review channels: posts cards, brings them up to date and finds them again."""

from collections import OrderedDict
from datetime import datetime

import discord
from discord.abc import GuildChannel

from bot.case import CaseFile
from bot.cogs.buttons import case_of, pressable
from bot.cogs.card_drawing import CardDrawing
from bot.cogs.failures import translated
from bot.cogs.places import shows_history
from bot.language import marked, tr
from bot.ports import Gone, Refused

_POST_NEEDS = marked("View Channel, Send Messages and Embed Links")
_FIND_NEEDS = marked("View Channel and Read Message History")
_HIDDEN = marked(
    "Whether this card hangs already cannot be seen. Give the bot's role the permission Read Message History in "
    "the review channel."
)
_SEARCHED = 5000
"""Messages of a review channel that are looked through for one card, at most."""
_REMEMBERED = 1000


class DiscordBoard:
    """`Board` over Discord's REST interface."""

    def __init__(self, client: discord.Client, drawing: CardDrawing) -> None:
        self._client = client
        self._drawing = drawing
        self._taken_down: OrderedDict[int, int] = OrderedDict()

    async def post(self, case: CaseFile, channel_id: int) -> int:
        """Hang up a new card and return its message id. See `bot.ports.Board`."""
        channel = self._client.get_partial_messageable(channel_id, guild_id=case.guild_id)
        drawn = await self._drawing.draw(case, channel_id)
        with translated(_POST_NEEDS):
            card = await channel.send(
                embed=drawn.embed,
                view=drawn.view,
                nonce=self._nonce(case.id),
                allowed_mentions=discord.AllowedMentions.none(),
            )
        return card.id

    async def update(self, case: CaseFile, channel_id: int, message_id: int) -> None:
        """Let a card show the case as it is now."""
        channel = self._client.get_partial_messageable(channel_id, guild_id=case.guild_id)
        drawn = await self._drawing.draw(case, channel_id)
        try:
            with translated(_POST_NEEDS):
                await channel.get_partial_message(message_id).edit(
                    embed=drawn.embed, view=drawn.view, allowed_mentions=discord.AllowedMentions.none()
                )
        except Gone:
            self._remember_as_taken_down(case.id, message_id)
            raise

    async def find(self, case_id: int, channel_id: int, since: datetime) -> int | None:
        """Look through our own messages since a moment for the card of a case; its message id.

        Every card keeps a button with the case's id, whatever state it shows. Where history is not shown to us it
        looks empty, and nothing can be told from that.
        """
        known = self._client.get_channel(channel_id)
        if isinstance(known, GuildChannel | discord.Thread) and not shows_history(known):
            raise Refused(tr(_HIDDEN))
        channel = self._client.get_partial_messageable(channel_id)
        with translated(_FIND_NEEDS):
            async for message in channel.history(limit=_SEARCHED, after=since, oldest_first=True):
                if self._is_card_of(case_id, message):
                    return message.id
        return None

    def _is_card_of(self, case_id: int, message: discord.Message) -> bool:
        ours = self._client.user is not None and message.author.id == self._client.user.id
        return ours and any(case_of(button.custom_id) == case_id for button in pressable(message))

    def _nonce(self, case_id: int) -> str:
        """Discord answers a second message with the same nonce, minutes later even, with the first one.

        So a retry makes no second card. A card that people took down must not be the answer, though: the one
        that follows it has another nonce.
        """
        return f"card-{case_id:x}-{self._taken_down.get(case_id, 0) & 0xFFF:x}"

    def _remember_as_taken_down(self, case_id: int, message_id: int) -> None:
        self._taken_down[case_id] = message_id >> 22  # when it was posted: different for every card
        if len(self._taken_down) > _REMEMBERED:
            self._taken_down.popitem(last=False)
