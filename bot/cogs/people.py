"""Members as the rules about access see them, and where they are."""

from contextvars import ContextVar

import discord
from discord.abc import GuildChannel

from bot.cogs.failures import translated
from bot.ports import Gone, Refused
from bot.review.access import Permission, Person

acting_moderator: ContextVar[str] = ContextVar("acting_moderator", default="")
"""The name of the person whose click is being worked on, for the audit log.

Empty when a decision is resumed later: then the log has the id alone.
"""

_FLAGS = {
    Permission.MANAGE_MESSAGES: "manage_messages",
    Permission.MODERATE_MEMBERS: "moderate_members",
    Permission.KICK_MEMBERS: "kick_members",
    Permission.BAN_MEMBERS: "ban_members",
    Permission.MANAGE_GUILD: "manage_guild",
    Permission.ADMINISTRATOR: "administrator",
}
_PER_CHANNEL = frozenset({Permission.MANAGE_MESSAGES})
"""The others hold for the whole guild, whatever a channel's settings say."""

Place = GuildChannel | discord.Thread


def person(member: discord.Member, place: Place | None) -> Person:
    """A member with the permissions that are in effect where the message is.

    `place` is None when the channel is gone: the permissions of the whole guild decide then.
    """
    everywhere = member.guild_permissions
    here = everywhere if place is None else _permissions_in(place, member)
    held = {
        permission
        for permission, flag in _FLAGS.items()
        if getattr(here if permission in _PER_CHANNEL else everywhere, flag)
    }
    return Person(
        id=member.id,
        permissions=frozenset(held),
        role_ids=frozenset(role.id for role in member.roles),
        top_role=_rank(member),
        is_owner=member.guild.owner_id == member.id,
        is_timed_out=member.is_timed_out(),
        is_bot=member.bot,
        reads=_reads(place, here),
    )


async def place_of(guild: discord.Guild, channel_id: int) -> Place | None:
    """A channel or thread of the guild; None if it is gone or out of the bot's sight.

    An archived thread is in no cache and has to be fetched.

    Raises:
        DiscordAway: nobody knows.
    """
    known = guild.get_channel_or_thread(channel_id)
    if known is not None:
        return known
    try:
        with translated():
            return await guild.fetch_channel(channel_id)
    except (Refused, discord.InvalidData):
        return None


async def member_of(guild: discord.Guild, user_id: int) -> discord.Member | None:
    """The member as they are now, asked of Discord; None if they have left.

    Raises:
        DiscordAway, Refused: nobody knows.
    """
    try:
        with translated():
            return await guild.fetch_member(user_id)
    except Gone:
        return None


def hidden_places(member: discord.Member) -> frozenset[int]:
    """Channels and threads of the guild that the member cannot read, as far as they are known."""
    guild = member.guild
    if guild.owner_id == member.id or member.guild_permissions.administrator:
        return frozenset()
    places = (*guild.channels, *guild.threads)
    return frozenset(place.id for place in places if not _reads(place, _permissions_in(place, member)))


def can_read(member: discord.Member, channel_id: int, parent_id: int | None) -> bool:
    """Whether they can read what was written there, as far as that can be told without asking Discord."""
    place = member.guild.get_channel_or_thread(channel_id)
    if place is not None or parent_id is None:
        return person(member, place).reads
    parent = member.guild.get_channel(parent_id)  # an archived thread is in no cache: it may be a private one
    return parent is not None and parent.permissions_for(member).manage_threads


def _reads(place: Place | None, here: discord.Permissions) -> bool:
    """Whether they can read what was written there.

    Of a channel that is gone nobody knows who could; who is in a private thread is known to Discord alone. So
    those are taken to be read by people who see everything anyway.
    """
    if place is None:
        return here.manage_guild or here.administrator
    if isinstance(place, discord.Thread) and place.is_private() and not here.manage_threads:
        return False
    return here.read_messages


def _permissions_in(place: Place, member: discord.Member) -> discord.Permissions:
    try:
        return place.permissions_for(member)
    except discord.ClientException:  # a thread whose channel nobody knows
        return discord.Permissions.none()


def _rank(member: discord.Member) -> int:
    """The place of the highest role in the guild's order, which settles ties of position by age."""
    return member.guild.roles.index(member.top_role)
