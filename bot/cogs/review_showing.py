"""What moderators read about a case, each for themselves."""

from typing import Any

import discord

from bot.attention import needs_a_look
from bot.case import Action, CaseFile, Decision
from bot.cogs.actions_form import preview
from bot.cogs.card_face import Sight, face
from bot.cogs.cases_pages_view import HISTORY_PAGES, leaf
from bot.cogs.failures import translated
from bot.cogs.history_of_page import MOST_CASES, history_pages
from bot.cogs.more import panel
from bot.cogs.more_precedents import precedents_page
from bot.cogs.plainly import Declined
from bot.cogs.policy_editor import open_editor_with_example
from bot.cogs.presses import Press
from bot.cogs.reasoning import reasoning
from bot.cogs.replies import page
from bot.cogs.review_answers import QUIET
from bot.cogs.review_checks import Present
from bot.cogs.rooms import Rooms
from bot.language import speaking, tr
from bot.review.care import hidden
from policies.policy import ALLOWED, Mode

Click = discord.Interaction[Any]


class CaseShowing:
    """Answers with pages that only the person who asks can see."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def show(self, click: Click, case: CaseFile, press: Press, present: Present) -> None:
        """Answer with what was asked for.

        Raises:
            Declined, DiscordError, StoreError.
        """
        answers = {
            Press.REASONING: self._reasoning,
            Press.EVIDENCE: self._evidence,
            Press.HISTORY: self._history,
            Press.PRECEDENTS: self._precedents,
            Press.NOTICE: self._notice,
            Press.MORE: self._more,
        }
        await answers[press](click, case, present)

    async def _reasoning(self, click: Click, case: CaseFile, present: Present) -> None:
        answer = reasoning(case, present.unseen)
        await _answer(click, embeds=list(answer.embeds), attachments=answer.files)

    async def _evidence(self, click: Click, case: CaseFile, present: Present) -> None:
        await _answer(click, embed=face(case, Sight(present.unseen)))

    async def _more(self, click: Click, case: CaseFile, present: Present) -> None:
        made = panel(case, present)
        await _answer(click, embed=made.embed, view=made.view)

    async def _history(self, click: Click, case: CaseFile, _: Present) -> None:
        author_id = case.message.author_id
        record = await self._rooms.store.member_record(case.guild_id, author_id)
        cases = await self._rooms.store.member_cases(case.guild_id, author_id, MOST_CASES)
        shown = leaf(
            history_pages(record, cases, author_id), 0, tr("History of a member"), (HISTORY_PAGES, author_id)
        )
        await _answer(click, embed=shown.embed, view=shown.view)

    async def _precedents(self, click: Click, case: CaseFile, present: Present) -> None:
        if present.unseen or not isinstance(click.user, discord.Member):
            raise Declined(tr("You cannot read the channel that this was written in, so it is not shown to you."))
        await _answer(click, embed=(await precedents_page(self._rooms, case, click.user)).embed)

    async def _notice(self, click: Click, case: CaseFile, present: Present) -> None:
        """What the author is told when the message is deleted without a form."""
        settings = self._rooms.guild_book.settings(case.guild_id)
        decision = Decision(
            case_id=case.id,
            action=Action.DELETE,
            moderator_id=click.user.id,
            decided_at=self._rooms.clock(),
        )
        server = click.guild.name if click.guild else ""
        with speaking(self._rooms.language(case.guild_id)):
            told = preview(case, decision, settings, server, quotes=not present.unseen)
        await _answer(click, embed=page(tr("If you press “Delete”"), [told]).embed)


async def open_example(click: Click, case: CaseFile) -> None:
    """Open the policy's editor with the text, for rewording. Where text is not to be repeated, that is said."""
    if hidden(case):
        raise Declined(tr("What was written is not repeated anywhere, so it cannot become an example."))
    finding = next((each for each in case.findings if each.policy.mode is Mode.LIVE and needs_a_look(each)), None)
    if finding is None or click.guild_id is None:
        raise Declined(tr("No policy has a finding in this case."))
    cited = finding.verdict.rule_ids if finding.verdict else ()
    dismissed = case.decision is not None and case.decision.action is Action.DISMISS
    verdict = ALLOWED if dismissed or not cited else cited[0]
    await open_editor_with_example(click, click.guild_id, finding.policy.id, case.message.text, verdict)


async def _answer(click: Click, **shown: Any) -> None:
    with translated():
        await click.edit_original_response(allowed_mentions=QUIET, **shown)
