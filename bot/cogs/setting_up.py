"""What `/safeguild setup` does: sees whether the wishes are safe, keeps them, and says what is left to do."""

from dataclasses import dataclass

import discord
from discord.abc import GuildChannel

from bot.cogs.places import (
    hidden_channels,
    invited_members,
    is_public,
    lacking_for_cards,
    lacking_in_guild,
    moderators_without_access,
    other_readers,
)
from bot.cogs.replies import Reply, page
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.cogs.words import place
from bot.guilds.settings import GuildSettings
from bot.standing import NOTHING, words_of
from policies.policy import Policy
from policies.starter import starter_policies

ESSENTIAL = ("harassment", "hate", "threats", "scams", "spam")
"""What nearly every community forbids."""
_MOST_NAMED = 15
"""Channels or roles that are named one by one."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person has set with the command; what they left out stays as it is."""

    review_channel: discord.TextChannel | None
    moderator_roles: tuple[discord.Role, ...]
    starters: tuple[str, ...] | None
    """None: not said."""


def starters_of(choice: str | None) -> tuple[str, ...] | None:
    """The starter policies that a choice of the command stands for."""
    if choice is None:
        return None
    return {"essential": ESSENTIAL, "all": tuple(starter_policies())}.get(choice, ())


async def set_up(rooms: Rooms, guild: discord.Guild, wishes: Wishes) -> Reply:
    """Set what is wished and safe, all of it or nothing. Raises GuildFileError."""
    before = rooms.guild_book.settings(guild.id)
    if objections := [*_left_out(before, wishes), *_unsafe(wishes)]:
        return page("Nothing was set", objections, discord.Colour.red())
    after = _merged(before, wishes)
    await rooms.guild_book.save(guild.id, after)
    is_first = before.review_channel is None
    wanted = ESSENTIAL if is_first and wishes.starters is None else wishes.starters or ()
    added = await rooms.policy_book.add_missing(guild.id, wanted)
    await _move_cards(rooms, guild, before.review_channel)
    lines = [*_what_is_set(after), _about_policies(rooms, guild.id, added), *warnings(guild, after), "", _NEXT]
    return page("Safeguild is set up", lines, discord.Colour.green())


async def _move_cards(rooms: Rooms, guild: discord.Guild, old: int | None) -> None:
    """Cards stay where they hang; those that went with their channel are shown anew."""
    if old is not None and guild.get_channel(old) is None:
        await rooms.outbox.channel_gone(guild.id, old)
    rooms.outbox.stir(guild.id)


_NEXT = (
    "**Next:** read your policies with `/policy list` and `/policy show`. To try one without cards, set it to "
    "shadow with `/policy mode`. `/safeguild status` tells how the bot is doing."
)


def warnings(guild: discord.Guild, settings: GuildSettings) -> list[str]:
    """What is not as it should be in a guild that is set up, with what to do."""
    found = [*_about_cards(guild, settings), *_about_hidden(guild), *about_permissions(guild)]
    return [f"\N{WARNING SIGN} {line}" for line in found]


def about_permissions(guild: discord.Guild) -> list[str]:
    """What the bot's roles lack, and what they have too much of."""
    if guild.me.guild_permissions.administrator:
        return [
            "My role has Administrator. I do not need it: take it away, so that a mistake of mine stays small."
        ]
    missing = lacking_in_guild(guild)
    if missing == NOTHING:
        return []
    return [f"My role lacks {words_of(missing)}. Give it these in Server Settings, Roles."]


def about_review_channel(channel: GuildChannel) -> list[str]:
    """Why cards cannot be shown in a channel, with what to do."""
    found = []
    if is_public(channel):
        found.append(
            f"Everyone can read {place(channel.id)}, and cards show what members wrote. Choose another channel, "
            "or open Edit Channel, Permissions there, take View Channel away from @everyone (Private Channel does "
            "that), and add your moderators' role and mine."
        )
    if missing := lacking_for_cards(channel):
        found.append(
            f"I lack {words_of(missing)} in {place(channel.id)}. Open Edit Channel, Permissions there, add my "
            "role and allow it."
        )
    return found


def _left_out(before: GuildSettings, wishes: Wishes) -> list[str]:
    """What the first setup cannot do without."""
    found = []
    if before.review_channel is None and wishes.review_channel is None:
        found.append("Name a `review_channel`: a channel that only moderators can read. Cards appear there.")
    if not before.moderator_roles and not wishes.moderator_roles:
        found.append("Name a `moderator_role`: who may decide on cases.")
    return found


def _unsafe(wishes: Wishes) -> list[str]:
    found = about_review_channel(wishes.review_channel) if wishes.review_channel else []
    if any(role.is_default() for role in wishes.moderator_roles):
        found.append("@everyone cannot be a moderator role. Choose the role of your moderators.")
    for role in wishes.moderator_roles:
        if role.is_bot_managed():
            found.append(f"{role.mention} is the role of a bot. Choose the role of your moderators.")
    return found


def _merged(before: GuildSettings, wishes: Wishes) -> GuildSettings:
    changed: dict[str, object] = {}
    if wishes.review_channel:
        changed["review_channel"] = wishes.review_channel.id
    if wishes.moderator_roles:
        changed["moderator_roles"] = tuple(dict.fromkeys(role.id for role in wishes.moderator_roles))
    return before.model_copy(update=changed)


def _what_is_set(settings: GuildSettings) -> list[str]:
    roles = ", ".join(f"<@&{role_id}>" for role_id in settings.moderator_roles)
    channel = place(settings.review_channel) if settings.review_channel else "nowhere"
    return [f"Cards appear in {channel}.", f"Moderators: {roles}."]


def _about_policies(rooms: Rooms, guild_id: int, added: list[Policy]) -> str:
    """What was added, and what holds besides."""
    count = len(rooms.policy_book.policies(guild_id))
    if not added:
        return (
            f"Policies: {count}, none added." if count else "There is no policy yet: add one with `/policy add`."
        )
    names = ", ".join(escaped(policy.title, 100) for policy in added)
    kept = " What was there before stays as it is." if count > len(added) else ""
    return f"Policies added: {names}.{kept}"


def _about_cards(guild: discord.Guild, settings: GuildSettings) -> list[str]:
    """What is wrong with the review channel, and who reads it that is no moderator."""
    if settings.review_channel is None:
        return []
    channel = guild.get_channel(settings.review_channel)
    if channel is None:
        return ["The review channel does not exist any more. Set another one with `/safeguild setup`."]
    return about_review_channel(channel) or _about_readers(channel, settings)


def _about_readers(channel: GuildChannel, settings: GuildSettings) -> list[str]:
    found = []
    blind = [role.mention for role in moderators_without_access(channel, settings.moderator_roles)]
    if blind:
        found.append(f"{_named(blind)} cannot read {place(channel.id)}. Give the role View Channel there.")
    if readers := other_readers(channel, settings.moderator_roles):
        names = _named([role.mention for role in readers])
        found.append(f"These roles are not moderators and can read {place(channel.id)}: {names}.")
    if people := invited_members(channel):
        found.append(f"{place(channel.id)} lets people in by name, too: {people}. See that they are moderators.")
    return found


def _about_hidden(guild: discord.Guild) -> list[str]:
    hidden = hidden_channels(guild)
    if not hidden:
        return []
    names = _named([place(channel.id) for channel in hidden])
    advice = "If I should, give my role View Channels and Read Message History there."
    return [f"I cannot read {names}, so nothing is looked at there. {advice}"]


def _named(mentions: list[str]) -> str:
    rest = len(mentions) - _MOST_NAMED
    return ", ".join(mentions[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
