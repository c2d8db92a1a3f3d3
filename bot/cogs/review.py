"""A press on a card or in a panel: acknowledged at once, checked again, done, and answered in every case."""

import re
from datetime import timedelta
from typing import Any, Final

import discord
import structlog

from bot.cards import card
from bot.case import Action, CaseFile, CaseState, Decision
from bot.cogs.actions_form import FORM_ID, NEEDS_FORM, ActionForm, filled_in, own_words, preview, previewed
from bot.cogs.card_drawing import CardDrawing
from bot.cogs.card_face import version_seen
from bot.cogs.client import SafeguildBot
from bot.cogs.failures import FAILURES, translated, translation
from bot.cogs.forms import Typed
from bot.cogs.people import acting_moderator
from bot.cogs.plainly import Declined
from bot.cogs.presses import Press, Pressed, handled_by
from bot.cogs.review_answers import QUIET, acknowledge, claim_of_another, give_back, note, tell, warn_of_claim
from bot.cogs.review_checks import ReviewChecks
from bot.cogs.review_handling import CaseHandling
from bot.cogs.review_showing import CaseShowing, open_example
from bot.cogs.rooms import Rooms
from bot.language import marked, speaking, tr
from bot.ports import DiscordError, Refused, StoreError, UnknownCase
from bot.review.offers import timeout_for

_log = structlog.get_logger(__name__)

Click = discord.Interaction[Any]

