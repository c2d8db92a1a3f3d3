"""The message commands "Judge this message" and "Judge this conversation": what the judge says of any message.

Dry: nothing is kept, unless the moderator opens a case of it. A press carries ids only, so it works after a
restart.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, Select, View

from bot.case import CaseFile, CaseState, Earlier, Message, Report, ReportKind
from bot.cogs.client import SafeguildBot
from bot.cogs.failures import translated
from bot.cogs.history import DiscordHistory
from bot.cogs.judge_this_page import Judged, conversation_page, message_page, opened_page
from bot.cogs.people import person, place_of
from bot.cogs.plainly import Declined, plainly, said
from bot.cogs.pointing import before, objection, read_pointed_at, with_author
from bot.cogs.reading import read
from bot.cogs.replies import NOT_READY, Command, Reply, about_moderators, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.language import marked, tr

_NEEDS: Final = marked("View Channel and Read Message History")
MESSAGE_NAME: Final = marked("Judge this message")
CONVERSATION_NAME: Final = marked("Judge this conversation")
AROUND: Final = 10
"""Messages of a conversation that are judged: those around the chosen one, itself among them."""
_SEEN: Final = (CaseState.OPEN, CaseState.DECIDED, CaseState.ENFORCED, CaseState.FAILED)
"""The states of cases that people decide or have decided: a second one would be the same."""
_NO_TEXT = marked("There are no words in this message. Pictures are not looked at.")
_NOTHING_SAID = marked("No member has written anything here that could be judged.")
_NOT_YOURS = marked("You cannot read the channel that this was written in, so it is not shown to you.")
_OPEN: Final = re.compile(r"judge:(?P<channel>[1-9][0-9]{0,18}):(?P<message>[1-9][0-9]{0,18})")
_CHOOSE: Final = re.compile(r"judge:(?P<channel>[1-9][0-9]{0,18}):chosen")

Chosen = Callable[[Command, int, Sequence[int]], Awaitable[None]]
"""Takes the interaction, the channel's id and the ids of messages."""


