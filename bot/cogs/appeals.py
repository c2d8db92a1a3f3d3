"""Appeals: the button under a member's notice, and the buttons under an appeal's card.

A form has to be the first answer to a press, so little is asked before it is shown, within a second; everything is
checked again when the form is sent off.
"""

import asyncio
import re
from typing import Any, Final

import discord
import structlog

from bot.case import Action, CaseFile
from bot.cogs.appeals_face import AppealPress, card_items, notice_items
from bot.cogs.cases import case_leaf
from bot.cogs.cases_pages_view import Leaf, show
from bot.cogs.client import SafeguildBot, answer
from bot.cogs.failures import FAILURES, translation
from bot.cogs.forms import Typed
from bot.cogs.people import person, place_of
from bot.cogs.plainly import UNKNOWN_CASE, Declined, plainly, said
from bot.cogs.replies import NOT_READY, Reply, reply
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.cogs.words import ago, at
from bot.cogs.words import person as mention
from bot.cogs.words_form import WORDS, Click, Question, WordsForm
from bot.language import tr
from bot.ports import StoreError, UnknownCase
from bot.records.appeals import Answer, AppealState
from bot.review.access import Person, refusal_without_target
from bot.review.appeal_cards import with_case
from bot.review.appeal_court import AppealCourt, NotTaken
from bot.review.appeals import LONGEST_ANSWER, LONGEST_APPEAL, Appealed, objection_to_answer

_log = structlog.get_logger(__name__)

