"""Appeals on Discord: their cards in the review channels, and the answers to members by direct message."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

import discord
from discord.abc import GuildChannel

from bot.cogs.appeals_face import appeal_buttons, appeal_face, appeal_id_of
from bot.cogs.buttons import pressable
from bot.cogs.failures import translated
from bot.cogs.places import shows_history
from bot.cogs.safe_text import code_block, escaped
from bot.cogs.words import outcome_line
from bot.language import Language, marked, speaking, tr
from bot.ports import Gone, Refused
from bot.review.appeals import Appealed

_POST_NEEDS = marked("View Channel, Send Messages and Embed Links")
_FIND_NEEDS = marked("View Channel and Read Message History")
_HIDDEN = marked(
    "Whether this card hangs already cannot be seen. Give the bot's role the permission Read Message History in "
    "the review channel."
)
_SEARCHED = 5000
"""Messages of a review channel that are looked through for one card, at most."""
_REMEMBERED = 1000


class DiscordAppealBoard:
    """`AppealBoard` over Discord's REST interface."""

    def __init__(self, client: discord.Client, language: Callable[[int], Language]) -> None:
        """`language`: of a guild's cards."""
        self._client = client
        self._language = language
        self._taken_down: OrderedDict[int, int] = OrderedDict()
        """{appeal id: the card that people took down}."""

    async def post(self, appealed: Appealed, channel_id: int) -> int:
        """Hang up a new card and return its message id. See `AppealBoard`."""
        appeal = appealed.appeal
        channel = self._client.get_partial_messageable(channel_id, guild_id=appeal.guild_id)
        with speaking(self._language(appeal.guild_id)), translated(_POST_NEEDS):
            card = await channel.send(
                embed=appeal_face(appealed),
                view=appeal_buttons(appeal),
                nonce=self._nonce(appeal.id),
                allowed_mentions=discord.AllowedMentions.none(),
            )
        return card.id

    async def update(self, appealed: Appealed, channel_id: int, message_id: int) -> None:
        """Let a card show the appeal as it is now."""
        appeal = appealed.appeal
        channel = self._client.get_partial_messageable(channel_id, guild_id=appeal.guild_id)
        try:
            with speaking(self._language(appeal.guild_id)), translated(_POST_NEEDS):
                await channel.get_partial_message(message_id).edit(
                    embed=appeal_face(appealed),
                    view=appeal_buttons(appeal),
                    allowed_mentions=discord.AllowedMentions.none(),
                )
        except Gone:
            self._remember_as_taken_down(appeal.id, message_id)
            raise

    async def find(self, appeal_id: int, channel_id: int, since: datetime) -> int | None:
        """Look through our own messages since a moment for the card of an appeal. See `AppealBoard`."""
        known = self._client.get_channel(channel_id)
        if isinstance(known, GuildChannel | discord.Thread) and not shows_history(known):
            raise Refused(tr(_HIDDEN))
        channel = self._client.get_partial_messageable(channel_id)
        with translated(_FIND_NEEDS):
            async for message in channel.history(limit=_SEARCHED, after=since, oldest_first=True):
                ours = self._client.user is not None and message.author.id == self._client.user.id
                if ours and any(appeal_id_of(button.custom_id) == appeal_id for button in pressable(message)):
                    return message.id
        return None

    def _nonce(self, appeal_id: int) -> str:
        """A retry makes no second card, and a card that people took down is not taken for the next one."""
        return f"appeal-{appeal_id:x}-{self._taken_down.get(appeal_id, 0) & 0xFFF:x}"

    def _remember_as_taken_down(self, appeal_id: int, message_id: int) -> None:
        self._taken_down[appeal_id] = message_id >> 22  # when it was posted: different for every card
        if len(self._taken_down) > _REMEMBERED:
            self._taken_down.popitem(last=False)


class DirectMessages:
    """`MemberPost`: tells members what became of their appeals, in the language that is spoken now."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def tell(self, appealed: Appealed) -> None:
        """Send the answer to the member. Raises DiscordAway or Refused, which Gone is too."""
        appeal = appealed.appeal
        with translated():
            channel = await self._client.create_dm(discord.Object(appeal.member_id))
            await channel.send(
                embed=self._letter(appealed),
                nonce=f"answer-{appeal.id:x}",
                allowed_mentions=discord.AllowedMentions.none(),
            )

    def _letter(self, appealed: Appealed) -> discord.Embed:
        appeal, answer = appealed.appeal, appealed.appeal.answer
        assert answer is not None
        guild = self._client.get_guild(appeal.guild_id)
        server = escaped(guild.name, 120) if guild else tr("the server")
        lines = [
            tr("The moderators of {server} have looked at it again and **granted your appeal**.", server=server)
            if answer.granted
            else tr("The moderators of {server} have looked at it again. **The decision stands.**", server=server)
        ]
        if answer.granted and appeal.outcome:
            lines.append(outcome_line(appeal.outcome, 600))
        if answer.text:
            lines.append(tr("They write:"))
            lines.append(code_block(answer.text, 1200)[0])
        return discord.Embed(title=tr("Your appeal"), description="\n".join(lines))
