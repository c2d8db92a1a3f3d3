"""The gate explains by its own thresholds, and leaves no trace of having been asked."""

from typing import Any, cast

from bot.gate.gate import watched_book
from bot.gate.reception import Reception
from policies.policy import Mode
from tests.bot.adapters import GUILD, make_policy
from tests.bot.gate.lookers import NumberLooker, make_gate

POLICY, OFF = make_policy(keywords=["loser"]), make_policy("off", mode=Mode.OFF)
BOTH = ("harassment", "off")


def reception() -> Reception:
    return Reception(make_gate(audit_rate=1.0), cast("Any", None), NumberLooker, str.casefold)


async def test_nothing_is_explained_before_policies_are_in_force_or_for_those_that_are_off():
    asked = reception()
    assert await asked.explain(GUILD, "you loser", BOTH) is None
    asked({GUILD: (POLICY, OFF)})
    assert await asked.explain(GUILD, "you loser", ("off",)) is None
    assert await asked.explain(8, "you loser", BOTH) is None


async def test_the_threshold_of_the_moment_decides_and_nothing_is_counted_or_drawn():
    asked = reception()
    asked({GUILD: (POLICY, OFF)})
    gate, watched = asked._gate, watched_book({GUILD: (POLICY,)})[GUILD]["harassment"]
    assert [each.flagged for each in await policies(asked, "1.2 hello")] == [False]
    gate.meter(GUILD, watched).part = 0.01
    assert [each.flagged for each in await policies(asked, "2 hello")] == [False]
    gate.meter(GUILD, watched).part = 1.0
    assert [each.flagged for each in await policies(asked, "2 hello")] == [True]
    assert gate.meter(GUILD, watched).messages == 0
    assert gate.take_unsaved(GUILD) == []


async def policies(asked: Reception, text: str) -> Any:
    found = await asked.explain(GUILD, text, BOTH)
    assert found is not None
    return found.policies
