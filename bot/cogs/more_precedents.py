"""What was decided on messages like this one, for the moderator who asks."""

import asyncio
from collections.abc import Sequence

import discord

from bot.cards import card
from bot.case import CaseFile
from bot.cogs.people import can_read
from bot.cogs.replies import Reply, page
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.cogs.words import by, done, message_link
from bot.language import in_quotes, percent, tr
from bot.review.precedents import LOOKED_AT, Precedent, precedents
from inference.prefilter.embedding import StaticEmbedder
from inference.prefilter.normalise import Normaliser


async def precedents_page(rooms: Rooms, case: CaseFile, member: discord.Member) -> Reply:
    """The nearest decided cases, of those that this person may read.

    Raises:
        StoreUnavailable: the memory is away.
    """
    newest = await rooms.store.newest_cases(case.guild_id, LOOKED_AT)
    readable = [other for other in newest if can_read(member, other.message.channel_id, other.message.parent_id)]
    found = await asyncio.to_thread(_nearest, case, readable)
    title = tr("Precedents of case {number}", number=case.id)
    if not found:
        return page(title, [tr("Nothing that was decided here lately is like this message.")])
    hint = tr("The nearest of the last {count} cases. They bind nobody.", count=len(newest))
    return page(title, [hint, *map(_line, found)])


def _nearest(case: CaseFile, others: Sequence[CaseFile]) -> tuple[Precedent, ...]:
    return precedents(case, others, StaticEmbedder.shipped().embed, Normaliser.shipped().folded)


def _line(precedent: Precedent) -> str:
    case = precedent.case
    assert case.decision is not None
    said = tr(
        "**{decided}** {by} · {likeness} alike · [Case {number}]({link})",
        decided=done(case.decision),
        by=by(case.decision),
        likeness=percent(precedent.likeness),
        number=case.id,
        link=message_link(case),
    )
    rules = escaped(card(case).title, 120)
    return f"{said}\n{in_quotes(escaped(case.message.text, 160))}\n-# {rules}"
