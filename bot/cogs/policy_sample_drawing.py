"""Draws messages that nothing suspects, out of the channels that a moderator and the bot can both read."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

import discord
from discord.abc import GuildChannel

from bot.case import Message
from bot.cogs.failures import FAILURES
from bot.cogs.history import PAGE, DiscordHistory
from bot.cogs.people import person
from bot.cogs.places import shows_history
from bot.cogs.pointing import with_author
from bot.cogs.reading import read
from bot.cogs.rooms import Rooms
from bot.trials.drawing import WEEK, Stretch, drawn, random_moment, weight_of_page
from policies.policy import Policy

CHANNELS: Final = 20
"""Channels that are looked through for one draw, at random among those that were written in lately."""
PAGES: Final = 2
"""Pages of a busy channel."""
AT_ONCE: Final = 4
"""Requests: the bot has other things to ask Discord for."""
LOOKED_AT: Final = 60
"""Messages that are looked at more closely, at most: most messages are not suspected."""
_SECONDS: Final = 20.0
"""How long Discord is asked. What was found by then has to do."""

Place = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is drawn, for whom."""

    guild: discord.Guild
    reader: discord.Member
    policy: Policy
    known: frozenset[int]
    """Messages that were handed out or labelled before."""
    number: int


async def draw_unflagged(rooms: Rooms, history: DiscordHistory, wanted: Wanted, dice: Random) -> list[Message]:
    """Up to so many messages of members that the policy does not suspect now."""
    now = rooms.clock()
    places = _open_places(rooms, wanted, now)
    dice.shuffle(places)
    stretches = await _stretches(places[:CHANNELS], now, dice)
    found: list[Message] = []
    for message in drawn(stretches, dice)[:LOOKED_AT]:
        if len(found) == wanted.number:
            break
        if message.id not in wanted.known and await _is_unflagged(rooms, history, wanted.policy, message):
            found.append(message)
    return found


def _open_places(rooms: Rooms, wanted: Wanted, now: datetime) -> list[Place]:
    """Where the policy holds, somebody wrote within the week, and both can read."""
    begun = discord.utils.time_snowflake(now - WEEK)
    scope = rooms.guild_book.settings(wanted.guild.id).scope
    return [
        place
        for place in _places(wanted.guild)
        if (place.last_message_id or 0) >= begun
        and not rooms.is_review_place(wanted.guild.id, place.id, _parent(place))
        and shows_history(place)
        and person(wanted.reader, place).reads
        and all(each.covers(_ids(place), frozenset()) for each in (scope, wanted.policy.scope))
    ]


def _places(guild: discord.Guild) -> Iterable[Place]:
    return (*guild.text_channels, *guild.voice_channels, *guild.stage_channels, *guild.threads)


def _parent(place: GuildChannel | discord.Thread) -> int | None:
    return place.parent_id if isinstance(place, discord.Thread) else None


def _ids(place: GuildChannel | discord.Thread) -> frozenset[int]:
    return frozenset(filter(None, (place.id, _parent(place))))


async def _stretches(places: Iterable[Place], now: datetime, dice: Random) -> list[Stretch]:
    """What was written in these places, as far as Discord tells in time."""
    turns = asyncio.Semaphore(AT_ONCE)
    found: list[Stretch] = []

    async def look(place: Place, moments: list[datetime]) -> None:
        async with turns:
            found.extend(await _of_place(place, now, moments))

    looks = [look(place, [random_moment(now, dice) for _ in range(PAGES)]) for place in places]
    tasks = [asyncio.create_task(each) for each in looks]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    return found


async def _of_place(place: Place, now: datetime, moments: list[datetime]) -> list[Stretch]:
    """All of a quiet place's week; of a busy one pages from these moments on."""
    try:
        whole = await _page(place, now - WEEK)
        if len(whole) < PAGE:
            return [Stretch(_said(whole))]
        pages = [(moment, await _page(place, moment)) for moment in moments]
    except FAILURES:
        return []  # the sample comes from other places then
    return [
        Stretch(_said(page), weight_of_page(_end(page, now) - moment, len(pages)))
        for moment, page in pages
        if page
    ]


async def _page(place: Place, since: datetime) -> list[discord.Message]:
    return [message async for message in place.history(limit=PAGE, after=since, oldest_first=True)]


def _end(page: list[discord.Message], now: datetime) -> datetime:
    """A page that is not full reaches to this moment."""
    return page[-1].created_at if len(page) == PAGE else now


def _said(page: Iterable[discord.Message]) -> tuple[Message, ...]:
    """What members wrote, with words in it."""
    return tuple(message for message in map(read, page) if message is not None and message.text)


async def _is_unflagged(rooms: Rooms, history: DiscordHistory, policy: Policy, message: Message) -> bool:
    """Whether nothing suspects it under the policy, which holds for its author, and no case is about it."""
    if await rooms.store.find(message.guild_id, message.id) is not None:
        return False
    scope = rooms.guild_book.settings(message.guild_id).scope
    if scope.except_roles or policy.scope.except_roles:
        roles = frozenset((await with_author(history, message)).role_ids)
        if not roles.isdisjoint((*scope.except_roles, *policy.scope.except_roles)):
            return False
    explanation = await rooms.explain(message.guild_id, message.text, (policy.id,))
    return explanation is not None and not any(each.flagged for each in explanation.policies)
