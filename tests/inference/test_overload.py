"""Somebody sits before a screen while twice as much is asked as the machine can do, by a clock of steps.

The speeds are those of machines that were measured, and of some that are harder: where a batch saves nearly
nothing, and where it saves nearly everything. Live work never runs short, which is what twice the capacity means.
"""

import random

import pytest

from inference.ticket import Priority
from tests.inference.timed_machine import Machine, Speed, percentile

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