class JudgeThisCog(commands.Cog):
    """Asks for moderators who wait."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms
        self._history = DiscordHistory(bot)
        self._menus = tuple(map(_for_moderators, self._commands()))

    def _commands(self) -> tuple[app_commands.ContextMenu, ...]:
        return (
            app_commands.ContextMenu(name=MESSAGE_NAME, callback=self.judge_message),
            app_commands.ContextMenu(name=CONVERSATION_NAME, callback=self.judge_conversation),
        )

    async def cog_load(self) -> None:
        """Offer the commands."""
        for menu in self._menus:
            self._bot.tree.add_command(menu)
        self._bot.add_dynamic_items(*_pressable(self.open_cases))

    async def cog_unload(self) -> None:
        """Take them back."""
        for menu in self._menus:
            self._bot.tree.remove_command(menu.name, type=menu.type)

    async def judge_message(self, command: Command, message: discord.Message) -> None:
        """Tell what the judge says of one message."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await reply(command, plainly(self._of_message(read_pointed_at(command, message))))

    async def judge_conversation(self, command: Command, message: discord.Message) -> None:
        """Tell what the judge says of the messages around one."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await reply(command, plainly(self._of_conversation(read_pointed_at(command, message), message)))

    async def open_cases(self, press: Command, channel_id: int, message_ids: Sequence[int]) -> None:
        """A moderator wants cases of messages that were judged."""
        if not await refused_for(press, about_moderators(press, self._rooms)):
            await reply(press, plainly(self._opened(press, channel_id, message_ids)))

    async def _of_message(self, message: Message | None) -> Reply:
        message = self._to_judge(message)
        written = await with_author(self._history, message)
        earlier = await before(self._history, written, self._rooms.asking.context_wanted(written))
        answers = await self._rooms.asking.ask(written, earlier)
        case = await self._rooms.store.find(written.guild_id, written.id)
        seen = case if case is not None and case.state in _SEEN else None
        return message_page(Judged(written, answers), seen, None if seen else _open_button(written))

    def _to_judge(self, message: Message | None) -> Message:
        if reason := objection(self._rooms, message):
            raise Declined(reason)
        assert message is not None
        if not message.text:
            raise Declined(tr(_NO_TEXT))
        return message

    async def _of_conversation(self, chosen: Message | None, shown: discord.Message) -> Reply:
        chosen = self._to_judge(chosen)
        said_there = await self._around(chosen, shown)
        if not said_there:
            return said(tr(_NOTHING_SAID))
        judged = await asyncio.gather(*(self._judged(said_there, index) for index in range(len(said_there))))
        asked = [each for each in judged if each is not None][-AROUND:]
        return conversation_page(asked, chosen.id, _choice(chosen.channel_id, asked))

    async def _around(self, chosen: Message, shown: discord.Message) -> list[Message]:
        """What members wrote around the message, oldest first."""
        with translated(_NEEDS):
            found = [one async for one in shown.channel.history(limit=2 * AROUND + 1, around=shown)]
        written = sorted(filter(None, map(read, found)), key=lambda one: one.id)
        at = next((index for index, one in enumerate(written) if one.id == chosen.id), len(written) - 1)
        end = min(len(written), at + 1 + AROUND // 2)
        return written[:end]

    async def _judged(self, written: Sequence[Message], index: int) -> Judged | None:
        """The last `AROUND` of them are judged; what is before them is context."""
        if index < len(written) - AROUND or not written[index].text:
            return None
        message = await with_author(self._history, written[index])
        wanted = self._rooms.asking.context_wanted(message)
        earlier = [_as_context(one) for one in written[max(0, index - wanted) : index] if one.text]
        return Judged(message, await self._rooms.asking.ask(message, earlier))

    async def _opened(self, press: Command, channel_id: int, message_ids: Sequence[int]) -> Reply:
        if press.guild is None:
            raise Declined(tr(_NOTHING_SAID))
        cases = [await self._open(press, press.guild.id, channel_id, number) for number in message_ids]
        return opened_page(cases)

    async def _open(self, press: Command, guild_id: int, channel_id: int, message_id: int) -> CaseFile:
        await _check_place(press, channel_id)
        message = self._to_judge(await self._history.current(guild_id, channel_id, message_id))
        written = await with_author(self._history, message)
        earlier = await before(self._history, written, self._rooms.asking.context_wanted(written))
        made = Report(ReportKind.MODERATOR, press.user.id, "", self._rooms.clock())
        reported = await self._rooms.report(written, earlier, made)
        case = await self._rooms.store.case(reported.case_id)
        await self._rooms.outbox.want(case)
        return case


async def _check_place(press: Command, channel_id: int) -> None:
    """What a press names may be of another server, or of a channel that was closed to whoever presses.

    Raises:
        Declined: it is not for this person.
        DiscordAway: nobody knows.
    """
    if press.guild is None or not isinstance(press.user, discord.Member):
        raise Declined(tr(NOT_READY))
    place = await place_of(press.guild, channel_id)
    if place is None or not person(press.user, place).reads:
        raise Declined(tr(_NOT_YOURS))


def _as_context(message: Message) -> Earlier:
    return Earlier(message_id=message.id, author_id=message.author_id, text=message.text)


def _for_moderators(menu: app_commands.ContextMenu) -> app_commands.ContextMenu:
    menu.guild_only = True
    menu.default_permissions = discord.Permissions(manage_messages=True)
    return menu


def _open_button(message: Message) -> View:
    view = View(timeout=None)
    view.add_item(
        Button(
            label=tr("Open a case"),
            style=discord.ButtonStyle.primary,
            custom_id=f"judge:{message.channel_id}:{message.id}",
        )
    )
    view.stop()  # presses find their way by the custom id alone
    return view


def _choice(channel_id: int, judged: Sequence[Judged]) -> View | None:
    if not judged:
        return None
    options = [discord.SelectOption(label=each.label, value=str(each.message.id)) for each in judged]
    view = View(timeout=None)
    view.add_item(
        Select(
            custom_id=f"judge:{channel_id}:chosen",
            placeholder=tr("Open cases of these messages"),
            options=options,
            max_values=len(options),
        )
    )
    view.stop()
    return view


def _pressable(chosen: Chosen) -> tuple[type[DynamicItem[Any]], ...]:
    """The classes that discord.py makes of what is pressed, whenever it was sent."""

    class OpenButton(DynamicItem[Button[Any]], template=_OPEN):
        def __init__(self, channel_id: int, message_id: int) -> None:
            super().__init__(Button(custom_id=f"judge:{channel_id}:{message_id}"))
            self.place = channel_id, message_id

        @classmethod
        async def from_custom_id(cls, _: Command, __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(int(match["channel"]), int(match["message"]))

        async def callback(self, interaction: Command) -> None:
            await chosen(interaction, self.place[0], [self.place[1]])

    class ChoiceMenu(DynamicItem[Select[Any]], template=_CHOOSE):
        def __init__(self, channel_id: int) -> None:
            super().__init__(Select(custom_id=f"judge:{channel_id}:chosen"))
            self.channel_id = channel_id

        @classmethod
        async def from_custom_id(cls, _: Command, __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(int(match["channel"]))

        async def callback(self, interaction: Command) -> None:
            await chosen(interaction, self.channel_id, [int(value) for value in self.item.values])

    return OpenButton, ChoiceMenu


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(JudgeThisCog(bot, rooms))
