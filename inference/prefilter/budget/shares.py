"""Who may flag how much when the judge cannot take everything: fair between guilds, and without flapping."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TARGET_LOAD = 0.7
"""The part of the judge's throughput that flags may take: the rest is for bursts, and to work off what waits."""
SMALLEST = 0.01
"""Of what a guild wants, this part is always granted: the clearest cases are looked at whatever happens."""

_WORTH_CUTTING = 0.95
_WORTH_RAISING = 1.1
_STEP_UP = 1.25


@dataclass(frozen=True, slots=True)
class Demand:
    """What a guild wants to have judged, in verdicts a second."""

    forced: float
    """By keywords, patterns and signals: never cut."""
    wanted: float
    """By the learned scores, at the flag rates that its policies ask for."""


def granted(demands: Mapping[int, Demand], verdicts_per_second: float | None) -> dict[int, float]:
    """{guild id: the part of what it wants (0 to 1) that it is granted}.

    Max-min fair: no guild gets less so that one with more gets more. What a guild forces counts against its own
    part only: the queue is fair over guilds too, so what one of them forces beyond its part waits in its own line.
    Inside a guild every policy is cut by the same factor. An unknown throughput cuts nothing.
    """
    if verdicts_per_second is None:
        return dict.fromkeys(demands, 1.0)
    totals = [demand.forced + demand.wanted for demand in demands.values()]
    level = water_level(totals, TARGET_LOAD * verdicts_per_second)
    return {guild_id: _part(demand, level) for guild_id, demand in demands.items()}


def water_level(totals: Iterable[float], budget: float) -> float:
    """What each may have at most so that together they have the budget; infinite if all fit in."""
    ascending = sorted(totals)
    for index, total in enumerate(ascending):
        level = budget / (len(ascending) - index)
        if total > level:
            return level
        budget -= total
    return math.inf


def _part(demand: Demand, level: float) -> float:
    if demand.wanted <= 0 or demand.forced + demand.wanted <= level:
        return 1.0
    return max(SMALLEST, (level - demand.forced) / demand.wanted)


def eased(current: float, target: float) -> float:
    """The next part on the way from `current` to `target`: down at once, up in steps, small changes not at all."""
    if target < current * _WORTH_CUTTING:
        return target
    if target > current * _WORTH_RAISING or target >= 1:
        return min(target, max(current, SMALLEST) * _STEP_UP)
    return current
