"""Cases to choose from while a command is being typed."""

from collections.abc import Mapping

from discord.app_commands import Choice

from bot.attention import is_for_people
from bot.cards import card
from bot.case import CaseFile, CaseState
from bot.cogs.safe_text import one_line, shortened
from bot.language import marked, tr
from bot.ports import Store
from policies.policy import Policy

_MOST, _LONGEST = 25, 100
"""Discord's limits."""
_LOOKED_THROUGH = 60
"""Newest cases whose titles are searched for words: each key that is pressed asks again."""
_STATES = {
    CaseState.OPEN: marked("open"),
    CaseState.DECIDED: marked("being carried out"),
    CaseState.ENFORCED: marked("decided"),
    CaseState.FAILED: marked("not done"),
}


async def case_choices(store: Store, guild_id: int, typed: str) -> list[Choice[int]]:
    """The newest cases whose number begins with what was typed, or whose title holds it.

    Nothing that members wrote is among it: policies, rules and states.
    """
    wanted = typed.strip().lstrip("#").casefold()
    if wanted.isascii() and wanted.isdigit():
        found = await store.newest_cases(guild_id, _MOST, digits=wanted)
    else:
        found = await store.newest_cases(guild_id, _LOOKED_THROUGH if wanted else _MOST)
    named = [(case.id, _name(case)) for case in found if is_for_people(case) or case.decision is not None]
    fitting = [
        Choice(name=name, value=id_) for id_, name in named if wanted.isdigit() or wanted in name.casefold()
    ]
    return fitting[:_MOST]


def _name(case: CaseFile) -> str:
    name = f"{case.id} · {card(case).title} · {tr(_STATES.get(case.state, case.state.value))}"
    return shortened(one_line(name), _LONGEST)


def policy_choices(policies: Mapping[str, Policy], typed: str) -> list[Choice[str]]:
    """The policies whose name or title holds what was typed."""
    wanted = typed.strip().casefold()
    found = [
        Choice(name=shortened(one_line(f"{policy.title} ({policy_id})"), _LONGEST), value=policy_id)
        for policy_id, policy in sorted(policies.items())
        if wanted in policy_id or wanted in policy.title.casefold()
    ]
    return found[:_MOST]
