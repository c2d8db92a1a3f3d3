"""What is offered while somebody types a policy's name, and the languages of starter policies."""

from collections.abc import Collection, Iterable, Mapping

from discord.app_commands import Choice

from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import one_line, shortened
from bot.language import LANGUAGES, Language, tr
from bot.ports import StoreError
from policies.policy import Policy
from policies.starter import starter_policies

_MOST, _LONGEST = 25, 100
"""Discord's limits."""

LANGUAGE_CHOICES = [Choice(name=name, value=language.value) for language, name in LANGUAGES.items()]
"""The languages that starter policies are written in."""


def policy_choices(policies: Mapping[str, Policy], typed: str) -> list[Choice[str]]:
    """The policies whose name or title holds what was typed."""
    named = {policy_id: f"{policy.title} ({policy_id})" for policy_id, policy in policies.items()}
    return _fitting(named, typed)


def starter_choices(language: Language, there: Collection[str], typed: str) -> list[Choice[str]]:
    """The starter policies of a language, but those that are there, whose name or title holds what was typed."""
    starters = starter_policies(language)
    return policy_choices({name: policy for name, policy in starters.items() if name not in there}, typed)


async def past_choices(rooms: Rooms, guild_id: int, typed: str) -> list[Choice[str]]:
    """A guild's policies and those that were removed; without a memory those that are there."""
    there = rooms.policy_book.policies(guild_id)
    named = {policy_id: f"{policy.title} ({policy_id})" for policy_id, policy in there.items()}
    try:
        known = await rooms.store.newest_versions(guild_id)
    except StoreError:  # the command itself says that the memory is away
        known = []
    removed = (version.policy_id for version in known if version.policy_id not in there)
    named |= {policy_id: tr("{id} (removed)", id=policy_id) for policy_id in removed}
    return _fitting(named, typed)


def _fitting(named: Mapping[str, str], typed: str) -> list[Choice[str]]:
    wanted = typed.strip().casefold()
    fitting: Iterable[tuple[str, str]] = (
        (policy_id, name) for policy_id, name in sorted(named.items()) if wanted in name.casefold()
    )
    found = [Choice(name=shortened(one_line(name), _LONGEST), value=policy_id) for policy_id, name in fitting]
    return found[:_MOST]
