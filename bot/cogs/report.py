"""The message command "Report to moderators": for everyone, and nobody learns who used it.

Neither cards nor log lines name the reporter; the store keeps the id, so that one person counts once.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.case import Message, Report, ReportKind
from bot.cogs.client import SafeguildBot, answer
from bot.cogs.forms import StandingForm, Typed
from bot.cogs.history import DiscordHistory
from bot.cogs.people import person, place_of
from bot.cogs.plainly import Declined, plainly, said
from bot.cogs.pointing import before, objection, read_pointed_at, with_author
from bot.cogs.replies import NOT_READY, Command, Reply, not_done, reply
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import readable, shortened
from bot.language import marked, tr
from bot.pointing import DAY, SHORT, ReportPace
from bot.review.locks import KeyedLocks
from policies.policy import Mode, Policy

NAME = marked("Report to moderators")
LONGEST_REASON = 300
_LABEL, _OPTION, _MOST_OPTIONS = 45, 100, 24
"""Discord's limits: characters of a modal's title and labels, of an option, and how many options there are."""
_SWITCHED_OFF = marked("This server does not take reports here. Talk to its moderators directly.")
_OWN = marked("You wrote this message yourself. You can delete it.")
_EMPTY = marked("There is nothing in this message that can be read or seen.")
_ENOUGH = marked("You have reported a lot lately. The moderators will look at it; please report more later.")
_FLOOD = marked(
    "Many reports come in at the moment, so I do not take another one about this message. The moderators know "
    "that something is going on. Please try again in a while."
)
_THANKS = marked(
    "Thank you. The moderators will look at this message. They are not told who reported it, and nobody else is."
)
_AGAIN = marked("You have reported this message already. The moderators know of it. Thank you.")
_LINES_OF_TITLE = marked("Report to moderators")
_NOT_SEEN = marked("I cannot find the message any more, so it was not reported.")
FORM_ID: Final = re.compile(r"report-form:(?P<channel>[1-9][0-9]{0,18}):(?P<message>[1-9][0-9]{0,18})")
_ABOUT, _REASON = "about", "reason"
_WRITING_SECONDS: Final = 15 * 60.0
"""How long somebody may take to write; then, and after a restart, the message is fetched."""


class ReportForm(StandingForm):
    """Asks for the reason, and for what the report is about."""

    def __init__(self, policies: Sequence[Policy], channel_id: int, message_id: int) -> None:
        super().__init__(tr(_LINES_OF_TITLE), f"report-form:{channel_id}:{message_id}")
        if policies:
            titles = [shortened(readable(policy.title), _OPTION) for policy in policies[:_MOST_OPTIONS]]
            options = [discord.SelectOption(label=title) for title in dict.fromkeys(titles)]
            about: discord.ui.Select[ReportForm] = discord.ui.Select(
                custom_id=_ABOUT, options=options, required=False, min_values=0, max_values=1
            )
            self.add_item(discord.ui.Label(text=_label(tr("What is it about?")), component=about))
        reason: discord.ui.TextInput[ReportForm] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph, required=False, max_length=LONGEST_REASON, custom_id=_REASON
        )
        self.add_item(discord.ui.Label(text=_label(tr("What is wrong with it?")), component=reason))


class ReportCog(commands.Cog):
    """Takes reports of members."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms
        self._history = DiscordHistory(bot)
        self._one_by_one = KeyedLocks()
        self._pointed_at: dict[tuple[int, int], Message] = {}
        """{(who, message id): what they pointed at}, while they write."""
        self._menu = app_commands.ContextMenu(name=NAME, callback=self.report)
        self._menu.guild_only = True

    async def cog_load(self) -> None:
        """Offer the command, and listen for its form."""
        self._bot.tree.add_command(self._menu)
        self._bot.forms.hear(FORM_ID, self.sent)

    async def cog_unload(self) -> None:
        """Take it back."""
        self._bot.tree.remove_command(NAME, type=self._menu.type)

    async def report(self, command: Command, message: discord.Message) -> None:
        """Ask the member why. Nothing is looked up before: a modal has to open at once."""
        written = read_pointed_at(command, message)
        reason = self._objection(command, written)
        if reason or written is None:
            await answer(command, reason or "")
            return

        self._remember(command.user.id, written)
        policies = self._policies(written.guild_id)
        await command.response.send_modal(ReportForm(policies, written.channel_id, written.id))

    async def sent(self, submitted: Command, match: re.Match[str], typed: Typed) -> None:
        """A report was written."""
        why = typed.text(_REASON, LONGEST_REASON)
        about = shortened(readable(typed.choice(_ABOUT) or ""), _OPTION)
        words = ": ".join(part for part in (about, why) if part)
        place = int(match["channel"]), int(match["message"])
        await reply(submitted, plainly(self._reported(submitted, *place, words)), why)

    def _remember(self, user_id: int, message: Message) -> None:
        """Keep what somebody points at as they see it: its author may delete or soften it while they write."""
        key = user_id, message.id
        self._pointed_at[key] = message
        asyncio.get_running_loop().call_later(_WRITING_SECONDS, self._pointed_at.pop, key, None)

    async def _reported(self, command: Command, channel_id: int, message_id: int, reason: str) -> Reply:
        message = self._pointed_at.get((command.user.id, message_id))
        if message is None or message.channel_id != channel_id:
            message = await self._found(command, channel_id, message_id)
        if refused := self._objection(command, message):
            raise Declined(refused)
        assert message is not None
        return await self._taken(command, message, reason)

    async def _found(self, command: Command, channel_id: int, message_id: int) -> Message | None:
        """The message that a form of an earlier process is about.

        Raises:
            Declined: it is of another server, or where this person cannot read.
            Gone: it was deleted meanwhile.
        """
        guild, member = command.guild, command.user
        if guild is None or not isinstance(member, discord.Member) or not self._rooms.allows(guild.id):
            raise Declined(tr(NOT_READY))
        place = await place_of(guild, channel_id)
        if place is None or not person(member, place).reads:
            raise Declined(tr(_NOT_SEEN))
        return await self._history.current(guild.id, channel_id, message_id)

    def _objection(self, command: Command, message: Message | None) -> str | None:
        if reason := objection(self._rooms, message):
            return reason
        assert message is not None
        if not self._rooms.guild_book.settings(message.guild_id).reports:
            return tr(_SWITCHED_OFF)
        if message.author_id == command.user.id:
            return tr(_OWN)
        return None if message.text else tr(_EMPTY)

    def _policies(self, guild_id: int) -> list[Policy]:
        policies = self._rooms.policy_book.policies(guild_id).values()
        return sorted((each for each in policies if each.mode is Mode.LIVE), key=lambda each: each.title)

    async def _taken(self, command: Command, message: Message, reason: str) -> Reply:
        """What the reporter is told. A guild's reports come one by one: no rush gets past the limits."""
        if refused := await self._too_much(command.user.id, message):
            return not_done(said(refused))
        written = await with_author(self._history, message)
        wanted = max((policy.judge.context for policy in self._policies(message.guild_id)), default=0)
        earlier = await before(self._history, written, wanted)
        async with self._one_by_one.hold(message.guild_id):
            if refused := await self._too_much(command.user.id, message):
                return not_done(said(refused))
            made = Report(ReportKind.MEMBER, command.user.id, reason, self._rooms.clock())
            reported = await self._rooms.report(written, earlier, made)
        return said(tr(_THANKS) if reported.news else tr(_AGAIN))

    async def _too_much(self, user_id: int, message: Message) -> str | None:
        guild_id, now, store = message.guild_id, self._rooms.clock(), self._rooms.store
        pace = ReportPace(
            short=await store.report_pace(guild_id, ReportKind.MEMBER, user_id, now - SHORT),
            day=await store.report_pace(guild_id, ReportKind.MEMBER, user_id, now - DAY),
        )
        if pace.is_too_much:
            return tr(_ENOUGH)
        if pace.is_flood and await store.find(guild_id, message.id) is None:
            return tr(_FLOOD)
        return None


def _label(text: str) -> str:
    return shortened(text, _LABEL)


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(ReportCog(bot, rooms))