_NOT_OPEN: Final = marked("This case is not open for decisions any more. The card shows how it stands.")
_EDITED: Final = marked(
    "The message was edited and flagged again after you opened this card, so nothing was dismissed. "
    "The card shows the newest version now: please look again."
)
_DEFECT: Final = marked(
    "Something went wrong in me. Look at the card to see how the case stands, and tell the operator of the bot."
)
_CHANGING: Final = frozenset({Press.CLAIM, Press.RELEASE, Press.ESCALATE, Press.CALM})
_FORMS: Final = NEEDS_FORM | {Press.EXAMPLE}
"""What is answered with a form, which Discord takes as the first answer only."""


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Let the buttons and the forms of every card, also of those of an earlier process, come here."""
    desk = ReviewDesk(bot, rooms)
    bot.add_dynamic_items(*handled_by(desk.pressed))
    bot.forms.hear(FORM_ID, desk.sent)


class ReviewDesk:
    """Takes the presses of moderators."""

    def __init__(self, bot: discord.Client, rooms: Rooms) -> None:
        self._rooms = rooms
        self._checks = ReviewChecks(rooms)
        self._drawing = CardDrawing(bot, rooms.guild_book.settings, rooms.language)
        self._handling = CaseHandling(bot, rooms)
        self._showing = CaseShowing(rooms)

    async def pressed(self, click: Click, case_id: int, press: Pressed) -> None:
        """Answer a press. Raises nothing, and leaves no press without an answer."""
        if press.press in _FORMS:
            await self._answered(click, case_id, press, self._open_form)
        elif await acknowledge(click, answers=_answers(press)):
            await self._answered(click, case_id, press, self._work)

    async def sent(self, click: Click, match: re.Match[str], typed: Typed) -> None:
        """Answer a form that was sent off. Raises nothing."""
        chosen, reason = filled_in(Pressed.of(match), typed)

        async def decide(click: Click, case: CaseFile, press: Pressed) -> None:
            await self._checks.admitted(click, case, press)
            await self._decide(click, case, press, reason)

        if await acknowledge(click, answers=False):
            await self._answered(click, int(match["case"]), chosen, decide, reason)

    async def _answered(self, click: Click, case_id: int, press: Pressed, work: Any, words: str = "") -> None:
        """`words`: what was typed. When nothing is done, the person gets it back."""
        case: CaseFile | None = None
        try:
            case = await self._checks.case(click, case_id)
            await work(click, case, press)
        except (Declined, DiscordError, StoreError) as reason:
            await give_back(click, str(reason), own_words(words, case))
        except FAILURES as failure:
            _log.warning("a press was not answered", guild=click.guild_id, reason=str(translation(failure)))
        except Exception as defect:  # noqa: BLE001 - whatever happens, the person who pressed is told
            _log.error("a click could not be worked on", case=case_id, press=press.word, exc_info=defect)
            await give_back(click, tr(_DEFECT), own_words(words, case))

    async def _open_form(self, click: Click, case: CaseFile, press: Pressed) -> None:
        if objection := self._checks.quick_objection(click, case, press):
            raise Declined(objection)
        if press.press is Press.EXAMPLE:
            await open_example(click, case)
            return
        await click.response.send_modal(ActionForm(case, press, self._told(click, case, press)))

    def _told(self, click: Click, case: CaseFile, press: Pressed) -> str:
        """What stands above the fields of a form: who is on it, and what the member will read."""
        decision = previewed(case, press, self._decision(click, case, press, ""))
        settings = self._rooms.guild_book.settings(case.guild_id)
        server = click.guild.name if click.guild else ""
        claim = claim_of_another(case) if _is_anothers(click, case) else ""
        with speaking(self._rooms.language(case.guild_id)):
            told = preview(
                case, decision, settings, server, quotes=self._checks.can_read(click, case), chosen=False
            )
        return "\n\n".join(filter(None, (claim, told)))

    async def _work(self, click: Click, case: CaseFile, press: Pressed) -> None:
        present = await self._checks.admitted(click, case, press)
        if press.press in _CHANGING:
            await self._handling.handle(click, case, press.press)
            await self._refresh(click, case)
        elif press.action is None:
            await self._showing.show(click, case, press.press, present)
        elif _is_anothers(click, case) and not press.anyway:
            await warn_of_claim(click, case, press, card(case).revision)
        else:
            await self._decide(click, case, press, "")

    async def _decide(self, click: Click, case: CaseFile, press: Pressed, reason: str) -> None:
        if press.action is Action.DISMISS and _is_behind(click, case):
            await self._refresh(click, case)
            raise Declined(tr(_EDITED))
        acting_moderator.set(click.user.name)
        try:
            ruling = await self._rooms.review.decide(self._decision(click, case, press, reason))
        except UnknownCase:
            await self._refresh(click, case)
            raise Declined(tr(_NOT_OPEN)) from None
        await self._refresh(click, case)
        said = note(ruling, click.user.id)
        if said and not ruling.mine:
            raise Declined(said)
        if said:
            await tell(click, said)

    def _decision(self, click: Click, case: CaseFile, press: Pressed, reason: str) -> Decision:
        assert press.action is not None
        return Decision(
            case_id=case.id,
            action=press.action,
            moderator_id=click.user.id,
            decided_at=self._rooms.clock(),
            timeout=(press.timeout or timeout_for(case)) if press.press is Press.TIMEOUT else None,
            also_delete=press.also_delete,
            delete_history=press.delete_history if press.press is Press.BAN else timedelta(0),
            reason=reason,
        )

    async def _refresh(self, click: Click, case: CaseFile) -> None:
        """Bring the card that was pressed up to date, through its interaction."""

        async def through(newest: CaseFile) -> None:
            await self._redraw(click, newest)
            if newest.card and click.message and newest.card.message_id not in (None, click.message.id):
                raise Refused("another message about the same case was pressed")

        await self._rooms.outbox.refresh(case.id, through)

    async def _redraw(self, click: Click, case: CaseFile) -> None:
        """A card shows the case as it is now; a panel, which is done with, says that it is."""
        if click.message and click.message.flags.ephemeral and version_seen(click.message) is None:
            with translated():
                await click.edit_original_response(
                    content=tr("Done. The card shows how the case stands."), embed=None, view=None
                )
            return
        drawn = await self._drawing.draw(case, click.channel_id or 0)
        with translated():
            await click.edit_original_response(embed=drawn.embed, view=drawn.view, allowed_mentions=QUIET)


def _answers(press: Pressed) -> bool:
    """Whether a press is answered with something to read, and not by changing the card."""
    return press.action is None and press.press not in _CHANGING


def _is_anothers(click: Click, case: CaseFile) -> bool:
    """Whether somebody else is on a case. With a decision, a claim has done what it is for."""
    waits = case.state in (CaseState.OPEN, CaseState.FAILED)
    return waits and case.holder is not None and case.holder.moderator_id != click.user.id


def _is_behind(click: Click, case: CaseFile) -> bool:
    """Whether the card that was pressed shows an older version than the one a decision would be about."""
    seen = version_seen(click.message)
    return seen is not None and seen < card(case).revision
