"""Whether somebody may do what they press. It is asked anew every time: all may have changed since the card."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.case import Action, CaseFile
from bot.cogs.failures import translated
from bot.cogs.people import Place, can_read, member_of, person, place_of
from bot.cogs.plainly import UNKNOWN_CASE, Declined
from bot.cogs.presses import Press, Pressed
from bot.cogs.replies import NOT_READY
from bot.cogs.rooms import Rooms
from bot.cogs.whole_requests import WholeRequests
from bot.guilds.settings import GuildSettings
from bot.language import tr
from bot.ports import UnknownCase
from bot.review.access import Handling, Person, handling_refusal, refusal, refusal_without_target
from bot.review.care import Hidden

Click = discord.Interaction[Any]

_PATIENCE: Final = 20.0
"""Seconds that looking up the people may take. Deciding itself is not cut short."""
_HANDLED: Final = {
    Press.CLAIM: Handling.CLAIM,
    Press.RELEASE: Handling.RELEASE,
    Press.ESCALATE: Handling.ESCALATE,
    Press.CALM: Handling.CALM,
    Press.EVIDENCE: Handling.EVIDENCE,
    Press.EXAMPLE: Handling.EVIDENCE,
}


@dataclass(frozen=True, slots=True)
class Present:
    """Everybody whom a press is about, as they are now."""

    guild_id: int
    settings: GuildSettings
    actor: Person
    bot: Person
    target: Person | None
    """The message's author; None if they are no member, or if they were not asked for."""

    @property
    def unseen(self) -> Hidden | None:
        """Why the person who presses is shown no words of members; None if they are."""
        return None if self.actor.reads else Hidden.PRIVATE

    def objection(self, action: Action, case: CaseFile) -> str | None:
        """Why this person cannot decide so now; None if they can."""
        return refusal(action, case, self.guild_id, self.settings, self.actor, self.bot, self.target)


class ReviewChecks:
    """Looks cases and people up."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._requests = WholeRequests()

    async def case(self, click: Click, case_id: int) -> CaseFile:
        """The case, if it is one of this guild. Others are not even known to exist.

        Raises:
            Declined: there is none.
        """
        try:
            case = await self._rooms.store.case(case_id)
        except UnknownCase:
            raise Declined(tr(UNKNOWN_CASE)) from None
        if case.guild_id != click.guild_id or not self._rooms.allows(click.guild_id):
            raise Declined(tr(UNKNOWN_CASE))
        return case

    async def admitted(self, click: Click, case: CaseFile, press: Pressed) -> Present:
        """Everybody who is there, if the person may do what they press.

        Raises:
            Declined: they may not. The message says why.
            DiscordError: nobody knows.
        """
        present = await self.present(click, case, with_target=_is_about_author(press))
        if reason := _objection(present, case, press):
            raise Declined(reason)
        return present

    async def present(self, click: Click, case: CaseFile, *, with_target: bool) -> Present:
        """Everybody who is there: roles, permissions and the author's place are asked for."""
        member, guild = _here(click)
        with translated():
            async with asyncio.timeout(_PATIENCE):
                place, target = await self._requests.finish(_look_up(guild, case, with_target=with_target))
        them = person(target, place) if target else None
        return Present(guild.id, self._settings(case), person(member, place), person(guild.me, place), them)

    def quick_objection(self, click: Click, case: CaseFile, press: Pressed) -> str | None:
        """What speaks against it as far as is known without asking Discord; None if nothing does.

        A form has to be opened at once. Whoever sends it off is checked in full.
        """
        member, guild = _here(click)
        place = guild.get_channel_or_thread(case.message.channel_id)
        actor, bot = person(member, place), person(guild.me, place)
        for action in actions_of(press):
            if reason := refusal_without_target(action, case, guild.id, self._settings(case), actor, bot):
                return reason
        return None if press.action else _handling(press, case, guild.id, self._settings(case), actor)

    def can_read(self, click: Click, case: CaseFile) -> bool:
        """Whether they can read what was written, as far as is known without asking Discord."""
        member, _ = _here(click)
        return can_read(member, case.message.channel_id, case.message.parent_id)

    def _settings(self, case: CaseFile) -> GuildSettings:
        return self._rooms.guild_book.settings(case.guild_id)


def actions_of(press: Pressed) -> Iterator[Action]:
    """The actions that a press decides for: each of them has to be allowed."""
    if press.also_delete:
        yield Action.DELETE
    if press.action is not None:
        yield press.action


def _objection(present: Present, case: CaseFile, press: Pressed) -> str | None:
    if press.action is None:
        return _handling(press, case, present.guild_id, present.settings, present.actor)
    return next(filter(None, (present.objection(action, case) for action in actions_of(press))), None)


def _handling(press: Pressed, case: CaseFile, guild_id: int, settings: GuildSettings, actor: Person) -> str | None:
    return handling_refusal(_HANDLED.get(press.press, Handling.LOOK), case, guild_id, settings, actor)


def _here(click: Click) -> tuple[discord.Member, discord.Guild]:
    member, guild = click.user, click.guild
    if guild is None or not isinstance(member, discord.Member) or not _is_known(guild):
        raise Declined(tr(NOT_READY))
    return member, guild


def _is_known(guild: discord.Guild) -> bool:
    """Before Discord has told about a server, we have no roles there."""
    me: discord.Member | None = guild.me
    role: discord.Role | None = guild.default_role
    return me is not None and role is not None


async def _look_up(
    guild: discord.Guild, case: CaseFile, *, with_target: bool
) -> tuple[Place | None, discord.Member | None]:
    """Where the message is, and its author."""
    place = await place_of(guild, case.message.channel_id)
    return place, await member_of(guild, case.message.author_id) if with_target else None


def _is_about_author(press: Pressed) -> bool:
    return press.press is Press.MORE or press.action not in (None, Action.DISMISS)
