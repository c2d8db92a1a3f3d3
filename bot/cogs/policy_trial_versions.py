"""Which version of a policy somebody means: the one in force, an older one by its number, or an attached file."""

from typing import Final

import discord
from discord.app_commands import Choice

from bot.cogs.failures import translated
from bot.cogs.plainly import Declined
from bot.cogs.replies import problem_line
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped, one_line, shortened
from bot.language import tr
from policies.document import parse_policy
from policies.policy import Policy
from policies.problems import PolicyError
from policies.yaml_tree import MAX_BYTES

IN_FORCE: Final = "in force"
_MOST_CHOICES, _LONGEST_CHOICE = 25, 100


async def version_of(rooms: Rooms, guild_id: int, policy_id: str, wanted: str) -> Policy:
    """A version by its number, or the one in force.

    Raises:
        Declined: there is no such policy or version, or this release cannot read its file.
        StoreUnavailable: nobody knows.
    """
    current = rooms.policy_book.policies(guild_id).get(policy_id)
    if current is None:
        raise Declined(
            tr("There is no policy “{name}”. `/policy list` shows them all.", name=escaped(policy_id, 60))
        )
    if not wanted or wanted == IN_FORCE:
        return current
    number = wanted.strip().removeprefix("#")
    source = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        source = await rooms.store.version_source(guild_id, policy_id, int(number))
    if source is None:
        raise Declined(
            tr("There is no version “{name}”. `/policy history` shows them all.", name=escaped(wanted, 60))
        )
    return _parsed(policy_id, source)


async def attached(policy_id: str, file: discord.Attachment) -> Policy:
    """A draft that somebody attached.

    Raises:
        Declined: it is too large, or has errors.
        DiscordError: it could not be fetched.
    """
    if file.size > MAX_BYTES:
        raise Declined(tr("The file is too large for a policy."))
    with translated():
        source = await file.read()
    return _parsed(policy_id, source)


def _parsed(policy_id: str, source: bytes) -> Policy:
    try:
        return parse_policy(source, policy_id=policy_id, filename=f"{policy_id}.yaml")
    except PolicyError as error:
        raise Declined("\n".join(map(problem_line, error.problems))) from None


def policy_choices(rooms: Rooms, guild_id: int, typed: str) -> list[Choice[str]]:
    """The guild's policies whose name or title holds what was typed."""
    wanted = typed.strip().casefold()
    named = [
        Choice(name=shortened(one_line(f"{policy.title} ({policy_id})"), _LONGEST_CHOICE), value=policy_id)
        for policy_id, policy in sorted(rooms.policy_book.policies(guild_id).items())
    ]
    return [choice for choice in named if wanted in choice.name.casefold()][:_MOST_CHOICES]


async def version_choices(rooms: Rooms, guild_id: int, policy_id: str, typed: str) -> list[Choice[str]]:
    """The newest versions that are not removals, and the one in force."""
    known = await rooms.store.versions(guild_id, policy_id, limit=_MOST_CHOICES)
    named = [(IN_FORCE, IN_FORCE)]
    for version in known:
        if version.mode is not None:
            reason = f", {one_line(version.author.reason)}" if version.author.reason else ""
            named.append((str(version.number), f"#{version.number}, {version.at:%Y-%m-%d %H:%M}{reason}"))
    wanted = typed.strip().casefold()
    found = [
        Choice(name=shortened(name, _LONGEST_CHOICE), value=value)
        for value, name in named
        if wanted in name.casefold()
    ]
    return found[:_MOST_CHOICES]
