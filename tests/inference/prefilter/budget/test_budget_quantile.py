import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.budget.authors import AuthorLimit
from inference.prefilter.budget.quantile import (
    MAX_FALL,
    MAX_RISE,
    MEMORY,
    PRIOR,
    RollingQuantile,
    UnknownForm,
    cold,
)

RATES = st.sampled_from([0.01, 0.03, 0.05, 0.2, 0.5])


def filled(surprises: list[float]) -> RollingQuantile:
    quantile = RollingQuantile()
    for surprise in surprises:
        quantile.observe(surprise)
    return quantile


def steep(dice: random.Random, slope: float, shift: float) -> float:
    """A guild's surprise: tails fall off by powers, at the background's pace where slope is 1 and shift 0."""
    return max(0.0, shift + dice.expovariate(slope * math.log(10)))


@given(st.floats(1e-6, 1))
def test_before_any_message_the_background_decides(rate: float) -> None:
    assert RollingQuantile().threshold(rate) == pytest.approx(cold(rate), abs=1e-6)


def test_nothing_may_be_flagged_at_a_rate_of_zero() -> None:
    assert RollingQuantile().threshold(0.0) == math.inf


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.75, 1.6), st.floats(-0.3, 0.4), RATES)
def test_a_steady_guild_has_the_wanted_share_flagged(seed: int, slope: float, shift: float, rate: float) -> None:
    """After 10,000 messages within f/5 + 0.002, away from the stops and where scores do not pile up."""
    dice = random.Random(seed)
    quantile = filled([steep(dice, slope, shift) for _ in range(10_000)])
    threshold = quantile.threshold(rate)
    surprising = min(1.0, 10 ** (slope * shift))  # all others pile up at 0
    if not cold(rate) - MAX_FALL < threshold < cold(rate) + MAX_RISE or rate > 0.8 * surprising:
        return
    flagged = min(1.0, 10 ** (-slope * (threshold - shift)))
    assert abs(flagged - rate) <= rate / 5 + 0.002


@given(st.lists(st.floats(0, 60, allow_nan=False), max_size=400), RATES)
def test_the_stops_hold_whatever_is_written(surprises: list[float], rate: float) -> None:
    threshold = filled(surprises).threshold(rate)
    assert cold(rate) - MAX_FALL - 1e-9 <= threshold <= cold(rate) + MAX_RISE + 1e-9


@given(st.lists(st.floats(0, 9), min_size=1, max_size=200), st.floats(0.001, 1))
def test_the_tail_at_a_quantile_is_its_share(surprises: list[float], share: float) -> None:
    quantile = filled(surprises)
    found = quantile.quantile(share)
    if 0 < found < 8:
        assert quantile.tail(found) == pytest.approx(share, rel=1e-6)


def test_what_was_long_ago_is_forgotten() -> None:
    quantile = filled([4.0] * 20_000)
    assert quantile.quantile(0.5) == pytest.approx(4.0, abs=0.13)
    for _ in range(int(5 * MEMORY)):
        quantile.observe(0.2)
    assert quantile.quantile(0.05) < 0.5


def test_millions_of_messages_do_not_wear_it_out() -> None:
    quantile = filled([1.0] * 120_000)
    assert quantile.weight == pytest.approx(MEMORY, rel=0.01)
    assert quantile.quantile(0.5) == pytest.approx(1.0, abs=0.13)


def test_beyond_every_score_nothing_is_left() -> None:
    assert RollingQuantile().tail(math.inf) == pytest.approx(1e-8)
    assert RollingQuantile().tail(0.0) == 1.0


@given(st.lists(st.floats(0, 9), max_size=300))
def test_what_is_kept_comes_back(surprises: list[float]) -> None:
    quantile = filled(surprises)
    kept = quantile.to_bytes()
    again = RollingQuantile.from_bytes(kept)
    assert len(kept) == 261
    assert again.threshold(0.05) == pytest.approx(quantile.threshold(0.05), abs=1e-4)
    assert again.weight == pytest.approx(quantile.weight, rel=1e-5)


@pytest.mark.parametrize(
    "kept", [b"", b"\x01", b"\x02" + bytes(260), b"\x01" + bytes(260), b"\x01" + b"\xff" * 260]
)
def test_bytes_of_another_version_are_refused(kept: bytes) -> None:
    with pytest.raises(UnknownForm):
        RollingQuantile.from_bytes(kept)


def test_a_changed_policy_begins_with_what_was_seen_and_learns_anew() -> None:
    before = filled([3.0] * 10_000)
    after = before.successor()
    assert after.quantile(0.5) == pytest.approx(before.quantile(0.5), abs=1e-6)
    assert after.weight == pytest.approx(PRIOR)
    for _ in range(1000):
        after.observe(0.3)
    assert after.quantile(0.5) < 0.5
    assert before.quantile(0.5) > 2.5


def test_a_flood_by_one_author_hardly_moves_the_threshold() -> None:
    """Twenty high-scoring texts a second for ten minutes, into a guild of sixty messages a minute."""
    dice, limit, quantile = random.Random(1), AuthorLimit(), RollingQuantile()
    calm = filled([steep(dice, 1, 0) for _ in range(5000)])
    for number in range(5000):
        quantile.observe(steep(dice, 1, 0) if number else 0.0)
    for second in range(600):
        for author, surprise in [(1000 + second % 300, steep(dice, 1, 0)), *[(1, 5.0)] * 20]:
            if limit.admits(7, author, float(second)):
                quantile.observe(surprise)
    assert quantile.threshold(0.05) - calm.threshold(0.05) < 0.15


def test_of_each_author_two_messages_a_minute_are_counted() -> None:
    limit = AuthorLimit(most_authors=3)
    assert [limit.admits(7, 1, 0.0) for _ in range(4)] == [True, True, False, False]
    assert limit.admits(8, 1, 0.0), "in each guild"
    assert limit.admits(7, 2, 59.9)
    assert not limit.admits(7, 3, 59.9), "no more authors than it may remember"
    assert limit.admits(7, 3, 60.0)
