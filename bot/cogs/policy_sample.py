"""`/policy sample`: hands a moderator messages to label blindly, one at a time, so that misses can be estimated.

Half of them the model cleared, half of them nothing suspected. What was handed out is kept as ids only, so that
the buttons work after a restart; of a message that nothing suspected only what was labelled is kept.
"""

import re
from dataclasses import replace
from random import SystemRandom
from typing import Any, Final, Self

import discord
import structlog
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, Select

from bot.case import CaseState, Suspected
from bot.cogs.client import SafeguildBot
from bot.cogs.history import DiscordHistory
from bot.cogs.people import person, place_of
from bot.cogs.plainly import Declined, plainly, said
from bot.cogs.pointing import before
from bot.cogs.policy_group import join_policy_group
from bot.cogs.policy_sample_drawing import Wanted, draw_unflagged
from bot.cogs.policy_sample_page import UNSURE_RULE, Shown, over_page, rules_page, sample_page
from bot.cogs.policy_trial_versions import policy_choices, version_of
from bot.cogs.replies import NOT_READY, Command, Reply, about_moderators, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.language import marked, tr
from bot.ports import Gone, Refused, StoreError, UnknownCase
from bot.records.labels import Cleared, Draw, SampleAnswer, Stratum
from bot.review.care import hidden
from bot.trials.drawing import mixed
from policies.policy import Care, Mode, Policy

_log = structlog.get_logger(__name__)

HANDED_OUT: Final = 10
_SPARE: Final = 5
"""So many times more cleared cases are looked up: of some the moderator may not read the channel."""
_PRESS: Final = re.compile(
    r"sample:(?P<draw>[1-9][0-9]{0,18}):(?P<mark>[0-9a-f]{8}):(?P<press>violates|allowed|skip|back)"
)
_CHOOSE: Final = re.compile(r"sample:(?P<draw>[1-9][0-9]{0,18}):(?P<mark>[0-9a-f]{8}):rule")
_RULE: Final = "rule:"
"""Before the id of a rule that was chosen: a rule may be called "skip"."""
_NO_MEMORY: Final = marked("My memory does not answer, so nothing was noted. Try again in a minute.")
_OFF: Final = marked("This policy is off, so there is nothing that it misses. Switch it on with `/policy mode`.")
_WITHHELD: Final = marked("What this policy is about is never shown again, so there is nothing to label.")
_NOT_YET: Final = marked("The policies are being prepared. Try again in a minute.")
_NOTHING: Final = marked(
    "There is nothing to label: nobody wrote anything within a week where we can both read, or all of it is "
    "labelled already."
)
_STALE: Final = marked("This sample is over. `/policy sample` hands you a new one.")
_NOT_YOURS: Final = marked("This sample was handed to somebody else.")