APPEAL_FORM: Final = re.compile(r"appeal-form:(?P<case>[1-9][0-9]{0,18})")
ANSWER_FORM: Final = re.compile(r"appeal-answer:(?P<appeal>[1-9][0-9]{0,18}):(?P<press>grant|reject)")
_BEFORE_A_FORM: Final = 1.2
"""Seconds that may be spent before a form is shown: Discord waits for three."""


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Let the buttons and forms of every notice and every card, also of those of an earlier process, come here."""
    desk = AppealDesk(bot, rooms)
    bot.add_dynamic_items(notice_items(desk.notice_pressed), card_items(desk.card_pressed))
    bot.forms.hear(APPEAL_FORM, desk.appeal_sent)
    bot.forms.hear(ANSWER_FORM, desk.answer_sent)


class AppealDesk:
    """Takes the presses of members and of moderators."""

    def __init__(self, bot: discord.Client, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms

    @property
    def _court(self) -> AppealCourt:
        if self._rooms.appeals is None:
            raise RuntimeError("the rooms have no court of appeals")
        return self._rooms.appeals

    async def notice_pressed(self, click: Click, case_id: int) -> None:
        """A member wants to appeal: show the form, or what became of the appeal they made."""
        objection = await _in_time(self._before_appeal(click, case_id))
        if objection is not None:
            await answer(click, objection)
            return
        question = Question(
            title=tr("Appeal"),
            label=tr("Why should it be looked at again?"),
            description=tr("The moderators read this. You can appeal once."),
            longest=LONGEST_APPEAL,
        )
        await _show(click, WordsForm(question, f"appeal-form:{case_id}"))

    async def appeal_sent(self, sent: Click, match: re.Match[str], typed: Typed) -> None:
        """A member has written why."""
        text = typed.text(WORDS, LONGEST_APPEAL)
        await reply(sent, plainly(self._hand_in(sent, int(match["case"]), text)), text)

    async def card_pressed(self, click: Click, appeal_id: int, press: AppealPress) -> None:
        """A moderator wants to answer: show the form, or the case."""
        if press is AppealPress.CASE:
            await show(click, self._case_shown(click, appeal_id))
            return
        objection = await _in_time(self._before_answer(click, appeal_id))
        if objection is not None:
            await answer(click, objection)
            return
        granted = press is AppealPress.GRANT
        question = Question(
            title=tr("Grant the appeal") if granted else tr("Reject the appeal"),
            label=tr("What do you tell the member?"),
            description=tr("They get this by direct message. Your name is not told."),
            longest=LONGEST_ANSWER,
            required=not granted,
        )
        await _show(click, WordsForm(question, f"appeal-answer:{appeal_id}:{press}"))

    async def answer_sent(self, sent: Click, match: re.Match[str], typed: Typed) -> None:
        """A moderator has written what the member is told."""
        text = typed.text(WORDS, LONGEST_ANSWER)
        granted = match["press"] == AppealPress.GRANT
        await reply(sent, plainly(self._answer(sent, int(match["appeal"]), text, granted=granted)), text)

    async def _before_appeal(self, click: Click, case_id: int) -> str | None:
        """What is in the way of the form, or what is to be told instead."""
        try:
            await self._check_guild(case_id)
            before = await self._court.may_hand_in(case_id, click.user.id)
        except UnknownCase:
            return tr("This is not known any more: cases are kept for a limited time only.")
        except NotTaken as reason:
            return str(reason)
        return None if before is None else _about_earlier(before)

    async def _check_guild(self, case_id: int) -> None:
        """Where the operator does not let the bot work, it takes nothing. Raises UnknownCase."""
        case = await self._rooms.store.case(case_id)
        if not self._rooms.allows(case.guild_id):
            raise UnknownCase(f"Case {case_id} is of a guild that is not allowed.")

    async def _hand_in(self, click: Click, case_id: int, text: str) -> Reply:
        if not text:
            raise Declined(tr("You wrote nothing, so nothing was sent. Press the button again."))
        await self._check_guild(case_id)
        try:
            appealed, mine = await self._court.hand_in(case_id, click.user.id, text)
        except NotTaken as reason:
            raise Declined(str(reason)) from None
        if not mine:
            raise Declined(_about_earlier(appealed))
        guild = self._bot.get_guild(appealed.case.guild_id)
        return said(
            tr(
                "Your appeal is with the moderators of {server}. You will be told here what they say.",
                server=escaped(guild.name, 120) if guild else tr("the server"),
            )
        )

    async def _before_answer(self, click: Click, appeal_id: int) -> str | None:
        try:
            await self._appealed(click, appeal_id)
        except Declined as reason:
            return str(reason)
        return None

    async def _answer(self, click: Click, appeal_id: int, text: str, *, granted: bool) -> Reply:
        appealed = await self._appealed(click, appeal_id)
        if not granted and not text:
            raise Declined(tr("You wrote nothing, so nothing was sent. Press the button again."))
        if granted and appealed.stands:
            await self._check_undoing(click, appealed.case)
        given = Answer(click.user.id, self._rooms.clock(), granted, text)
        answered = await self._court.answer(appeal_id, given)
        if answered is None:
            raise Declined(tr(UNKNOWN_CASE))
        appeal, mine = answered
        if not mine and appeal.answer is not None:
            raise Declined(_too_late(appeal.answer))
        if granted:
            return said(tr("Granted. The card says what could be taken back, and whether the member was told."))
        return said(tr("Rejected. The card says whether the member was told."))

    async def _check_undoing(self, click: Click, case: CaseFile) -> None:
        """Who grants takes back, and that takes the same permissions. Raises Declined or DiscordError."""
        guild, member = click.guild, click.user
        if guild is None or guild.unavailable or not isinstance(member, discord.Member):
            raise Declined(tr(NOT_READY))
        place = await place_of(guild, case.message.channel_id)
        actor, bot = person(member, place), person(guild.me, place)
        settings = self._rooms.guild_book.settings(guild.id)
        if objection := refusal_without_target(Action.UNDO, case, guild.id, settings, actor, bot):
            raise Declined(objection)

    async def _appealed(self, click: Click, appeal_id: int) -> Appealed:
        """An open appeal that this person may answer.

        Raises:
            Declined: there is none, or they may not.
        """
        appealed = await self._seen(click, appeal_id)
        if appealed.appeal.answer is not None:
            raise Declined(_too_late(appealed.appeal.answer))
        settings = self._rooms.guild_book.settings(appealed.case.guild_id)
        guild_id, actor = appealed.case.guild_id, _actor(click)
        if objection := objection_to_answer(appealed, guild_id, settings, actor, self._rooms.clock()):
            raise Declined(objection)
        return appealed

    async def _seen(self, click: Click, appeal_id: int) -> Appealed:
        """An appeal of this guild. Others are not even known to exist."""
        appeal = await self._rooms.store.appeal(appeal_id)
        if appeal is None or appeal.guild_id != click.guild_id or not self._rooms.allows(click.guild_id):
            raise Declined(tr(UNKNOWN_CASE))
        return await with_case(self._rooms.store, appeal)

    async def _case_shown(self, click: Click, appeal_id: int) -> Leaf:
        appealed = await self._seen(click, appeal_id)
        return await case_leaf(self._rooms, click, appealed.case.id)


def _actor(click: Click) -> Person:
    if not isinstance(click.user, discord.Member) or click.guild is None or click.guild.unavailable:
        raise Declined(tr(NOT_READY))
    return person(click.user, None)


def _too_late(given: Answer) -> str:
    return tr(
        "{person} has answered this appeal already, {when}.",
        person=mention(given.moderator_id),
        when=ago(given.given_at),
    )


def _about_earlier(before: Appealed) -> str:
    """What a member is told who has appealed already."""
    made = at(before.appeal.made_at)
    if before.appeal.state is AppealState.OPEN:
        return tr("You appealed on {date}. The moderators have not answered yet; you will be told.", date=made)
    if before.appeal.state is AppealState.GRANTED:
        return tr("You appealed on {date}, and your appeal was granted.", date=made)
    return tr("You appealed on {date}, and the decision stands. It can be appealed once.", date=made)


async def _in_time(check: Any) -> str | None:
    """What the check comes to; when it takes too long, that."""
    try:
        async with asyncio.timeout(_BEFORE_A_FORM):
            objection: str | None = await check
    except TimeoutError:
        return tr("I have too much to do right now. Please try again in a minute.")
    except StoreError as error:
        _log.error("a press found the store away", reason=str(error))
        return tr("My memory does not answer. Please try again in a minute.")
    return objection


async def _show(click: Click, form: WordsForm) -> None:
    try:
        await click.response.send_modal(form)
    except FAILURES as error:
        _log.warning("a form could not be shown", guild=click.guild_id, reason=str(translation(error)))
