"""Which case a person may look at, and how much of it."""

from dataclasses import dataclass

import discord

from bot.case import CaseFile
from bot.cogs.people import person, place_of
from bot.cogs.plainly import Declined
from bot.cogs.replies import NOT_READY, Command
from bot.cogs.rooms import Rooms
from bot.language import tr
from bot.ports import UnknownCase
from bot.review.access import Handling, Person, handling_refusal, may_look
from bot.review.care import Hidden, hidden, shown


@dataclass(frozen=True, slots=True)
class Sighted:
    """A case as a person may see it."""

    case: CaseFile
    """Without words of members if they are hidden."""
    hidden: Hidden | None
    actor: Person
    """Who looks, as they are in the message's channel."""


async def sighted(rooms: Rooms, command: Command, case_id: int) -> Sighted:
    """A case of this guild, for the person who asks.

    Raises:
        UnknownCase: there is none; those of other guilds are not even known to exist.
        Declined: they may not look at it.
        StoreUnavailable, DiscordError: nobody knows.
    """
    guild, member = command.guild, command.user
    if guild is None or guild.unavailable or not isinstance(member, discord.Member):
        raise Declined(tr(NOT_READY))
    case = await rooms.store.case(case_id)
    if case.guild_id != guild.id or not rooms.allows(guild.id):
        raise UnknownCase(f"Case {case_id} belongs to another guild.")
    actor = person(member, await place_of(guild, case.message.channel_id))
    settings = rooms.guild_book.settings(guild.id)
    if objection := may_look(guild.id, case, settings, actor):
        raise Declined(objection)
    unseen = handling_refusal(Handling.EVIDENCE, case, guild.id, settings, actor)
    reason = hidden(case) or (Hidden.PRIVATE if unseen else None)
    return Sighted(shown(case, reason), reason, actor)
