"""Sketches of how long things took."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.latency import BOUNDS, LatencyMeter
from bot.records.waits import ERROR, Waits, added, bin_of

durations = st.lists(st.floats(1, 10**8).map(lambda seconds: timedelta(seconds=seconds)), min_size=1, max_size=60)


def sketch(many: list[timedelta]) -> Waits:
    return added(Waits({bin_of(each): 1}) for each in many)


@given(durations, st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_a_quantile_is_off_by_no_more_than_said(many: list[timedelta], share: float) -> None:
    rank = max(1, -(-len(many) * share // 1))
    true = sorted(many)[int(rank) - 1]
    told = sketch(many).quantile(share)
    assert told is not None
    assert abs(told - true) <= true * ERROR + timedelta(milliseconds=1)


@given(durations, durations)
def test_two_sketches_make_the_sketch_of_both(one: list[timedelta], other: list[timedelta]) -> None:
    assert added([sketch(one), sketch(other)]) == sketch(one + other)


def test_nothing_has_no_quantile() -> None:
    assert Waits().quantile(0.5) is None


@pytest.mark.parametrize("seconds", [-5, 0, 0.3, 1])
def test_what_took_no_time_is_in_the_first_bin(seconds: float) -> None:
    assert bin_of(timedelta(seconds=seconds)) == 0


def test_latencies_fall_below_the_first_bound_that_is_not_smaller() -> None:
    meter = LatencyMeter()
    for seconds in (0.001, 0.0011, 99.0):
        meter.observe(seconds)
    seen = meter.read()
    assert (seen.counts[0], seen.counts[1], seen.counts[-1]) == (1, 1, 1)
    assert len(seen.counts) == len(BOUNDS) + 1
    assert (seen.number, seen.total) == (3, pytest.approx(99.0021))
