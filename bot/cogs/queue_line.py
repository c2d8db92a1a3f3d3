"""The one line in a review channel that says how many cases wait without a card."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import discord
from discord.ui import Button, View

from bot.cogs.buttons import pressable
from bot.cogs.failures import translated
from bot.cogs.queue_page import breakdown
from bot.cogs.queue_state import QueuePress, QueueState, is_line_id
from bot.language import Language, marked, speaking, tr, tr_n
from bot.records.reports import Waiting

_POST_NEEDS: Final = marked("View Channel, Send Messages and Embed Links")
_FIND_NEEDS: Final = marked("View Channel and Read Message History")
_SEARCHED: Final = 1000
"""Messages of a review channel that are looked through for the line, at most."""


class DiscordLines:
    """`LineBoard` over Discord's REST interface."""

    def __init__(self, client: discord.Client, language: Callable[[int], Language]) -> None:
        """`language`: of a guild's cards."""
        self._client = client
        self._language = language

    async def post_line(self, guild_id: int, channel_id: int, begun_at: datetime, waiting: Waiting) -> int:
        """See `LineBoard`. The nonce keeps Discord from posting one begun line twice."""
        channel = self._client.get_partial_messageable(channel_id, guild_id=guild_id)
        with speaking(self._language(guild_id)), translated(_POST_NEEDS):
            line = await channel.send(
                embed=_embed(waiting),
                view=_view(),
                nonce=f"line-{int(begun_at.timestamp() * 1000):x}",
                allowed_mentions=discord.AllowedMentions.none(),
            )
        return line.id

    async def update_line(self, guild_id: int, channel_id: int, message_id: int, waiting: Waiting) -> None:
        """See `LineBoard`."""
        channel = self._client.get_partial_messageable(channel_id, guild_id=guild_id)
        with speaking(self._language(guild_id)), translated(_POST_NEEDS):
            await channel.get_partial_message(message_id).edit(
                embed=_embed(waiting), view=_view(), allowed_mentions=discord.AllowedMentions.none()
            )

    async def remove_line(self, channel_id: int, message_id: int) -> None:
        """See `LineBoard`."""
        channel = self._client.get_partial_messageable(channel_id)
        with translated(_POST_NEEDS):
            await channel.get_partial_message(message_id).delete()

    async def find_line(self, channel_id: int, since: datetime) -> int | None:
        """See `LineBoard`."""
        channel = self._client.get_partial_messageable(channel_id)
        with translated(_FIND_NEEDS):
            async for message in channel.history(limit=_SEARCHED, after=since, oldest_first=True):
                if self._is_line(message):
                    return message.id
        return None

    def _is_line(self, message: discord.Message) -> bool:
        ours = self._client.user is not None and message.author.id == self._client.user.id
        return ours and any(is_line_id(button.custom_id) for button in pressable(message))


def _embed(waiting: Waiting) -> discord.Embed:
    told = tr_n(
        "**{count} more case waits** without a card: {severities}.",
        "**{count} more cases wait** without cards: {severities}.",
        waiting.total,
        severities=breakdown(waiting),
    )
    how = tr("Cards appear as room is made for them, the gravest first. The queue shows all of them.")
    return discord.Embed(description=f"{told}\n{how}", colour=discord.Colour.gold())


def _view() -> View:
    view = View(timeout=None)
    view.add_item(
        Button(
            label=tr("Open the queue"),
            style=discord.ButtonStyle.primary,
            custom_id=QueueState().custom_id(QueuePress.OPEN),
        )
    )
    view.stop()
    return view