class PolicySampleCog(commands.Cog):
    """For moderators, each with their own samples."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms) -> None:
        self._rooms = rooms
        self._history = DiscordHistory(bot)
        self._dice = SystemRandom()

    @app_commands.command(description="Label ten messages blindly, so that the figures can say what is missed")
    @app_commands.describe(policy="Which policy")
    async def sample(self, command: Command, policy: str) -> None:
        """Hand out a sample, or go on with the one that is not done."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await reply(command, plainly(self._begun(command, policy)))

    @sample.autocomplete("policy")
    async def complete_policy(self, command: Command, typed: str) -> list[Choice[str]]:
        """The guild's policies."""
        if about_moderators(command, self._rooms) or command.guild_id is None:
            return []
        return policy_choices(self._rooms, command.guild_id, typed)

    async def _begun(self, command: Command, policy_id: str) -> Reply:
        guild, member = _who(command)
        policy = await version_of(self._rooms, guild.id, policy_id, "")
        if policy.mode is Mode.OFF:
            raise Declined(tr(_OFF))
        if policy.care is Care.WITHHOLD:
            raise Declined(tr(_WITHHELD))
        draws = await self._rooms.store.draws(guild.id, policy_id, member.id)
        if not any(draw.answer is None for draw in draws):
            await self._hand_out(guild, member, policy)
        return await self._next(command, policy)

    async def _hand_out(self, guild: discord.Guild, member: discord.Member, policy: Policy) -> None:
        cleared = await self._cleared(guild, member, policy.id)
        if await self._rooms.explain(guild.id, "-", (policy.id,)) is None:
            raise Declined(tr(_NOT_YET))
        known = await self._rooms.store.sampled(guild.id, policy.id)
        wanted = Wanted(guild, member, policy, known, HANDED_OUT)
        unflagged = await draw_unflagged(self._rooms, self._history, wanted, self._dice)
        first = Draw(
            guild_id=guild.id,
            policy_id=policy.id,
            digest=policy.digest,
            moderator_id=member.id,
            stratum=Stratum.UNFLAGGED,
            channel_id=0,
            message_id=0,
            drawn_at=self._rooms.clock(),
        )
        of_cleared, of_unflagged = mixed(len(cleared), len(unflagged), HANDED_OUT)
        draws = [_of_case(first, case) for case in cleared[:of_cleared]]
        draws += [
            replace(first, channel_id=each.channel_id, message_id=each.id) for each in unflagged[:of_unflagged]
        ]
        if not draws:
            raise Declined(tr(_NOTHING))
        self._dice.shuffle(draws)
        await self._rooms.store.add_draws(draws)

    async def _cleared(self, guild: discord.Guild, member: discord.Member, policy_id: str) -> list[Cleared]:
        """Cleared cases in channels that the moderator reads."""
        found = await self._rooms.store.cleared_cases(guild.id, policy_id, HANDED_OUT * _SPARE)
        readable = [case for case in found if person(member, await place_of(guild, case.channel_id)).reads]
        return readable[:HANDED_OUT]

    async def _next(self, command: Command, policy: Policy) -> Reply:
        """The next message that is still there, or the end."""
        guild, member = _who(command)
        draws = await self._rooms.store.draws(guild.id, policy.id, member.id)
        for number, draw in enumerate(draws, start=1):
            if draw.answer is not None:
                continue
            shown = await self._shown(guild, member, policy, draw)
            if shown is not None:
                return sample_page(policy, shown, number, len(draws))
            await self._rooms.store.answer_draw(draw.id, SampleAnswer.GONE)
        return over_page(await self._rooms.store.draws(guild.id, policy.id, member.id))

    async def _shown(
        self, guild: discord.Guild, member: discord.Member, policy: Policy, draw: Draw
    ) -> Shown | None:
        """The message as it is now; None if it is gone, or not for this person (any more).

        Raises:
            DiscordAway: nobody knows. It is not gone for that.
        """
        place = await place_of(guild, draw.channel_id)
        if not person(member, place).reads:
            return None
        if draw.case_id is not None:
            return await self._of_case(draw, draw.case_id)
        try:
            message = await self._history.current(guild.id, draw.channel_id, draw.message_id)
        except (Gone, Refused):
            return None
        if message is None or not message.text:
            return None
        return Shown(draw, message, await before(self._history, message, policy.judge.context))

    async def _of_case(self, draw: Draw, case_id: int) -> Shown | None:
        """A case that was opened since is not shown: its card tells what the model thinks."""
        try:
            case = await self._rooms.store.case(case_id)
        except UnknownCase:
            return None
        if case.state is not CaseState.CLEARED or hidden(case) or not case.message.text:
            return None
        return Shown(draw, case.message, case.earlier)

    async def pressed(self, press: Command, draw_id: int, mark: str, what: str) -> None:
        """A moderator answers, or chooses a rule."""
        if not await refused_for(press, about_moderators(press, self._rooms)):
            await press.response.defer()
            try:
                told = await plainly(self._answered(press, draw_id, mark, what))
            except StoreError as error:
                _log.error("a press found the store away", guild=press.guild_id, reason=str(error))
                told = said(tr(_NO_MEMORY))
            await press.edit_original_response(embed=told.embed, attachments=[], view=told.view)

    async def _answered(self, press: Command, draw_id: int, mark: str, what: str) -> Reply:
        guild, member = _who(press)
        draw = await self._rooms.store.draw(draw_id)
        if draw is None or draw.guild_id != guild.id:
            raise Declined(tr(_STALE))
        if draw.moderator_id != member.id:
            raise Declined(tr(_NOT_YOURS))
        policy = await version_of(self._rooms, guild.id, draw.policy_id, "")
        shown = await self._shown(guild, member, policy, draw) if draw.answer is None else None
        if shown is None or what == "back" or shown.mark != mark:
            return await self._next(press, policy)  # what was answered twice, is gone, or was edited
        if what == "violates" and len(policy.rules) > 1:
            return rules_page(policy, shown)
        await self._note(policy, shown, what)
        return await self._next(press, policy)

    async def _note(self, policy: Policy, shown: Shown, what: str) -> None:
        """`what`: allowed, skip, violates, or the rule that was chosen."""
        simple = {"allowed": SampleAnswer.ALLOWED, "skip": SampleAnswer.SKIPPED}
        said_so = simple.get(what, SampleAnswer.VIOLATES)
        named = policy.rules[0].id if what == "violates" else what.removeprefix(_RULE)
        rule_id = named if named in policy.rule_ids and said_so is SampleAnswer.VIOLATES else None
        unknown = shown.draw.case_id is None
        kept = Suspected(message=shown.message, earlier=tuple(shown.earlier), suspicions=()) if unknown else None
        await self._rooms.store.answer_draw(shown.draw.id, said_so, rule_id=rule_id, shown=kept)
        if self._rooms.samples is not None:
            self._rooms.samples.stir()


