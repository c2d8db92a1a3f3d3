"""A process may die between any two steps: each message still gets one card, each decision one effect.

The "process" is an outbox and a review over the real store; every call to the store, the wall and the arm is a
point at which it dies, before or after the call's effect. The next process starts with what is left.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.case import Action, CaseState
from bot.ports import Store, StoreError
from bot.review.decisions import Review
from bot.review.outbox import CardOutbox
from tests.bot.adapters import START
from tests.bot.new_store import new_store
from tests.bot.review.review_adapters import (
    QUICK,
    QUICK_BACK_OFF,
    REVIEW,
    Arm,
    Killed,
    Life,
    Mortal,
    Wall,
    a_decision,
    open_case,
    utc_now,
)

DECIDED_ON = {101: Action.DELETE, 102: Action.TIMEOUT, 103: Action.DISMISS}
"""What moderators decide about the cases of these messages, as soon as they see a card."""
MESSAGES = (100, 101, 102, 103)


@dataclass
class World:
    """What outlives a process."""

    store: Store
    wall: Wall = field(default_factory=Wall)
    arm: Arm = field(default_factory=Arm)
    cases: dict[int, int] = field(default_factory=dict)
    """{message id: case id}."""

    async def fill(self) -> None:
        for message_id in MESSAGES:
            self.cases[message_id] = await open_case(self.store, message_id)

    async def is_at_rest(self) -> bool:
        if await self.store.guilds_owing_cards():
            return False
        found = {message_id: await self.store.case(case_id) for message_id, case_id in self.cases.items()}
        return all(found[message_id].state is CaseState.ENFORCED for message_id in DECIDED_ON)


async def live(world: World, life: Life) -> None:
    """One process, until it dies or everything is done."""
    store, wall, arm = (Mortal(part, life) for part in (world.store, world.wall, world.arm))
    outbox = CardOutbox(store, wall, lambda _: REVIEW, clock=utc_now, settings=QUICK)
    review = Review(store, arm, outbox, clock=utc_now, back_off=QUICK_BACK_OFF)
    runs: list[Coroutine[Any, Any, None]] = [outbox.run(), review.run(), people(world, review, outbox)]
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        async with asyncio.timeout(10):
            while not life.is_over and not await world.is_at_rest():  # noqa: ASYNC110 - looked at from outside
                await asyncio.sleep(0.002)
    finally:
        for task in tasks:
            task.cancel()
        endings = await asyncio.gather(*tasks, return_exceptions=True)
        await life.all_arrived()
    unexpected = [
        ending for ending in endings if not isinstance(ending, (Killed, asyncio.CancelledError, type(None)))
    ]
    assert not unexpected


async def people(world: World, review: Review, outbox: CardOutbox) -> None:
    """Moderators: they decide what they see, then have the card refreshed; one message is deleted meanwhile."""
    await world.store.note_deletion(7, [100], START)
    open_still = dict(DECIDED_ON)
    while open_still:
        await asyncio.sleep(0.001)
        seen = [message for message in open_still if world.wall.of(world.cases[message])]
        for message_id in seen:
            case_id = world.cases[message_id]
            action = open_still.pop(message_id)
            with suppress(StoreError):
                await review.decide(a_decision(case_id, action))
                await outbox.refresh(case_id, _by_interaction)


async def _by_interaction(_: object) -> None:
    await asyncio.sleep(0)


async def one_world(folder: Path, deaths: list[int], wall: Wall, arm: Arm) -> int:
    """Live through these deaths, then to the end; how many steps the last process took."""
    async with new_store(folder / "memory.sqlite3", clock=utc_now) as store:
        world = World(store, wall, arm)
        await world.fill()
        for steps in deaths:
            await live(world, Life(steps))
        last = Life()
        await live(world, last)
        await check(world)
        return last.taken


async def check(world: World) -> None:
    for message_id, case_id in world.cases.items():
        case = await world.store.case(case_id)
        assert len(world.wall.of(case_id)) == 1, (message_id, world.wall.calls)
        assert case.card is not None
        assert case.card.message_id in world.wall.cards
    wanted = sorted((world.cases[m], action) for m, action in DECIDED_ON.items() if action is not Action.DISMISS)
    assert sorted(world.arm.effects) == wanted
    assert (await world.store.case(world.cases[100])).state is CaseState.OPEN


def check_world(deaths: list[int], wall: Wall | None = None, arm: Arm | None = None) -> int:
    with TemporaryDirectory() as folder:
        return asyncio.run(one_world(Path(folder), deaths, wall or Wall(), arm or Arm()))


@cache
def steps_of_an_undisturbed_process() -> int:
    steps = check_world([])
    assert steps > 60
    return steps


@pytest.mark.parametrize("every", range(8))
def test_a_death_at_any_step_costs_no_card_and_no_decision_and_doubles_none(every: int) -> None:
    """All steps of an undisturbed process, eight shares of them."""
    for death in range(every, steps_of_an_undisturbed_process(), 8):
        check_world([death])


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    deaths=st.lists(st.integers(0, 60), max_size=5),
    lost_cards=st.integers(0, 3),
    away=st.integers(0, 4),
    lost_acts=st.integers(0, 2),
    arm_away=st.integers(0, 3),
)
def test_deaths_and_outages_together_do_not_either(
    deaths: list[int], lost_cards: int, away: int, lost_acts: int, arm_away: int
) -> None:
    check_world(deaths, Wall(lost_answers=lost_cards, away=away), Arm(lost_answers=lost_acts, away=arm_away))
