"""`/case`: everything about a case, notes on it, opening it again, and exports."""

import re
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.case import CaseFile, CaseState
from bot.cogs.cases_choices import case_choices, policy_choices
from bot.cogs.cases_exporting import Wanted, exported
from bot.cogs.cases_moments import Dossier, kept_until
from bot.cogs.cases_page import pages, title
from bot.cogs.cases_pages_view import CASE_PAGES, Leaf, leaf, page_items, show, turn
from bot.cogs.cases_sight import sighted
from bot.cogs.client import SafeguildBot
from bot.cogs.forms import Typed
from bot.cogs.history_of import HistoryCog
from bot.cogs.plainly import Declined, plainly, said
from bot.cogs.replies import Command, Reply, about_moderators, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.cogs.words_form import WORDS, Click, Question, WordsForm
from bot.language import tr

LONGEST_NOTE = 1000
_STATES = [
    Choice(name="open: waits for a decision", value="open"),
    Choice(name="enforced: decided and carried out", value="enforced"),
    Choice(name="failed: decided, and not done", value="failed"),
    Choice(name="cleared: the model found nothing", value="cleared"),
]
_FORMATS = [
    Choice(name="CSV, for spreadsheets", value="csv"),
    Choice(name="JSON Lines, for programs", value="jsonl"),
]
CaseId = app_commands.Range[int, 1, 2**53 - 1]
Words = app_commands.Range[str, 1, LONGEST_NOTE]
NOTE_FORM: Final = re.compile(r"note-form:(?P<case>[1-9][0-9]{0,15})")


@app_commands.guild_only()
@app_commands.default_permissions(moderate_members=True)
class CasesCog(
    commands.GroupCog, group_name="case", group_description="Look at cases, add notes, open them again"
):
    """For moderators."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    @app_commands.command(description="Everything about a case, in order")
    @app_commands.describe(case="Which case: its number, or words of its title")
    async def show(self, command: Command, case: CaseId) -> None:
        """Show a case."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await show(command, case_leaf(self._rooms, command, case))

    @app_commands.command(description="Note something about a case, for the other moderators")
    @app_commands.describe(case="Which case", text="The note; leave it out to write more in a form")
    async def note(
        self, command: Command, case: CaseId, text: app_commands.Range[str, 1, LONGEST_NOTE] | None = None
    ) -> None:
        """Add a note."""
        if await refused_for(command, about_moderators(command, self._rooms)):
            return
        if text:
            await reply(command, plainly(self._noted(command, case, text)), text)
            return
        question = Question(tr("Note on case {number}", number=case), tr("Note"), longest=LONGEST_NOTE)
        await command.response.send_modal(WordsForm(question, f"note-form:{case}"))

    async def note_sent(self, sent: Click, match: re.Match[str], typed: Typed) -> None:
        """Add the note that was written in a form."""
        text = typed.text(WORDS, LONGEST_NOTE)
        await reply(sent, plainly(self._noted(sent, int(match["case"]), text)), text)

    @app_commands.command(
        description="Open a decided case again. What was done stays; Undo on its card takes it back"
    )
    @app_commands.describe(case="Which case", reason="Why; the other moderators read it")
    async def reopen(
        self, command: Command, case: CaseId, reason: app_commands.Range[str, 1, LONGEST_NOTE]
    ) -> None:
        """Open a case again."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await reply(command, plainly(self._reopened(command, case, reason)), reason)

    @app_commands.command(description="Cases as a file, without anything that was written unless you ask for it")
    @app_commands.describe(
        format="The kind of file",
        days="Only cases of the last so many days",
        policy="Only cases that this policy flagged",
        state="Only cases in this state",
        member="Only cases about this person",
        texts="With what members and moderators wrote; for administrators only",
    )
    @app_commands.choices(format=_FORMATS, state=_STATES)
    async def export(
        self,
        command: Command,
        format: str = "csv",  # noqa: A002 - the option's name, which people read
        days: app_commands.Range[int, 1, 3650] | None = None,
        policy: str | None = None,
        state: str | None = None,
        member: discord.User | None = None,
        texts: bool = False,
    ) -> None:
        """Make a file of cases."""
        if await refused_for(command, about_moderators(command, self._rooms)):
            return
        wanted = Wanted(
            format, days, policy, CaseState(state) if state else None, member.id if member else None, texts
        )
        await reply(command, plainly(exported(self._rooms, command, wanted)))

    @show.autocomplete("case")
    @note.autocomplete("case")
    @reopen.autocomplete("case")
    async def complete_case(self, command: Command, typed: str) -> list[Choice[int]]:
        """The newest cases that fit what was typed."""
        if about_moderators(command, self._rooms) or command.guild_id is None:
            return []
        return await case_choices(self._rooms.store, command.guild_id, typed)

    @export.autocomplete("policy")
    async def complete_policy(self, command: Command, typed: str) -> list[Choice[str]]:
        """The guild's policies."""
        if about_moderators(command, self._rooms) or command.guild_id is None:
            return []
        return policy_choices(self._rooms.policy_book.policies(command.guild_id), typed)

    async def _noted(self, command: Command, case_id: int, text: str) -> Reply:
        if not text.strip():
            raise Declined(tr("An empty note says nothing. Nothing was noted."))
        seen = await sighted(self._rooms, command, case_id)
        await self._rooms.store.add_note(case_id, command.user.id, text.strip(), self._rooms.clock())
        await self._rooms.outbox.show(seen.case)
        return said(tr("Noted. Case {number} shows it to the other moderators.", number=case_id))

    async def _reopened(self, command: Command, case_id: int, reason: str) -> Reply:
        seen = await sighted(self._rooms, command, case_id)
        if objection := _about_own_case(seen.case, command.user.id):
            raise Declined(objection)
        if not await self._rooms.store.reopen(case_id, command.user.id, reason.strip(), self._rooms.clock()):
            raise Declined(_why_not_reopened(seen.case))
        await self._rooms.outbox.show(seen.case)
        return said(
            tr(
                "Case {number} is open again and can be decided anew on its card. "
                "**What was done stays done**; the card offers Undo where it can be taken back.",
                number=case_id,
            )
        )


