"""A text gets the same logits whoever shares its steps, its prefix and the cache."""

import numpy as np
import pytest

from inference.scheduling.scheduler import Cells
from tests.inference.llama.driving import Driver, Job, Logits, decode, feed, tokens

NOISE = 0.01
"""Of the largest logit. The same tokens in other cells give another order of sums: see the first test."""


def random_jobs(seed: int, count: int) -> list[Job]:
    """Texts on five policies of up to 300 tokens, longer and shorter than window and step."""
    random = np.random.default_rng(seed)
    prefixes = [tokens(random, length) for length in (10, 33, 64, 150, 300)]
    jobs = []
    for _ in range(count):
        which = int(random.integers(len(prefixes)))
        private, answer = tokens(random, int(random.integers(1, 120))), tokens(random, int(random.integers(1, 40)))
        jobs.append(Job(f"prefix {which}", prefixes[which], private, answer))
    return jobs


def alone(open_tiny, job: Job, **how) -> list[Logits]:
    """The outputs of a job that has a context to itself, and no prefix to share."""
    with open_tiny(width=1, prefixes=1, step_tokens=512, **how) as context:
        start = (*job.prefix, *job.private)
        outputs = [feed(context, 0, start)]
        for offset, token in enumerate(job.answer):
            outputs += decode(context, (0, (token,), len(start) + offset))
    return outputs


def assert_same(found: list[Logits], expected: list[Logits]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        bound = NOISE * np.abs(other).max()
        assert np.abs(one - other).max() <= bound
        second, first = np.sort(other)[-2:]
        if first - second > 2 * bound:
            assert one.argmax() == other.argmax()


def test_other_cells_alone_change_logits_by_less_than_the_tolerance(open_tiny):
    """What identity can be asked for: the same sequence, alone, at other places of the cache."""
    random = np.random.default_rng(1)
    text, other = tokens(random, 200), tokens(random, 300)
    found = []
    for ahead in (0, 1, 37, 100, 300):
        with open_tiny(step_tokens=512) as context:
            if ahead:
                feed(context, 1, other[:ahead])
            found.append(feed(context, 0, text))
    worst = max(float(np.abs(one - found[0]).max()) for one in found[1:])
    assert 0 < worst < NOISE * np.abs(found[0]).max()


@pytest.mark.parametrize("how", [{}, {"repack": False}, {"backend_sampling": True}], ids=str)
def test_a_text_alone_and_in_a_full_batch_gives_the_same_logits(open_tiny, how):
    jobs = random_jobs(2, 18)
    with open_tiny(width=6, prefixes=3, step_tokens=64, context=2048, **how) as context:
        driver = Driver(context)
        for job in jobs:
            driver.add(job)
        driver.finish()
        counted = driver.scheduler.counters
    assert counted.prefix_evictions > 0
    assert counted.occupancy > 3 * counted.steps, "the batch was full most of the time"
    assert driver.refused == 0
    for job in jobs:
        assert_same(job.outputs, alone(open_tiny, job, **how))


def test_the_order_in_which_texts_come_changes_nothing(open_tiny):
    found = []
    for seed in (0, 1):
        jobs = random_jobs(3, 12)
        with open_tiny(width=5, prefixes=2, context=2048) as context:
            driver = Driver(context)
            for index in np.random.default_rng(seed).permutation(len(jobs)):
                driver.add(jobs[index])
            driver.finish()
        found.append([job.outputs for job in jobs])
    for one, other in zip(*found, strict=True):
        assert_same(one, other)


def test_texts_that_were_put_back_by_a_full_cache_get_the_same_logits(open_tiny):
    """The scheduler is told of twice the cells that there are: steps are refused, and nobody is lost."""
    jobs = random_jobs(4, 16)
    with open_tiny(width=6, prefixes=3, context=768) as context:
        driver = Driver(context, believed=Cells(1536, 1536))
        for job in jobs:
            driver.add(job)
        driver.finish()
    assert driver.refused > 0
    for job in jobs:
        assert_same(job.outputs, alone(open_tiny, job))
