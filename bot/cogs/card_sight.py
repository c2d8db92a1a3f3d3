"""Whether everybody who reads the review channel may read what stands on a card.

A channel that @everyone can read has no secrets. Of any other one it is asked, role by role, whether who can read
the review channel by this role alone can read the message's channel by it, too. Who may read what by name, and who
is kept out by a role or by name, is told by the channels' own settings. Where Discord's answer depends on which
roles one person has together, nobody knows it here: members are in no list. Then the card shows no text, and says
what would have to be changed; "Evidence" shows it to those who may read it, one by one.
"""

from collections.abc import Iterator

import discord
from discord.abc import GuildChannel

from bot.cogs.people import Place
from bot.cogs.places import is_public
from bot.language import tr


def outsiders(source: Place | None, review: Place | None) -> str | None:
    """Who may read the review channel and not the message's, as far as it can be told; None if nobody.

    Args:
        source: where the message is; None if that is gone, or out of sight.
        review: where the card hangs; None if it is not known.
    """
    if source is None:
        return tr("the channel is gone, so nobody can tell any more who could read it")
    channel = source.parent if isinstance(source, discord.Thread) else source
    place = review.parent if isinstance(review, discord.Thread) else review
    if channel is None or place is None:
        return tr("nobody can tell who may read that channel")
    by_invitation = isinstance(source, discord.Thread) and source.is_private()
    if channel.id == place.id or (is_public(channel) and not by_invitation):
        return None
    return next(_outsiders(channel, place, by_invitation=by_invitation), None)


def _outsiders(source: GuildChannel, review: GuildChannel, *, by_invitation: bool) -> Iterator[str]:
    """`by_invitation`: a private thread, read by those who were let in and by those who manage threads."""
    readers = [role for role in source.guild.roles if review.permissions_for(role).read_messages]
    for role in readers:
        here = source.permissions_for(role)
        if not here.read_messages or (by_invitation and not here.manage_threads):
            yield _named(role)
    let_in = all(_says(source, role) is True or role.permissions.administrator for role in readers)
    for target, said in _overwrites(source):
        if (
            said.read_messages is False
            and _says(review, target) is not False
            and not (_is_role(target) and let_in)
        ):
            yield _named(target)
    for target, said in _overwrites(review):
        if said.read_messages and not _is_role(target) and not _reads(source, target, by_invitation=by_invitation):
            yield _named(target)


def _reads(source: GuildChannel, target: discord.abc.Snowflake, *, by_invitation: bool) -> bool:
    """Whether somebody was let into the message's channel by name."""
    said = next((said for other, said in _overwrites(source) if other.id == target.id), None)
    return bool(said and said.read_messages and (said.manage_threads or not by_invitation))


def _overwrites(channel: GuildChannel) -> Iterator[tuple[discord.abc.Snowflake, discord.PermissionOverwrite]]:
    """What a channel's settings say of roles and members, but for @everyone, who is a role like others, and us."""
    ours = {channel.guild.default_role.id, *(role.id for role in channel.guild.me.roles), channel.guild.me.id}
    return ((target, said) for target, said in channel.overwrites.items() if target.id not in ours)


def _says(channel: GuildChannel, target: discord.abc.Snowflake) -> bool | None:
    """Whether the channel's settings let somebody in (True) or keep them out (False); None if they do not say."""
    found = next((said for other, said in channel.overwrites.items() if other.id == target.id), None)
    return found.read_messages if found else None


def _is_role(target: discord.abc.Snowflake) -> bool:
    """Members are in no cache, so most of them are known by their id and kind only."""
    return isinstance(target, discord.Role) or (isinstance(target, discord.Object) and target.type is discord.Role)


def _named(target: discord.abc.Snowflake) -> str:
    """A mention; it pings nobody."""
    if isinstance(target, discord.Role) and target.is_default():
        return "@everyone"
    return f"<@&{target.id}>" if _is_role(target) else f"<@{target.id}>"
