"""Random lives of sequences and prefixes: llama.cpp holds what the ledgers believe, and nothing is left behind."""

import numpy as np
import pytest

from tests.inference.llama.driving import Driver, Job, resident_bytes, tokens

SLACK = 2 << 20
"""Bytes by which memory may differ between two moments: arenas, pools."""


def random_job(random: np.random.Generator) -> Job:
    which = int(random.integers(6))
    prefix = tokens(np.random.default_rng(1000 + which), (5, 31, 33, 80, 140, 260)[which])
    private = tokens(random, int(random.integers(1, 90)))
    return Job(f"prefix {which}", prefix, private, tokens(random, int(random.integers(0, 30))))


def live_at_random(driver: Driver, random: np.random.Generator, steps: int) -> None:
    for _ in range(steps):
        chance = random.random()
        if chance < 0.25:
            driver.add(random_job(random))
        elif chance < 0.3 and driver.scheduler.running:
            running = driver.scheduler.running
            driver.cancel(running[int(random.integers(len(running)))].id)
        driver.step()
        driver.check_positions()


@pytest.mark.parametrize("seed", range(6))
def test_every_slot_holds_the_positions_that_the_model_of_the_cache_says(open_tiny, seed):
    random = np.random.default_rng(seed)
    width, prefixes = int(random.integers(1, 7)), int(random.integers(1, 4))
    context = int(random.integers(3, 8)) * 256
    with open_tiny(width=width, prefixes=prefixes, context=context, step_tokens=48) as opened:
        driver = Driver(opened)
        live_at_random(driver, random, steps=180)
        driver.finish()
        driver.check_positions()
    assert driver.refused == 0, "what was admitted fits"
    assert driver.scheduler.counters.steps > 80


def test_after_many_rounds_every_slot_is_empty_and_memory_is_as_before(open_tiny):
    random = np.random.default_rng(9)
    with open_tiny(width=6, prefixes=3, context=1024) as context:
        driver = Driver(context)
        resident = []
        for _ in range(5):
            live_at_random(driver, random, steps=100)
            driver.finish()
            forget_all(driver, random)
            held = [slot for slot in range(6) if context.positions(slot) != (-1, -1)]
            assert len(held) == 1, "only the last text's slot waits for the next step to be cleared"
            resident.append(resident_bytes())
    assert resident[-1] - resident[1] < SLACK


def forget_all(driver: Driver, random: np.random.Generator) -> None:
    """A last text: with its steps go the cells of those before it."""
    driver.add(Job("prefix 0", tokens(np.random.default_rng(1000), 5), tokens(random, 2), ()))
    driver.finish()
