"""Seats at replicas that nobody ever calls."""

import asyncio
import random

import pytest

from inference.http.breaker import FAULTS_IN_A_ROW
from inference.http.options import HttpOptions
from inference.http.pool import Pool
from inference.http.rendezvous import preference
from inference.judge import JudgeUnavailable
from inference.ticket import ORDINARY, Ticket

NAMES = ("a:1", "b:1", "c:1")
NOBODY: frozenset[str] = frozenset()


def pool(names: tuple[str, ...] = NAMES, width: int = 1) -> Pool:
    made = Pool(HttpOptions(urls=tuple(f"http://{name}" for name in names)), lambda: 100.0, random.Random(1))
    for replica in made.replicas:
        replica.slots.widen(width)
    return made


def fail(of: Pool, name: str) -> None:
    (replica,) = [replica for replica in of.replicas if replica.name == name]
    for _ in range(FAULTS_IN_A_ROW):
        replica.breaker.failed()


async def waiting(of: Pool, key: str = "k", ticket: Ticket = ORDINARY) -> "asyncio.Task[object]":
    before = of.waiting
    task = asyncio.create_task(of.take(key, ticket, NOBODY))
    await asyncio.sleep(0)
    assert of.waiting == before + 1
    return task


@pytest.mark.parametrize("key", [f"policy {number}" for number in range(10)])
async def test_a_policy_sits_at_its_preferred_replica_and_then_at_the_next(key: str) -> None:
    seats = pool()
    taken = [(await seats.take(key, ORDINARY, NOBODY)).replica.name for _ in range(3)]
    assert tuple(taken) == preference(key, NAMES)


async def test_a_replica_that_was_tried_is_avoided_while_there_is_another() -> None:
    first, second, third = preference("k", NAMES)
    assert (await pool().take("k", ORDINARY, frozenset({first}))).replica.name == second
    assert (await pool().take("k", ORDINARY, frozenset({first, second}))).replica.name == third
    assert (await pool().take("k", ORDINARY, frozenset(NAMES))).replica.name == first


async def test_a_replica_that_rests_is_passed_over() -> None:
    seats = pool()
    fail(seats, preference("k", NAMES)[0])
    assert (await seats.take("k", ORDINARY, NOBODY)).replica.name == preference("k", NAMES)[1]


async def test_a_seat_that_comes_free_goes_to_the_one_who_waits() -> None:
    seats = pool(("a:1",))
    seat = await seats.take("k", ORDINARY, NOBODY)
    task = await waiting(seats)
    seats.leave(seat)
    assert (await task).place == seat.place  # type: ignore[attr-defined]
    assert seats.waiting == 0


async def test_whoever_is_withdrawn_as_a_seat_comes_free_does_not_keep_it() -> None:
    seats = pool(("a:1",))
    seat = await seats.take("k", ORDINARY, NOBODY)
    task = await waiting(seats)
    seats.leave(seat)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seats.replicas[0].slots.in_use == 0
    await seats.take("k", ORDINARY, NOBODY)


async def test_whoever_is_withdrawn_in_line_is_not_waited_for() -> None:
    seats = pool(("a:1",))
    seat = await seats.take("k", ORDINARY, NOBODY)
    first, second = await waiting(seats), await waiting(seats)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    seats.leave(seat)
    await second
    assert seats.waiting == 0


async def test_those_in_line_are_told_when_the_last_replica_goes() -> None:
    seats = pool(("a:1",))
    seat = await seats.take("k", ORDINARY, NOBODY)
    tasks = [await waiting(seats), await waiting(seats)]
    fail(seats, "a:1")
    seats.leave(seat)
    for task in tasks:
        with pytest.raises(JudgeUnavailable, match="a:1"):
            await asyncio.wait_for(task, 1)
    with pytest.raises(JudgeUnavailable):
        await seats.take("k", ORDINARY, NOBODY)
    assert seats.waiting == 0


async def test_a_replica_with_more_places_than_was_thought_takes_those_in_line() -> None:
    seats = pool(("a:1",))
    await seats.take("k", ORDINARY, NOBODY)
    tasks = [await waiting(seats) for _ in range(3)]
    seats.replicas[0].slots.widen(4)
    seats.serve()
    assert {(await task).place for task in tasks} == {1, 2, 3}  # type: ignore[attr-defined]


async def test_guilds_take_turns() -> None:
    seats = pool(("a:1",), width=2)
    held = [await seats.take("k", Ticket(tenant=1), NOBODY) for _ in range(2)]
    flood = [await waiting(seats, ticket=Ticket(tenant=1)) for _ in range(5)]
    other = await waiting(seats, ticket=Ticket(tenant=2))
    seats.leave(held[0])
    await asyncio.wait_for(other, 1)
    assert not any(task.done() for task in flood)
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)
