"""`/case export`: a file of cases for moderators, within what Discord takes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import discord
import structlog

from bot.case import CaseFile, CaseState
from bot.cogs.people import can_read
from bot.cogs.plainly import Declined
from bot.cogs.replies import NEEDS_MANAGE_SERVER, NOT_READY, Command, Reply, about_administrators, page
from bot.cogs.rooms import Rooms
from bot.exports.record import LeftOut
from bot.exports.writing import Format, Style, no_texts, written
from bot.language import marked, number, tr, tr_n
from bot.records.people import CaseFilter
from bot.units import format_size

_log = structlog.get_logger(__name__)

_SPARE = 200_000
"""Bytes of an upload that are left for the rest of the request."""
_TOO_MUCH = marked(
    "These cases make a file that is larger than the {size} which Discord takes here. Choose fewer: fewer days, "
    "one policy or one state. Whoever runs the bot can make a file of any size with `safeguild cases export`."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked for."""

    format: str
    days: int | None
    policy: str | None
    state: CaseState | None
    member_id: int | None
    texts: bool


async def exported(rooms: Rooms, command: Command, wanted: Wanted) -> Reply:
    """The file as an attachment.

    Raises:
        Declined: the person may not have it, or it is too large.
        StoreUnavailable: the store cannot be asked.
    """
    guild, member = command.guild, command.user
    if guild is None or not isinstance(member, discord.Member) or not rooms.allows(guild.id):
        raise Declined(tr(NOT_READY))
    if wanted.texts and about_administrators(command):
        raise Declined(tr(NEEDS_MANAGE_SERVER))
    style = Style(Format(wanted.format), wanted.texts)
    rule = _readable_by(member) if wanted.texts else no_texts
    limit = guild.filesize_limit - _SPARE
    pieces: list[bytes] = []
    async for piece in written(rooms.store, _filter(rooms, guild.id, wanted), style, rule):
        pieces.append(piece)
        limit -= len(piece)
        if limit < 0:
            raise Declined(tr(_TOO_MUCH, size=format_size(guild.filesize_limit)))
    count = len(pieces) - (style.format is Format.CSV)
    _log.info("cases exported", guild=guild.id, moderator=member.id, cases=count, texts=wanted.texts)
    return _answer(pieces, count, style) if count else page("", [tr("No case fits. Nothing was exported.")])


def _filter(rooms: Rooms, guild_id: int, wanted: Wanted) -> CaseFilter:
    return CaseFilter(
        guild_id,
        since=rooms.clock() - timedelta(days=wanted.days) if wanted.days else None,
        policy_id=wanted.policy,
        state=wanted.state,
        member_id=wanted.member_id,
    )


def _answer(pieces: list[bytes], count: int, style: Style) -> Reply:
    lines = [tr_n("{count} case.", "{count} cases.", count, count=number(count))]
    if style.texts:
        lines.append(tr("**There are words of members in it.** Keep it where only moderators read it."))
    else:
        lines.append(tr("There is nothing in it that anybody wrote."))
    file = discord.File(BytesIO(b"".join(pieces)), f"cases.{style.format}")
    return page(tr("Cases"), lines, file=file)


def _readable_by(member: discord.Member) -> Callable[[CaseFile], LeftOut | None]:
    """Texts only of channels that this person can read."""

    def rule(case: CaseFile) -> LeftOut | None:
        readable = can_read(member, case.message.channel_id, case.message.parent_id)
        return None if readable else LeftOut.PRIVATE

    return rule
