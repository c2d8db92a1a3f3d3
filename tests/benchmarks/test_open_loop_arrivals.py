"""What the load generator makes up: rates, shares and lengths."""

import numpy as np
import pytest

from benchmarks.open_loop.arrivals import (
    BURST_SIZE,
    Mix,
    Pattern,
    at_once,
    bursts,
    merged,
    poisson,
    prefixes,
    requests,
    zipf,
)
from inference.prompt import FIRST_CONTROL_TOKEN
from inference.ticket import Priority

MIX = Mix(policies=5)


def draw(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("pattern", [poisson, bursts])
def test_arrivals_come_at_the_asked_rate_and_in_order(pattern: Pattern) -> None:
    times = pattern(5.0, 4000.0, draw())
    assert len(times) / 4000 == pytest.approx(5.0, rel=0.06)
    assert (np.diff(times) >= 0).all()


def test_bursts_are_more_uneven_than_independent_arrivals() -> None:
    def spread(pattern: Pattern) -> float:
        """Variance of the arrivals within two seconds, by their mean: 1 for a Poisson process."""
        counts, _ = np.histogram(pattern(5.0, 4000.0, draw()), bins=2000, range=(0, 4000))
        return float(counts.var() / counts.mean())

    assert spread(poisson) == pytest.approx(1.0, abs=0.15)
    assert spread(bursts) > BURST_SIZE / 2


def test_popularity_follows_zipf() -> None:
    shares = zipf(20)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[0] / shares[9] == pytest.approx(10.0)
    asked = np.bincount([one.policy for one in requests(Mix(policies=20), at_once(3000), draw())], minlength=20)
    assert asked[0] / 3000 == pytest.approx(shares[0], rel=0.1)


def test_messages_are_log_uniform_within_their_bounds_and_hold_no_markup() -> None:
    asks = requests(MIX, at_once(500), draw())
    lengths = [len(one.private) for one in asks]
    assert min(lengths) >= 50
    assert max(lengths) <= 700
    assert np.median(lengths) == pytest.approx(np.sqrt(50 * 700), rel=0.15)
    assert max(max(one.private) for one in asks) < FIRST_CONTROL_TOKEN


def test_budgets_priorities_and_guilds_have_their_shares() -> None:
    asks = requests(MIX.by(3, 4), at_once(2000), draw())
    assert {one.budget for one in asks} == {0, 64, 256}
    assert {one.tenant for one in asks} == {3, 4}
    interactive = sum(one.priority is Priority.INTERACTIVE for one in asks)
    assert interactive / 2000 == pytest.approx(0.1, rel=0.2)
    assert {one.priority for one in requests(MIX.only(Priority.LIVE), at_once(50), draw())} == {Priority.LIVE}


def test_one_seed_gives_one_load() -> None:
    assert requests(MIX, at_once(20), draw(7)) == requests(MIX, at_once(20), draw(7))
    assert requests(MIX, at_once(20), draw(7)) != requests(MIX, at_once(20), draw(8))


def test_policies_take_their_lengths_in_turn_and_are_all_different() -> None:
    prompts = prefixes(5, (500, 1500, 3000), seed=3)
    assert [len(prompt) for prompt in prompts] == [500, 1500, 3000, 500, 1500]
    assert len(set(prompts)) == 5
    assert prefixes(2, (500, 1500, 3000), seed=3) == prompts[:2]


def test_streams_are_merged_by_time() -> None:
    first = requests(MIX, [0.0, 2.0], draw(1))
    second = requests(MIX, [1.0, 3.0], draw(2))
    assert [one.at for one in merged(first, second)] == [0.0, 1.0, 2.0, 3.0]
