"""What the bot and others can read and do in a guild, by the permissions that Discord tells."""

from collections.abc import Collection

import discord
from discord.abc import GuildChannel

from bot.standing import ALL_NEEDED, FOR_CARDS, NOTHING, Needed


def lacking(has: discord.Permissions, needed: Needed) -> Needed:
    """What is missing of the needed permissions."""
    return NOTHING if has.administrator else needed & ~Needed(has.value & int(ALL_NEEDED))


def lacking_in_guild(guild: discord.Guild) -> Needed:
    """What the bot's roles lack, whatever single channels say."""
    return lacking(guild.me.guild_permissions, ALL_NEEDED)


def lacking_for_cards(channel: GuildChannel) -> Needed:
    """What the bot lacks to post and to find cards in a channel."""
    return lacking(channel.permissions_for(channel.guild.me), FOR_CARDS)


def shows_history(place: GuildChannel | discord.Thread) -> bool:
    """Whether the bot gets a place's history, as far as is known; Discord itself says no by an empty answer."""
    me: discord.Member | None = place.guild.me
    if me is None or (isinstance(place, discord.Thread) and place.parent is None):
        return True  # it cannot be told
    return place.permissions_for(me).read_message_history


def is_public(channel: GuildChannel) -> bool:
    """Whether everyone in the guild can read a channel."""
    return channel.permissions_for(channel.guild.default_role).read_messages


def other_readers(channel: GuildChannel, moderators: Collection[int]) -> list[discord.Role]:
    """Roles that can read a channel, but for moderators, the bot's own role and administrators, who can always."""
    return [
        role
        for role in channel.guild.roles
        if role.id not in moderators
        and not role.is_default()
        and not role.permissions.administrator
        and role not in channel.guild.me.roles
        and channel.permissions_for(role).read_messages
    ]


def moderators_without_access(channel: GuildChannel, moderators: Collection[int]) -> list[discord.Role]:
    """Moderator roles that cannot read a channel."""
    roles = (channel.guild.get_role(role_id) for role_id in moderators)
    return [role for role in roles if role and not channel.permissions_for(role).read_messages]


def invited_members(channel: GuildChannel) -> int:
    """How many members were let into a channel by name."""
    own = channel.guild.me.id
    return sum(
        bool(overwrite.read_messages) and target.id != own and not _is_role(target)
        for target, overwrite in channel.overwrites.items()
    )


def hidden_channels(guild: discord.Guild) -> list[GuildChannel]:
    """Channels where members may write and the bot reads nothing, in the order of the channel list."""
    return [
        channel
        for _, channels in guild.by_category()
        for channel in channels
        if lacking(channel.permissions_for(guild.me), Needed.VIEW_CHANNELS | Needed.READ_MESSAGE_HISTORY)
    ]


def _is_role(target: discord.Role | discord.abc.User | discord.Object) -> bool:
    """Members are in no cache, so most of them are known by their id and kind only."""
    return isinstance(target, discord.Role) or (isinstance(target, discord.Object) and target.type is discord.Role)
