"""`/policy test`: how good a policy is, what a change to it would do, and what it makes of one message."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, Self

import discord
import structlog
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, View

from bot.cogs.client import SafeguildBot, answer
from bot.cogs.failures import FAILURES
from bot.cogs.history import DiscordHistory
from bot.cogs.people import person, place_of
from bot.cogs.plainly import plainly, said
from bot.cogs.policy_group import join_policy_group
from bot.cogs.policy_trial_message import pointed_at, tried, tried_page
from bot.cogs.policy_trial_page import progress_page, result_page
from bot.cogs.policy_trial_versions import attached, policy_choices, version_choices, version_of
from bot.cogs.replies import Command, Reply, about_moderators, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.cogs.words import person as mention
from bot.language import marked, number, speaking, tr
from bot.ports import StoreError, UnknownCase
from bot.review.care import hidden
from bot.trials.result import TrialResult
from bot.trials.room import AlreadyRunning, Trial, TrialRoom
from inference.judge import JudgeUnavailable
from policies.policy import Care, Policy

_log = structlog.get_logger(__name__)

CANCEL: Final = "trial:cancel"
EVERY: Final = 3.0
"""Seconds between two looks at how far a trial is: Discord's limit for edits is 5 in 5 seconds."""
TOKEN_LIVES: Final = timedelta(minutes=14)
"""An interaction can be answered for 15 minutes."""
_CANCELLED: Final = marked("The test was cancelled. What was answered is kept: the next test goes on from there.")
_NOTHING_RUNS: Final = marked("No test is running here. It has ended, or the bot was started anew since.")
_STOPPING: Final = marked("The test is being cancelled.")
_OTHER: Final = marked(
    "A test is running here already: {title}, asked for by {who}, {done} of {total} questions answered. "
    "Wait for it, or cancel it below."
)
_AWAY: Final = marked("The model was away for too long, so the test was given up. What was answered is kept.")
_NO_MEMORY: Final = marked("My memory did not answer, so the test was given up. Try again in a minute.")
_NOT_BOTH: Final = marked("Name a version or attach a draft, not both.")


class PolicyTrialCog(commands.Cog):
    """For moderators. A test goes on when nobody looks."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms, trials: TrialRoom) -> None:
        self._bot = bot
        self._rooms = rooms
        self._trials = trials
        self._history = DiscordHistory(bot)

    @app_commands.command(
        description="Try a policy on its examples and on what moderators decided, or on one message"
    )
    @app_commands.describe(
        policy="Which policy",
        version="Which version of it; the one in force if you say nothing",
        against="Another version: shows only the verdicts that flip",
        message="A message's link, or a text: shows what the policy makes of it, and keeps nothing",
        draft="A policy file to try instead of a version",
    )
    async def test(
        self,
        command: Command,
        policy: str,
        version: str = "",
        against: str = "",
        message: str = "",
        draft: discord.Attachment | None = None,
    ) -> None:
        """Test a policy."""
        if await refused_for(command, about_moderators(command, self._rooms)):
            return
        if version and draft:
            await answer(command, tr(_NOT_BOTH))
        elif message:
            await reply(command, plainly(self._one_message(command, policy, version, draft, message)))
        else:
            await reply(command, plainly(self._begun(command, policy, version, draft, against)))
            await self._followed(command)

    async def _version(self, guild_id: int, policy_id: str, name: str, draft: discord.Attachment | None) -> Policy:
        in_force = await version_of(self._rooms, guild_id, policy_id, name)
        return await attached(policy_id, draft) if draft else in_force

    async def _one_message(
        self, command: Command, policy_id: str, version: str, draft: discord.Attachment | None, what: str
    ) -> Reply:
        policy = await self._version(_guild(command), policy_id, version, draft)
        pointed = await pointed_at(command, self._rooms, self._history, policy, what)
        return tried_page(await tried(self._rooms, self._trials, policy, pointed))

    async def _begun(
        self, command: Command, policy_id: str, version: str, draft: discord.Attachment | None, against: str
    ) -> Reply:
        guild_id = _guild(command)
        policy = await self._version(guild_id, policy_id, version, draft)
        other = await version_of(self._rooms, guild_id, policy_id, against) if against else None
        try:
            trial = self._trials.begin(guild_id, policy, other, command.user.id)
        except AlreadyRunning as running:
            return replace(said(_told_of(running.trial)), view=cancel_button())
        command.extras["trial"] = trial
        return replace(progress_page(trial.policy, trial.progress), view=cancel_button())

    async def _followed(self, command: Command) -> None:
        """Show how far the trial is until it is over, then what it found."""
        trial: Trial | None = command.extras.get("trial")
        if trial is None:
            return
        watching = asyncio.create_task(self._watched(command, trial))
        try:
            ending = await _ending(trial)
        finally:
            watching.cancel()
        await self._delivered(command, ending)

    async def _watched(self, command: Command, trial: Trial) -> None:
        """Edit the answer as long as it can be edited, whenever there is news."""
        shown = trial.progress
        while self._is_reachable(command):
            await asyncio.sleep(EVERY)
            if trial.progress == shown:
                continue
            shown = trial.progress
            if not await _edit(command, replace(progress_page(trial.policy, shown), view=cancel_button())):
                return  # whoever asked has dismissed the answer: the result is told all the same

    async def _readable(self, command: Command, ending: "TrialResult | str") -> frozenset[int]:
        """The flipped messages whose text this person may see: in channels that they read, and not withheld."""
        if command.guild is None or not isinstance(command.user, discord.Member) or isinstance(ending, str):
            return frozenset()
        if ending.flips is None or ending.policy.care is Care.WITHHOLD:
            return frozenset()
        found = set()
        for flip in ending.flips.gravest_first:
            place = flip.item.place
            if (
                place
                and place.case_id
                and await self._may_read(command.guild, command.user, place.channel_id, place.case_id)
            ):
                found.add(place.message_id)
        return frozenset(found)

    async def _may_read(self, guild: discord.Guild, member: discord.Member, channel_id: int, case_id: int) -> bool:
        if not person(member, await place_of(guild, channel_id)).reads:
            return False
        try:
            return hidden(await self._rooms.store.case(case_id)) is None
        except UnknownCase:
            return False

    async def _delivered(self, command: Command, ending: "TrialResult | str") -> None:
        """Answer the command, or tell the review channel when that is not possible any more."""
        if self._is_reachable(command):
            told = _page(ending, await self._readable(command, ending))
            if await _edit(command, told):
                return
        guild_id = _guild(command)
        channel_id = self._rooms.guild_book.settings(guild_id).review_channel
        if channel_id is None:
            _log.warning("what a trial found could not be shown", guild=guild_id)
            return
        with speaking(self._rooms.language(guild_id)):
            await self._posted(command, channel_id, _page(ending, frozenset()))

    async def _posted(self, command: Command, channel_id: int, told: Reply) -> None:
        """Without words of members: nobody knows who reads the review channel."""
        channel = self._bot.get_partial_messageable(channel_id, guild_id=command.guild_id)
        try:
            await channel.send(
                content=tr("{who}, your test has ended.", who=mention(command.user.id)),
                embed=told.embed,
                files=[told.file] if told.file else [],
                allowed_mentions=discord.AllowedMentions.none(),
            )
        except FAILURES as error:
            _log.warning("what a trial found could not be posted", guild=command.guild_id, exc_info=error)

    def _is_reachable(self, command: Command) -> bool:
        return self._rooms.clock() - command.created_at < TOKEN_LIVES

    async def cancelled(self, press: Command) -> None:
        """Cancel the guild's trial."""
        if await refused_for(press, about_moderators(press, self._rooms)):
            return
        trial = self._trials.going_on(_guild(press))
        if trial is None:
            await answer(press, tr(_NOTHING_RUNS))
            return
        trial.cancel()
        await answer(press, tr(_STOPPING))

    @test.autocomplete("policy")
    async def complete_policy(self, command: Command, typed: str) -> list[Choice[str]]:
        """The guild's policies."""
        if about_moderators(command, self._rooms):
            return []
        return policy_choices(self._rooms, _guild(command), typed)

    @test.autocomplete("version")
    @test.autocomplete("against")
    async def complete_version(self, command: Command, typed: str) -> list[Choice[str]]:
        """The versions of the policy that was chosen."""
        policy_id = str(getattr(command.namespace, "policy", ""))
        if about_moderators(command, self._rooms) or not policy_id:
            return []
        return await version_choices(self._rooms, _guild(command), policy_id, typed)


