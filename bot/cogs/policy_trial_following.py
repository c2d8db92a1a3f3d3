"""Shows a trial that is going on: its progress in the answer to the command, and in the end what it found."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import discord
import structlog
from discord.ui import Button, View

from bot.cogs.failures import FAILURES
from bot.cogs.people import person, place_of
from bot.cogs.plainly import said
from bot.cogs.policy_trial_page import TOKEN_LIVES, progress_page, result_page
from bot.cogs.replies import Command, Reply
from bot.cogs.rooms import Rooms
from bot.cogs.words import person as mention
from bot.language import marked, speaking, tr
from bot.ports import DiscordAway, StoreError, UnknownCase
from bot.review.care import hidden
from bot.trials.result import TrialResult
from bot.trials.room import Trial
from inference.judge import JudgeUnavailable
from policies.policy import Care

_log = structlog.get_logger(__name__)

CANCEL: Final = "trial:cancel"
EVERY: Final = 3.0
"""Seconds between two looks at how far a trial is: Discord's limit for edits is 5 in 5 seconds."""
_CANCELLED: Final = marked("The test was cancelled. What was answered is kept: the next test goes on from there.")
_AWAY: Final = marked("The model was away for too long, so the test was given up. What was answered is kept.")
_NO_MEMORY: Final = marked("My memory did not answer, so the test was given up. Try again in a minute.")

Ending = TrialResult | str
"""What a trial found, or why it did not come to its end."""


class TrialFollower:
    """One for all trials. A trial goes on when nobody looks."""

    def __init__(self, bot: discord.Client, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms

    async def follow(self, command: Command, trial: Trial) -> None:
        """Show how far the trial is until it is over, then what it found."""
        watching = asyncio.create_task(self._watched(command, trial))
        try:
            ending = await _ending(trial)
        finally:
            watching.cancel()
        await self._delivered(command, trial, ending)

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

    async def _readable(self, command: Command, ending: Ending) -> frozenset[int]:
        """The flipped messages whose text this person may see: in channels that they read, and not withheld."""
        guild, member = command.guild, command.user
        if guild is None or not isinstance(member, discord.Member) or isinstance(ending, str):
            return frozenset()
        if ending.flips is None or ending.policy.care is Care.WITHHOLD:
            return frozenset()
        places = [flip.item.place for flip in ending.flips.gravest_first if flip.item.place]
        try:
            channels = await _read_by(guild, member, {place.channel_id for place in places})
            in_sight = [place for place in places if place.channel_id in channels]
            return frozenset([place.message_id for place in in_sight if await self._is_shown(place.case_id)])
        except (DiscordAway, StoreError) as error:
            _log.warning("a trial's texts are not shown", guild=guild.id, reason=str(error))
            return frozenset()  # the figures are told all the same

    async def _is_shown(self, case_id: int | None) -> bool:
        """Whether the case's text may be shown to people who read its channel."""
        try:
            return case_id is not None and hidden(await self._rooms.store.case(case_id)) is None
        except UnknownCase:
            return False

    async def _delivered(self, command: Command, trial: Trial, ending: Ending) -> None:
        """Answer the command, or tell the review channel when that is not possible any more."""
        if self._is_reachable(command):
            told = _page(ending, await self._readable(command, ending))
            if await _edit(command, told):
                return
        guild_id = trial.guild_id
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


def cancel_button() -> View:
    """The button that cancels whichever test of the guild is running."""
    view = View(timeout=None)
    view.add_item(Button(label=tr("Cancel"), style=discord.ButtonStyle.danger, custom_id=CANCEL))
    view.stop()  # a press finds its handler by the custom id alone
    return view


async def _read_by(guild: discord.Guild, member: discord.Member, channel_ids: Iterable[int]) -> frozenset[int]:
    """Those of the channels that a member reads. Raises DiscordAway."""
    return frozenset([each for each in channel_ids if person(member, await place_of(guild, each)).reads])


async def _ending(trial: Trial) -> Ending:
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


def _page(ending: Ending, shown: frozenset[int]) -> Reply:
    return said(ending) if isinstance(ending, str) else result_page(ending, shown)


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
