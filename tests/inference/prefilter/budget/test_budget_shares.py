import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.prefilter.budget.service import LEAST, ServiceTimes
from inference.prefilter.budget.shares import SMALLEST, TARGET_LOAD, Demand, eased, granted, water_level

AMOUNTS = st.floats(0, 100)
DEMANDS = st.dictionaries(st.integers(1, 9), st.builds(Demand, forced=AMOUNTS, wanted=AMOUNTS), max_size=6)


def spent(demand: Demand, part: float) -> float:
    return demand.forced + demand.wanted * part


def test_without_a_measured_throughput_nothing_is_cut() -> None:
    assert granted({1: Demand(9, 1e9)}, None) == {1: 1.0}


def test_what_fits_in_is_granted() -> None:
    assert granted({1: Demand(1, 3), 2: Demand(0, 3)}, 10) == {1: 1.0, 2: 1.0}


def test_a_small_guild_is_not_cut_because_of_a_big_one() -> None:
    parts = granted({1: Demand(0, 1), 2: Demand(0, 100)}, 10)
    assert parts == {1: 1.0, 2: pytest.approx(0.06)}


def test_what_a_guild_forces_comes_out_of_its_own_part() -> None:
    parts = granted({1: Demand(forced=50, wanted=5), 2: Demand(0, 5)}, 10)
    assert parts == {1: SMALLEST, 2: pytest.approx(0.7)}


@given(DEMANDS, st.floats(0.01, 300))
def test_the_budget_is_used_and_not_exceeded(demands: dict[int, Demand], throughput: float) -> None:
    parts = granted(demands, throughput)
    budget = TARGET_LOAD * throughput
    level = water_level([each.forced + each.wanted for each in demands.values()], budget)
    assert parts.keys() == demands.keys()
    for guild_id, part in parts.items():
        demand = demands[guild_id]
        assert SMALLEST <= part <= 1
        assert spent(demand, part) <= max(demand.forced + SMALLEST * demand.wanted, level) * (1 + 1e-9) + 1e-9
    if math.isinf(level):
        assert set(parts.values()) <= {1.0}


@given(st.lists(AMOUNTS, min_size=1, max_size=8), st.floats(0.01, 300))
def test_the_level_shares_the_whole_budget(totals: list[float], budget: float) -> None:
    level = water_level(totals, budget)
    used = sum(min(total, level) for total in totals)
    assert used == pytest.approx(min(sum(totals), budget))


def test_cuts_come_at_once_and_go_in_steps() -> None:
    assert eased(1.0, 0.2) == 0.2
    assert eased(0.2, 1.0) == pytest.approx(0.25)
    part, steps = 0.01, 0
    while part < 1:
        part, steps = eased(part, 1.0), steps + 1
    assert steps < 25


def test_small_changes_do_not_make_it_flap() -> None:
    dice, part = random.Random(3), 0.5
    for _ in range(100):
        part = eased(part, 0.5 * dice.uniform(0.96, 1.09))
        assert part == 0.5


@pytest.mark.parametrize(("alone", "crowding"), [(2.0, 0.0), (1.0, 0.2), (0.1, 0.5)])
def test_the_throughput_of_a_judge_that_batches_is_found(alone: float, crowding: float) -> None:
    dice, times = random.Random(5), ServiceTimes()
    for _ in range(400):
        together = dice.randint(1, 6)
        times.observe((alone + crowding * together) * dice.uniform(0.9, 1.1), together)
    assert times.verdicts_per_second(8) == pytest.approx(8 / (alone + crowding * 8), rel=0.15)


def test_a_judge_that_was_only_asked_one_by_one_is_neither_believed_to_batch_for_nothing_nor_not_at_all() -> None:
    times = ServiceTimes()
    for _ in range(50):
        times.observe(2.0, 1)
    throughput = times.verdicts_per_second(8)
    assert throughput is not None
    assert 1 / 2 < throughput < 8 / 2


def test_a_judge_that_has_become_slow_is_noticed() -> None:
    times = ServiceTimes()
    for _ in range(1000):
        times.observe(1.0, 4)
    for _ in range(1000):
        times.observe(4.0, 4)
    assert times.verdicts_per_second(4) == pytest.approx(1.0, rel=0.1)


def test_little_is_not_enough_to_cut_anybody() -> None:
    times = ServiceTimes()
    for _ in range(LEAST - 1):
        times.observe(30.0, 1)
    assert times.verdicts_per_second(4) is None