def cancel_button() -> View:
    """The button that cancels whichever test of the guild is running."""
    view = View(timeout=None)
    view.add_item(Button(label=tr("Cancel"), style=discord.ButtonStyle.danger, custom_id=CANCEL))
    view.stop()  # a press finds its handler by the custom id alone
    return view


async def _ending(trial: Trial) -> TrialResult | str:
    """What the trial found, or why it did not come to its end."""
    try:
        return await trial.outcome()
    except asyncio.CancelledError:
        if not trial.was_cancelled:
            raise
        return tr(_CANCELLED)
    except JudgeUnavailable:
        return tr(_AWAY)
    except StoreError as error:
        _log.error("a trial found the store away", guild=trial.guild_id, reason=str(error))
        return tr(_NO_MEMORY)


def _page(ending: TrialResult | str, shown: frozenset[int]) -> Reply:
    return said(ending) if isinstance(ending, str) else result_page(ending, shown)


def _told_of(trial: Trial) -> str:
    return tr(
        _OTHER,
        title=escaped(trial.policy.title, 80),
        who=mention(trial.begun_by),
        done=number(trial.progress.done),
        total=number(trial.progress.total),
    )


async def _edit(command: Command, told: Reply) -> bool:
    """Show something in the answer to a command; whether Discord took it."""
    try:
        await command.edit_original_response(
            embed=told.embed,
            attachments=[told.file] if told.file else [],
            view=told.view,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    except FAILURES as error:
        _log.warning("the answer to a trial could not be edited", guild=command.guild_id, exc_info=error)
        return False
    return True


def _guild(command: Command) -> int:
    """The guild's id; the commands exist in guilds only."""
    assert command.guild_id is not None
    return command.guild_id


def _handled_by(cog: PolicyTrialCog) -> type[DynamicItem[Button[Any]]]:
    """The class that discord.py makes of the button when it is pressed, whenever it was sent."""

    class CancelButton(DynamicItem[Button[Any]], template=re.compile(re.escape(CANCEL))):
        def __init__(self) -> None:
            super().__init__(Button(custom_id=CANCEL))

        @classmethod
        async def from_custom_id(cls, _: Command, __: Item[Any], ___: re.Match[str], /) -> Self:
            return cls()

        async def callback(self, interaction: Command) -> None:
            await cog.cancelled(interaction)

    return CancelButton


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the command in, where there is somewhere to run tests."""
    if rooms.trials is None:
        return
    cog = PolicyTrialCog(bot, rooms, rooms.trials)
    join_policy_group(bot, cog)
    bot.add_dynamic_items(_handled_by(cog))
