"""A click on a card: acknowledged at once, checked again, decided, and answered in every case."""

import asyncio
from datetime import datetime
from typing import Any

import discord
import structlog

from bot.cards import card
from bot.case import Action, CaseFile, CaseState, Decision
from bot.cogs.buttons import Press, buttons, handled_by, promised_timeout
from bot.cogs.card_face import face, version_seen
from bot.cogs.failures import FAILURES, translated, translation
from bot.cogs.people import Place, acting_moderator, member_of, person, place_of
from bot.cogs.reasoning import reasoning
from bot.cogs.rooms import Rooms
from bot.cogs.whole_requests import WholeRequests
from bot.cogs.words import ago, order
from bot.cogs.words import person as mention
from bot.ports import DiscordError, Refused, StoreError, UnknownCase
from bot.review.access import may_look, refusal
from bot.review.decisions import Ruling

_log = structlog.get_logger(__name__)

Click = discord.Interaction[Any]

_PATIENCE = 20.0
"""Seconds that looking up the people may take. Deciding itself is not cut short."""
_ACKNOWLEDGED_ALREADY = 40060
_UNKNOWN_CASE = "I do not know this case. It may have been forgotten: cases are kept for a limited time only."
_NOT_READY = "Discord has not told me about this server yet. Try again in a minute."
_NOT_OPEN = "This case is not open for decisions any more. The card shows how it stands."
_EDITED = (
    "The message was edited and flagged again after you opened this card, so nothing was dismissed. "
    "The card shows the newest version now: please look again."
)
_PUT_OFF = (
    "Your decision is kept. Discord does not let me carry it out right now; I keep trying, and the card will say "
    "when it is done."
)
_DEFECT = (
    "Something went wrong in me. Look at the card to see how the case stands, and tell the operator of the bot."
)


class Declined(Exception):
    """What was pressed is not done. The message says why, to the person who pressed."""


async def setup_cog(bot: discord.Client, rooms: Rooms) -> None:
    """Let the buttons of every card, also of those posted by an earlier process, come here."""
    bot.add_dynamic_items(handled_by(ReviewDesk(rooms).pressed))


class ReviewDesk:
    """Takes the clicks of moderators."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._requests = WholeRequests()

    async def pressed(self, click: Click, case_id: int, press: Press) -> None:
        """Answer a click. Raises nothing, and leaves no click without an answer."""
        if not await _acknowledge(click, press):
            return
        try:
            await self._answer(click, case_id, press)
        except (Declined, DiscordError, StoreError) as reason:
            await _tell(click, str(reason))
        except Exception as defect:  # noqa: BLE001 - whatever happens, the person who pressed is told
            _log.error("a click could not be worked on", case=case_id, press=press, exc_info=defect)
            await _tell(click, _DEFECT)

    async def _answer(self, click: Click, case_id: int, press: Press) -> None:
        case = await self._case(click, case_id)
        await self._check_access(click, case, press)
        if press.action is None:
            await _show_reasoning(click, case)
        else:
            await self._decide(click, case, press.action)

    async def _case(self, click: Click, case_id: int) -> CaseFile:
        """The case, if it is one of this guild. Others are not even known to exist."""
        try:
            case = await self._rooms.store.case(case_id)
        except UnknownCase:
            raise Declined(_UNKNOWN_CASE) from None
        if case.guild_id != click.guild_id or not self._rooms.allows(click.guild_id):
            raise Declined(_UNKNOWN_CASE)
        return case

    async def _check_access(self, click: Click, case: CaseFile, press: Press) -> None:
        """Ask for everything anew: roles, permissions and the author's place may have changed since the card."""
        member, bot = click.user, click.guild.me if click.guild else None
        if not isinstance(member, discord.Member) or bot is None or member.guild.default_role is None:
            raise Declined(_NOT_READY)
        settings = self._rooms.guild_book.settings(case.guild_id)
        with translated():
            async with asyncio.timeout(_PATIENCE):
                place, target = await self._requests.finish(_look_up(member.guild, case, press))
        actor = person(member, place)
        if press.action is None:
            reason = may_look(member.guild.id, case, settings, actor)
        else:
            them = person(target, place) if target else None
            reason = refusal(press.action, case, member.guild.id, settings, actor, person(bot, place), them)
        if reason:
            raise Declined(reason)

    async def _decide(self, click: Click, case: CaseFile, action: Action) -> None:
        if action is Action.DISMISS and _is_behind(click, case):
            await self._refresh(click, case)
            raise Declined(_EDITED)
        acting_moderator.set(click.user.name)
        try:
            ruling = await self._rooms.review.decide(_decision(click, case, action, self._rooms.clock()))
        except UnknownCase:
            await self._refresh(click, case)
            raise Declined(_NOT_OPEN) from None
        await self._refresh(click, case)
        if note := _note(ruling, click.user.id):
            await _tell(click, note)

    async def _refresh(self, click: Click, case: CaseFile) -> None:
        """Bring the card that was pressed up to date, through its interaction."""

        async def through(newest: CaseFile) -> None:
            await _edit(click, newest)
            if newest.card and click.message and newest.card.message_id not in (None, click.message.id):
                raise Refused("another card of the same case was pressed")

        await self._rooms.outbox.refresh(case.id, through)


