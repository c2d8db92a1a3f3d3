import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.prefilter.budget.audit import Interval, Tally, estimate
from inference.prefilter.budget.binomial import beta_share, lower_bound, upper_bound
from inference.prefilter.budget.recall import ENOUGH_EXAMPLES, WANTED, seen


def at_most(hits: int, trials: int, rate: float) -> float:
    """P(X <= hits), in exact arithmetic."""
    p = Fraction(rate)
    return float(sum(math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(hits + 1)))


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))), st.floats(0.01, 0.99))
def test_the_beta_share_is_the_binomial_sum(counts: tuple[int, int], rate: float) -> None:
    hits, trials = counts
    assert 1 - beta_share(hits + 1, trials - hits, rate) == pytest.approx(at_most(hits, trials, rate), abs=1e-10)


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_bounds_are_where_the_outcome_stops_being_likely(counts: tuple[int, int]) -> None:
    hits, trials = counts
    low, high = lower_bound(hits, trials, 0.95), upper_bound(hits, trials, 0.95)
    assert 0 <= low <= hits / trials <= high <= 1
    if hits:
        assert 1 - at_most(hits - 1, trials, low) == pytest.approx(0.05, abs=1e-6)
    if hits < trials:
        assert at_most(hits, trials, high) == pytest.approx(0.05, abs=1e-6)


def test_without_trials_every_rate_is_possible() -> None:
    assert (lower_bound(0, 0, 0.95), upper_bound(0, 0, 0.95)) == (0.0, 1.0)


def test_large_samples_are_no_trouble() -> None:
    assert upper_bound(0, 10**6, 0.95) == pytest.approx(3e-6, rel=0.01)
    assert lower_bound(500_000, 10**6, 0.95) == pytest.approx(0.5, abs=0.001)


def test_with_fewer_examples_nobody_can_be_sure_of_a_recall_of_nine_in_ten() -> None:
    proven, not_proven = (lower_bound(count, count, 0.95) for count in (ENOUGH_EXAMPLES, ENOUGH_EXAMPLES - 1))
    assert not_proven < WANTED <= proven


def test_a_threshold_is_held_against_the_policys_own_examples() -> None:
    found = seen([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0], [0.1, 3.0], threshold=2.0)
    assert (found.violating, found.violating_of, found.allowed, found.allowed_of) == (7, 10, 1, 2)
    assert found.misses_too_much
    assert found.threshold_wanted == 1.0
    assert 0.3 < found.at_least < found.share == 0.7


def test_without_examples_nothing_is_missed_and_nothing_proved() -> None:
    found = seen([], [], 1.0)
    assert not found.misses_too_much
    assert (found.share, found.at_least, found.threshold_wanted) == (0.0, 0.0, math.inf)


def test_nothing_is_known_before_a_random_check_was_answered() -> None:
    assert estimate(Tally(looked_at=1000, flagged=50, confirmed=20, drawn=3, unsure=1)) is None


def test_zero_misses_bound_the_rate_near_three_in_n() -> None:
    found = estimate(Tally(looked_at=100_000, flagged=0, confirmed=10, drawn=1000, cleared=1000))
    assert found is not None
    assert (found.count.estimate, found.count.low) == (0, 0)
    assert found.count.high / 99_000 == pytest.approx(3.7 / 1000, rel=0.01)
    assert found.recall is not None
    assert found.recall == Interval(1.0, pytest.approx(10 / (10 + found.count.high)), 1.0)


def test_when_everything_was_checked_there_is_no_doubt() -> None:
    found = estimate(Tally(looked_at=100, flagged=10, confirmed=6, drawn=90, cleared=88, missed=2))
    assert found is not None
    assert found.count == Interval(2, 2, 2)
    assert found.recall == Interval(0.75, 0.75, 0.75)


def test_unreadable_answers_widen_the_interval_to_both_sides() -> None:
    sure = estimate(Tally(looked_at=5000, drawn=100, cleared=95, missed=5))
    unsure = estimate(Tally(looked_at=5000, drawn=110, cleared=95, missed=5, unsure=10))
    assert sure is not None
    assert unsure is not None
    assert unsure.count.low < sure.count.low
    assert unsure.count.high > sure.count.high


def test_no_violation_anywhere_says_nothing_of_recall() -> None:
    found = estimate(Tally(looked_at=500, flagged=5, drawn=50, cleared=50))
    assert found is not None
    assert found.recall is None


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    dice, held = random.Random(11), 0
    for _ in range(200):
        true_rate = dice.uniform(0.002, 0.05)
        hits = [dice.random() < true_rate for _ in range(4000)]
        drawn = hits[:200]
        found = estimate(Tally(looked_at=4000, drawn=200, cleared=drawn.count(False), missed=drawn.count(True)))
        assert found is not None
        held += found.count.low <= sum(hits) <= found.count.high
    assert held >= 186
