"""The likeliest tokens of a step: one pass, wherever it is made."""

import numpy as np
import pytest

from inference.llama.outputs import Outputs
from inference.scheduling.scheduler import Row, Step
from tests.inference.llama.driving import SOMEBODY, feed, tokens


def test_the_likeliest_token_of_each_row_is_that_rows_own():
    logits = np.random.default_rng(1).standard_normal((7, 1000)).astype(np.float32)
    outputs = Outputs(logits).rows()
    assert [output.greedy for output in outputs] == logits.argmax(axis=1).tolist()
    assert all(np.shares_memory(output.logits, logits) for output in outputs)
    assert all(type(output.greedy) is int for output in outputs)


def test_nobody_who_asks_only_for_logits_pays_for_the_likeliest():
    def never():
        raise AssertionError("nobody asked")

    outputs = Outputs(np.zeros((2, 5), np.float32), never).rows()
    assert outputs[1].logits.shape == (5,)


def test_all_rows_are_looked_at_together_and_once():
    calls = []

    def sampled():
        calls.append(1)
        return np.array([3, 4], np.int32)

    outputs = Outputs(np.zeros((2, 5), np.float32), sampled).rows()
    assert [outputs[1].greedy, outputs[0].greedy, outputs[1].greedy] == [4, 3, 4]
    assert len(calls) == 1


def test_a_device_that_finds_no_likeliest_token_gives_the_first():
    outputs = Outputs(np.full((2, 5), np.nan, np.float32), lambda: np.array([-1, 2], np.int32)).rows()
    assert [output.greedy for output in outputs] == [0, 2]


@pytest.mark.parametrize("seed", range(3))
def test_the_models_device_chooses_the_same_tokens_and_leaves_the_same_logits(open_tiny, seed):
    random = np.random.default_rng(seed)
    texts = [tokens(random, int(random.integers(5, 60))) for _ in range(6)]
    found = []
    for backend_sampling in (False, True):
        with open_tiny(width=6, prefixes=2, backend_sampling=backend_sampling) as context:
            found.append(list(play(context, texts)))
    for one, other in zip(*found, strict=True):
        assert one[0] == other[0]
        assert np.array_equal(one[1], other[1])


def play(context, texts):
    """Prompts with a prefix among them, then joint steps of changing company; (greedy, logits) of each output."""
    for slot, text in enumerate(texts):
        feed(context, slot, text)
    context.run(Step((), (), (), (Row(7, texts[0], 0, None),)))
    fed = [len(text) for text in texts]
    for turn in range(12):
        slots = [slot for slot in range(6) if (turn + slot) % 3]
        rows = [Row(slot, (turn + slot,), fed[slot], SOMEBODY) for slot in slots]
        more = Row(7, (turn, turn), len(texts[0]) + 2 * turn, None)
        for output in context.run(Step((), (), (), (*rows[:2], more, *rows[2:]))):
            yield output.greedy, output.logits.copy()
        for slot in slots:
            fed[slot] += 1