def _decision(click: Click, case: CaseFile, action: Action, now: datetime) -> Decision:
    length = promised_timeout(click.message, case) if action is Action.TIMEOUT else None
    return Decision(case_id=case.id, action=action, moderator_id=click.user.id, decided_at=now, timeout=length)


async def _look_up(
    guild: discord.Guild, case: CaseFile, press: Press
) -> tuple[Place | None, discord.Member | None]:
    """Where the message is, and its author if the press is about them."""
    place = await place_of(guild, case.message.channel_id)
    return place, await member_of(guild, case.message.author_id) if _acts_on_author(press) else None


def _acts_on_author(press: Press) -> bool:
    return press.action not in (None, Action.DISMISS)


def _is_behind(click: Click, case: CaseFile) -> bool:
    """Whether the card that was pressed shows an older version than the one a decision would be about."""
    seen = version_seen(click.message)
    return seen is not None and seen < card(case).revision


def _note(ruling: Ruling, user_id: int) -> str | None:
    """What the person who pressed has to know beyond what the card shows."""
    if not ruling.mine:
        who = (
            "You have"
            if ruling.standing.moderator_id == user_id
            else f"{mention(ruling.standing.moderator_id)} has"
        )
        return f"{who} decided this already: {order(ruling.standing)}, {ago(ruling.standing.decided_at)}."
    if ruling.case.state is CaseState.FAILED:
        return f"This was not done. {ruling.case.outcome or ''}".rstrip()
    return _PUT_OFF if ruling.case.state is CaseState.DECIDED else None


async def _acknowledge(click: Click, press: Press) -> bool:
    """Tell Discord within its 3 seconds that the click has arrived, before anything else is done.

    Without that the person sees that it failed and presses again, so nothing is done for this click.
    """
    try:
        if press.action is None:
            await click.response.defer(ephemeral=True, thinking=True)
        else:
            await click.response.defer()
    except FAILURES as error:
        if isinstance(error, discord.HTTPException) and error.code == _ACKNOWLEDGED_ALREADY:
            return True  # discord.py tried twice, and the first try had arrived
        _log.warning("a click was not acknowledged in time", guild=click.guild_id, reason=str(translation(error)))
        return False
    return True


async def _show_reasoning(click: Click, case: CaseFile) -> None:
    answer = reasoning(case)
    with translated():
        await click.edit_original_response(
            embeds=answer.embeds, attachments=answer.files, allowed_mentions=discord.AllowedMentions.none()
        )


async def _edit(click: Click, case: CaseFile) -> None:
    """Edit the card that was pressed."""
    with translated():
        await click.edit_original_response(
            embed=face(case), view=buttons(case), allowed_mentions=discord.AllowedMentions.none()
        )


async def _tell(click: Click, text: str) -> None:
    """Say something to the person who pressed, and to nobody else."""
    quiet = discord.AllowedMentions.none()
    try:
        if click.response.type is discord.InteractionResponseType.deferred_channel_message:
            await click.edit_original_response(content=text, allowed_mentions=quiet)
        else:
            await click.followup.send(text, ephemeral=True, allowed_mentions=quiet)
    except FAILURES as error:
        _log.warning("an answer to a click did not arrive", guild=click.guild_id, reason=str(translation(error)))
