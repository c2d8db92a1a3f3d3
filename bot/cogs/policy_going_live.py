"""Before a policy goes live, its administrator sees what it found in its shadow."""

import discord

from bot.cogs.people import place_of
from bot.cogs.policy_editor import new_draft
from bot.cogs.policy_shadow import Seen, shadow_page, since
from bot.cogs.replies import Command, Reply
from bot.cogs.rooms import Rooms
from bot.guilds.drafts import DraftKind
from bot.ports import DiscordAway, UnknownCase
from bot.records.histories import Flagged
from bot.review.care import Hidden, hidden
from policies.policy import Policy


async def asked_to_go_live(rooms: Rooms, command: Command, policy: Policy, reason: str) -> Reply:
    """What the policy would have flagged, with the button that lets it go live.

    Raises StoreUnavailable, and GuildFileError where its file cannot be read.
    """
    guild = command.guild
    assert guild is not None
    source = await rooms.policy_book.text(guild.id, policy.id)
    record = await rooms.store.shadow_record(guild.id, policy.id, policy.digest, since(rooms.clock()))
    seen = [each for found in record.newest if (each := await _seen(rooms, command, found))]
    draft = new_draft(command, DraftKind.EDIT, policy.id, source, reason)
    review_channel = rooms.guild_book.settings(guild.id).review_channel
    return shadow_page(policy, record, seen, rooms.writing.drafts.put(draft), review_channel)


async def _seen(rooms: Rooms, command: Command, found: Flagged) -> Seen | None:
    """A finding as this person may see it; None if its case was forgotten meanwhile."""
    try:
        case = await rooms.store.case(found.case_id)
    except UnknownCase:
        return None
    reason = hidden(case)
    if reason is None and not await _may_read(command, case.message.channel_id):
        reason = Hidden.PRIVATE
    return found, case, reason


async def _may_read(command: Command, channel_id: int) -> bool:
    """A channel that Discord cannot tell about now counts as one that they may not read."""
    assert command.guild is not None
    try:
        place = await place_of(command.guild, channel_id)
    except DiscordAway:
        return False
    if place is None or not isinstance(command.user, discord.Member):
        return False
    try:
        return place.permissions_for(command.user).read_messages
    except discord.ClientException:  # a thread whose channel nobody knows
        return False