def _of_case(first: Draw, case: Cleared) -> Draw:
    return replace(
        first,
        stratum=Stratum.CLEARED,
        channel_id=case.channel_id,
        message_id=case.message_id,
        case_id=case.case_id,
    )


def _who(command: Command) -> tuple[discord.Guild, discord.Member]:
    if command.guild is None or not isinstance(command.user, discord.Member):
        raise Declined(tr(NOT_READY))
    return command.guild, command.user


def _handled_by(cog: PolicySampleCog) -> tuple[type[DynamicItem[Any]], ...]:
    """The classes that discord.py makes of what is pressed, whenever it was sent."""

    class Answer(DynamicItem[Button[Any]], template=_PRESS):
        def __init__(self, draw_id: int, mark: str, what: str) -> None:
            super().__init__(Button(custom_id=f"sample:{draw_id}:{mark}:{what}"))
            self.said = draw_id, mark, what

        @classmethod
        async def from_custom_id(cls, _: Command, __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(int(match["draw"]), match["mark"], match["press"])

        async def callback(self, interaction: Command) -> None:
            await cog.pressed(interaction, *self.said)

    class Rule(DynamicItem[Select[Any]], template=_CHOOSE):
        def __init__(self, draw_id: int, mark: str) -> None:
            super().__init__(Select(custom_id=f"sample:{draw_id}:{mark}:rule"))
            self.about = draw_id, mark

        @classmethod
        async def from_custom_id(cls, _: Command, __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(int(match["draw"]), match["mark"])

        async def callback(self, interaction: Command) -> None:
            await cog.pressed(interaction, *self.about, _RULE + next(iter(self.item.values), UNSURE_RULE))

    return Answer, Rule


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the command in, where there is somewhere to run tests."""
    if rooms.trials is None:
        return
    cog = PolicySampleCog(bot, rooms)
    join_policy_group(bot, cog)
    bot.add_dynamic_items(*_handled_by(cog))
