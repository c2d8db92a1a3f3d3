"""Somebody sits before a screen while twice as much is asked as the machine can do, by a clock of steps.

The speeds are those of machines that were measured, and of some that are harder: where a batch saves nearly
nothing, and where it saves nearly everything. Live work never runs short, which is what twice the capacity means.
"""

import random

import pytest

from inference.ticket import Priority
from tests.inference.scheduling.timed_machine import Machine, Speed, percentile

INTERACTIVE, LIVE, _ = Priority
WIDTH = 8
ASKS = 60
SMALL_MODEL = Speed(0.0032, 0.00017, 0.00137)
"""Two layers with the whole vocabulary, one thread: an output costs as much as eight tokens."""
LARGE_MODEL = Speed(0.02, 0.0078, 0.0188)
"""1.35 billion parameters, one thread: nothing is won by a batch."""
EVEN = Speed(0.012, 0.00025)
GPU_LIKE = Speed(0.005, 0.00001, 0.0001)


def machine(speed: Speed) -> Machine:
    return Machine(speed, WIDTH, step_tokens=512)


def size(draw: random.Random) -> tuple[int, int]:
    """Tokens of a message and of its answer."""
    return draw.randint(50, 300), draw.randint(10, 40)


def capacity(speed: Speed) -> float:
    """Answers a second."""
    full, draw = machine(speed), random.Random(1)
    for _ in range(6 * WIDTH):
        full.add(LIVE, *size(draw))
    full.run_out()
    return 6 * WIDTH / full.now


def idle(speed: Speed) -> list[float]:
    """Seconds that each ask takes with the machine to itself."""
    alone, draw = machine(speed), random.Random(2)
    alone.add(LIVE, 1, 0)
    alone.run_out()
    for _ in range(ASKS):
        alone.add(INTERACTIVE, *size(draw))
        alone.run_out()
    return list(alone.took.values())[1:]


def beside_overload(speed: Speed, rate: float) -> tuple[list[float], float]:
    """Seconds that the same asks take at `rate` a second beside live work without end; live answers a second."""
    busy, sizes, draw = machine(speed), random.Random(2), random.Random(3)
    due, ends = 0.0, ASKS / rate
    for _ in range(ASKS):
        due += draw.expovariate(rate) if due else 0.2 * ends
        while busy.now < due:
            if busy.scheduler.counters.waiting.live < WIDTH:
                busy.add(LIVE, *size(draw))
            else:
                busy.step()
        busy.add(INTERACTIVE, *size(sizes), at=due)
    seconds = busy.now
    live_done = sum(busy.sequences[number].ticket.priority is LIVE for number in busy.took)
    busy.run_out()
    took = [took for n, took in busy.took.items() if busy.sequences[n].ticket.priority is INTERACTIVE]
    return took, live_done / seconds


@pytest.mark.parametrize(
    ("speed", "share"),
    [
        (SMALL_MODEL, 0.05),
        (SMALL_MODEL, 0.02),
        (LARGE_MODEL, 0.05),
        (LARGE_MODEL, 0.02),
        (EVEN, 0.05),
        (GPU_LIKE, 0.05),
    ],
)
def test_at_twice_the_capacity_an_interactive_p95_is_at_most_twice_the_idle_one(
    speed: Speed, share: float
) -> None:
    most = capacity(speed)
    took, live = beside_overload(speed, 2 * most * share)
    assert len(took) == ASKS
    assert percentile(took, 0.95) <= 2 * percentile(idle(speed), 0.95)
    assert live >= 0.75 * most, "and live work goes on"


QUIET_GUILDS, FLOOD = range(1, 10), 10
"""Tenants."""


def flooded(speed: Speed) -> tuple[dict[bool, list[float]], float]:
    """Seconds in the queue, of quiet guilds' asks (False) and the flood's (True), and until one of many answers.

    Nine guilds ask for half of their share of the capacity, one for ten times its own.
    """
    busy, draw, most = machine(speed), random.Random(4), capacity(speed)
    tenants = [FLOOD] * WIDTH + draw.choices([0, 1], [0.45, 1.0], k=300)
    due = 0.0
    for tenant in tenants:
        due += 0.0 if tenant == FLOOD else draw.expovariate(1.45 * most)
        busy.run_until(due)
        busy.add(LIVE, *size(draw), tenant=FLOOD if tenant else draw.choice(QUIET_GUILDS), at=due)
    busy.run_out()
    waits: dict[bool, list[float]] = {False: [], True: []}
    for sequence in busy.sequences[WIDTH:]:
        assert sequence.admitted is not None
        waits[sequence.ticket.tenant == FLOOD].append(sequence.admitted - busy.asked[sequence.id])
    return waits, 1 / most


@pytest.mark.parametrize("speed", [SMALL_MODEL, LARGE_MODEL, EVEN, GPU_LIKE])
def test_beside_a_guild_that_floods_the_others_wait_for_the_next_free_slot_and_no_longer(speed: Speed) -> None:
    waits, until_next_ends = flooded(speed)
    assert len(waits[False]) > 80
    assert percentile(waits[False], 0.5) <= 1.5 * until_next_ends
    assert percentile(waits[False], 0.95) <= WIDTH * until_next_ends, "as long as an answer takes"
    assert percentile(waits[True], 0.5) >= 15 * until_next_ends
