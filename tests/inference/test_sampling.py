"""Sampling is exact: every token has its softmax probability, and one chance gives one token."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.sampling import BLOCK, sample

DRAWS = 6_000


def softmax(logits: np.ndarray, temperature: float) -> np.ndarray:
    weights = np.exp((logits - logits.max()) / temperature, dtype=np.float64)
    return weights / weights.sum()


def chi_square(counts: np.ndarray, expected: np.ndarray) -> float:
    """Pearson's statistic over the tokens that can be expected to turn up."""
    likely = expected >= 5
    observed = np.append(counts[likely], counts[~likely].sum())
    wanted = np.append(expected[likely], max(expected[~likely].sum(), 1e-9))
    return float(((observed - wanted) ** 2 / wanted).sum())


@pytest.mark.parametrize("temperature", [0.3, 0.7, 2.5])
@pytest.mark.parametrize("vocabulary", [7, BLOCK, BLOCK * 2 + 3])
def test_tokens_come_as_often_as_softmax_says(vocabulary: int, temperature: float) -> None:
    chance = np.random.default_rng(vocabulary)
    logits = chance.normal(0, 2, vocabulary).astype(np.float32)
    expected = softmax(logits.astype(np.float64), temperature) * DRAWS
    tokens = [sample(logits, temperature, float(u)) for u in chance.random(DRAWS)]
    degrees = int((expected >= 5).sum())
    # A chi-square's mean is its degrees, its variance twice that; five deviations are never reached by chance.
    limit = degrees + 5 * np.sqrt(2 * degrees) + 5
    assert chi_square(np.bincount(tokens, minlength=vocabulary), expected) < limit


@given(
    st.lists(st.floats(-80, 80, width=32), min_size=1, max_size=40),
    st.integers(1, 60),
    st.floats(0.05, 4),
    st.floats(0, 1, exclude_max=True),
)
def test_the_token_is_the_one_at_which_the_plain_sum_passes(
    few: list[float], times: int, temperature: float, chance: float
) -> None:
    logits = np.tile(np.array(few, np.float32), times)
    token = sample(logits, temperature, chance)
    upto = np.cumsum(softmax(logits.astype(np.float64), temperature))
    before = upto[token - 1] if token else 0.0
    # Weights are in single precision: near a border either neighbour is right.
    assert before - 1e-4 <= chance * upto[-1] <= upto[token] + 1e-4


@pytest.mark.parametrize("chance", [0.0, 0.3, 1 - 2**-53])
def test_a_token_that_is_ruled_out_is_never_taken(chance: float) -> None:
    logits = np.full(3 * BLOCK + 1, -np.inf, np.float32)
    logits[[BLOCK + 5, BLOCK + 9]] = 3.0
    assert sample(logits, 0.7, chance) in (BLOCK + 5, BLOCK + 9)


def test_rows_of_any_length_may_follow_one_another_and_are_left_as_they_are() -> None:
    chance = np.random.default_rng(3)
    rows = [chance.normal(0, 1, size).astype(np.float32) for size in (3 * BLOCK, 5, BLOCK + 1, 3 * BLOCK - 1, 5)]
    kept = [row.copy() for row in rows]
    for _ in range(3):
        for row in rows:
            assert sample(row, 0.7, 1 - 2**-53) == len(row) - 1, "nothing of a longer row is behind it"
    assert all(np.array_equal(row, copy) for row, copy in zip(rows, kept, strict=True))


def test_the_same_chances_give_the_same_tokens_also_in_several_threads() -> None:
    chance = np.random.default_rng(4)
    rows = chance.normal(0, 3, (20, 40 * BLOCK)).astype(np.float32)
    chances = chance.random((20, 30)).tolist()
    found: list[list[int]] = []

    def draw() -> None:
        found.append([sample(row, 0.7, u) for row, many in zip(rows, chances, strict=True) for u in many])

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    draw()
    assert len(found) == 5
    assert all(tokens == found[0] for tokens in found)