async def case_leaf(rooms: Rooms, command: Click, case_id: int, index: int = 0) -> Leaf:
    """A page about a case, for whoever asks.

    Raises:
        UnknownCase, Declined, StoreUnavailable, DiscordError.
    """
    seen = await sighted(rooms, command, case_id)
    dossier = Dossier(
        case=seen.case,
        hidden=seen.hidden,
        made=await rooms.store.decisions(case_id),
        events=await rooms.store.events(case_id),
        appeals=await rooms.store.appeals_of_case(case_id),
        kept_until=kept_until(seen.case, rooms.times.days(seen.case.guild_id)),
    )
    return leaf(pages(dossier), index, title(seen.case), (CASE_PAGES, case_id))


def _about_own_case(case: CaseFile, moderator_id: int) -> str | None:
    if case.message.author_id != moderator_id:
        return None
    return tr("You wrote this message yourself. Let another moderator decide whether it is looked at again.")


def _why_not_reopened(case: CaseFile) -> str:
    if case.state is CaseState.OPEN:
        return tr("Case {number} is open already.", number=case.id)
    if case.state is CaseState.DECIDED:
        return tr("What was decided is still being carried out. Try again when that is over.")
    return tr("Nobody has decided this case, so there is nothing to open again.")


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring `/case` and `/history` in, the buttons that turn their pages, and the form of notes."""
    cases, histories = CasesCog(rooms), HistoryCog(rooms)
    await bot.add_cog(cases)
    await bot.add_cog(histories)

    async def turn_case(click: Click, case_id: int, index: int) -> None:
        await turn(click, case_leaf(rooms, click, case_id, index))

    bot.add_dynamic_items(page_items({CASE_PAGES: turn_case, **histories.turns}))
    bot.forms.hear(NOTE_FORM, cases.note_sent)
