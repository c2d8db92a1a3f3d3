"""When llama.cpp cannot run a step: what can be gone on from, and what cannot."""

import numpy as np
import pytest

from inference.llama import DecodeError, DecodeRefused
from inference.scheduling.scheduler import Row, Step
from tests.inference.llama.driving import SOMEBODY, decode, feed, prepare, tokens
from tests.inference.llama.tiny_model import write_tiny_model

RANDOM = np.random.default_rng(5)
FIRST, SECOND, TOO_MUCH = tokens(RANDOM, 200), tokens(RANDOM, 180), tokens(RANDOM, 200)


def go_on(context) -> list[np.ndarray]:
    found = []
    for turn in range(5):
        found += decode(context, (0, (turn,), 200 + turn), (1, (turn,), 180 + turn))
    return found


@pytest.mark.parametrize("others", [(), ((0, (3,), 200), (1, (4, 5), 180))], ids=["alone", "among others"])
def test_a_step_without_room_is_refused_and_the_others_go_on_to_the_bit(open_tiny, others):
    layout = {"width": 3, "prefixes": 1, "context": 512, "step_tokens": 256}
    with open_tiny(**layout) as context:
        feed(context, 0, FIRST)
        feed(context, 1, SECOND)
        before = [context.positions(slot) for slot in range(4)]
        for _ in range(3):
            with pytest.raises(DecodeRefused, match="no room for 20"):
                decode(context, *others, (2, TOO_MUCH, 0))
        assert [context.positions(slot) for slot in range(4)] == before
        found = go_on(context)
    with open_tiny(**layout) as context:
        feed(context, 0, FIRST)
        feed(context, 1, SECOND)
        expected = go_on(context)
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def test_what_comes_before_the_rows_of_a_refused_step_is_done(open_tiny):
    with open_tiny(width=3, prefixes=1, context=512, step_tokens=256) as context:
        feed(context, 3, FIRST)
        feed(context, 1, SECOND)
        feed(context, 2, (1, 2, 3))
        with pytest.raises(DecodeRefused):
            prepare(context, clear=(2,), compact=(3,), copy=((3, 0),), row=(2, TOO_MUCH, 0))
        assert context.positions(2) == (-1, -1)
        assert context.positions(0) == context.positions(3) == (200 - 32, 199)


def test_once_room_is_made_the_same_step_runs(open_tiny):
    with open_tiny(width=3, prefixes=1, context=512, step_tokens=256) as context:
        feed(context, 0, FIRST)
        feed(context, 1, SECOND)
        with pytest.raises(DecodeRefused):
            decode(context, (2, TOO_MUCH, 0))
        found = prepare(context, clear=(0,), row=(2, TOO_MUCH, 0))
    with open_tiny(width=3, prefixes=1, context=512, step_tokens=256) as context:
        expected = feed(context, 2, TOO_MUCH)
    assert np.abs(found - expected).max() < 0.01 * np.abs(expected).max()


def test_rows_that_make_no_sense_are_an_error_and_not_a_lack_of_room(open_tiny):
    with open_tiny() as context:
        feed(context, 0, FIRST[:10])
        with pytest.raises(DecodeError, match="returned -1 for 1 tokens"):
            decode(context, (0, (1,), 99))


def test_a_slot_that_cannot_be_compacted_is_an_error(open_tiny, monkeypatch):
    with open_tiny() as context:
        feed(context, 4, FIRST)
        monkeypatch.setattr("llama_cpp.llama_state_seq_set_data_ext", lambda *_: 0)
        with pytest.raises(DecodeError, match="compacting slot 4 failed"):
            prepare(context, compact=(4,), row=(0, (1,), 0))


@pytest.mark.parametrize("norm", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("backend_sampling", [False, True])
def test_logits_that_are_no_numbers_do_no_harm(open_tiny, tmp_path, norm, backend_sampling):
    path = write_tiny_model(tmp_path / "broken.gguf", norm=norm)
    with open_tiny(path=path, backend_sampling=backend_sampling) as context:
        for position in range(3):
            (output,) = context.run(Step((), (), (), (Row(0, (position,), position, SOMEBODY),)))
            assert not np.isfinite(output.logits).all()
            assert 0 <= output.greedy < 512
