"""`/policy test`: how good a policy is, what a change to it would do, and what it makes of one message."""

import re
from dataclasses import replace
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item

from bot.cogs.client import SafeguildBot, answer
from bot.cogs.history import DiscordHistory
from bot.cogs.plainly import plainly, said
from bot.cogs.policy_group import join_policy_group
from bot.cogs.policy_trial_following import CANCEL, TrialFollower, cancel_button
from bot.cogs.policy_trial_message import pointed_at, tried, tried_page
from bot.cogs.policy_trial_page import progress_page
from bot.cogs.policy_trial_versions import attached, policy_choices, version_choices, version_of
from bot.cogs.replies import Command, Reply, about_moderators, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.cogs.words import person as mention
from bot.language import marked, number, tr
from bot.trials.room import AlreadyRunning, Trial, TrialRoom
from policies.policy import Policy

_NOTHING_RUNS: Final = marked("No test is running here. It has ended, or the bot was started anew since.")
_STOPPING: Final = marked("The test is being cancelled.")
_OTHER: Final = marked(
    "A test is running here already: {title}, asked for by {who}, {done} of {total} questions answered. "
    "Wait for it, or cancel it below."
)
_NOT_BOTH: Final = marked("Name a version or attach a draft, not both.")


class PolicyTrialCog(commands.Cog):
    """For moderators. A test goes on when nobody looks."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms, trials: TrialRoom) -> None:
        self._rooms = rooms
        self._trials = trials
        self._follower = TrialFollower(bot, rooms)
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
            if trial := command.extras.get("trial"):
                await self._follower.follow(command, trial)

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


def _told_of(trial: Trial) -> str:
    return tr(
        _OTHER,
        title=escaped(trial.policy.title, 80),
        who=mention(trial.begun_by),
        done=number(trial.progress.done),
        total=number(trial.progress.total),
    )


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
