"""Claims and escalations: noted, shown on the card, and told to whom they concern."""

from typing import Any, Final

import discord

from bot.case import CaseFile
from bot.cogs.failures import translated
from bot.cogs.presses import Press
from bot.cogs.review_answers import tell
from bot.cogs.rooms import Rooms
from bot.cogs.words import ago
from bot.cogs.words import person as mention
from bot.language import marked, speaking, tr
from bot.ports import DiscordError

Click = discord.Interaction[Any]

_CARD: Final = "https://discord.com/channels/{guild}/{channel}/{message}"
_NEEDS: Final = marked("View Channel and Send Messages")
_NOBODY_CALLED: Final = marked(
    "It is escalated: people who may manage the server decide. Nobody was called, for no role is set for this; "
    "`/safeguild settings` sets one."
)
_NOT_PINGED: Final = marked(
    "It is escalated, but the role got no ping: allow everyone to mention it in its settings, or give me the "
    "permission “Mention @everyone, @here and All Roles”."
)


class CaseHandling:
    """What moderators agree on among each other."""

    def __init__(self, bot: discord.Client, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms

    async def handle(self, click: Click, case: CaseFile, press: Press) -> None:
        """Note it, and tell.

        Raises:
            UnknownCase, StoreUnavailable: nothing was noted.
        """
        await {
            Press.CLAIM: self._claim,
            Press.RELEASE: self._release,
            Press.ESCALATE: self._escalate,
            Press.CALM: self._calm,
        }[press](click, case)

    async def _claim(self, click: Click, case: CaseFile) -> None:
        before, now = case.holder, self._rooms.clock()
        await self._rooms.store.take_on(case.id, click.user.id, now)
        if before is not None and before.moderator_id == click.user.id:
            await tell(click, tr("You claimed it already, {when}.", when=ago(before.since)))
        elif before is not None:
            person = mention(before.moderator_id)
            await tell(click, tr("You have it now. Before you it was {person}: let them know.", person=person))

    async def _release(self, click: Click, case: CaseFile) -> None:
        if not await self._rooms.store.let_go(case.id, click.user.id, self._rooms.clock()):
            await tell(click, tr("Nobody had claimed it."))

    async def _calm(self, click: Click, case: CaseFile) -> None:
        if not await self._rooms.store.calm(case.id, click.user.id, self._rooms.clock()):
            await tell(click, tr("It was not escalated."))

    async def _escalate(self, click: Click, case: CaseFile) -> None:
        if not await self._rooms.store.escalate(case.id, click.user.id, self._rooms.clock()):
            await tell(click, tr("It was escalated already."))
            return
        role_id = self._rooms.guild_book.settings(case.guild_id).escalation_role
        if role_id is None or role_id == case.guild_id:
            await tell(click, tr(_NOBODY_CALLED))
            return
        try:
            await self._call(click, case, role_id)
            if not _can_ping(click.guild, role_id):
                await tell(click, tr(_NOT_PINGED))
        except DiscordError as failure:
            await tell(click, tr("It is escalated, but nobody could be called: {reason}", reason=str(failure)))

    async def _call(self, click: Click, case: CaseFile, role_id: int) -> None:
        """Once: it was noted before. The only message of the bot that pings anybody."""
        channel_id = self._rooms.guild_book.settings(case.guild_id).review_channel or click.channel_id
        if channel_id is None:
            return
        channel = self._bot.get_partial_messageable(channel_id, guild_id=case.guild_id)
        with speaking(self._rooms.language(case.guild_id)):
            text = tr(
                "<@&{role}>: {person} asks you to decide on [case {number}]({link}).",
                role=role_id,
                person=mention(click.user.id),
                number=case.id,
                link=_card_link(case),
            )
        called = discord.AllowedMentions(everyone=False, users=False, roles=[discord.Object(role_id)])
        with translated(_NEEDS):
            await channel.send(text, nonce=f"call-{case.id:x}"[:25], allowed_mentions=called)


def _can_ping(guild: discord.Guild | None, role_id: int) -> bool:
    """Discord turns a mention into a ping only where the role, or our permission, allows it."""
    role = guild.get_role(role_id) if guild else None
    return (
        guild is not None
        and role is not None
        and (role.mentionable or guild.me.guild_permissions.mention_everyone)
    )


def _card_link(case: CaseFile) -> str:
    """Where the card hangs; the message itself, if none does."""
    if case.card is None or case.card.message_id is None:
        return _CARD.format(guild=case.guild_id, channel=case.message.channel_id, message=case.message.id)
    return _CARD.format(guild=case.guild_id, channel=case.card.channel_id, message=case.card.message_id)
