"""Window cells of pinned prefixes: compaction gives back what nothing looks at any more, and changes no answer."""

import llama_cpp
import numpy as np
import pytest

from inference.llama import DecodeRefused
from tests.inference.llama.driving import decode, feed, prepare, tokens
from tests.inference.llama.tiny_model import WINDOW

PREFIX = 200


@pytest.fixture
def prefix():
    return tokens(np.random.default_rng(1), PREFIX)


@pytest.mark.parametrize("length", [1, WINDOW - 1, WINDOW, WINDOW + 1, 63, 64, 65, 200, 500])
def test_after_compaction_a_prefix_holds_the_last_window_and_no_more(open_tiny, length):
    with open_tiny(width=2, prefixes=1) as context:
        feed(context, 2, tokens(np.random.default_rng(length), length))
        prepare(context, compact=(2,), row=(0, (1,), 0))
        assert context.positions(2) == (max(0, length - WINDOW), length - 1)


def test_a_compacted_prefix_continues_as_one_that_was_never_cut(open_tiny, prefix):
    private = tokens(np.random.default_rng(2), 90)
    with open_tiny(width=1, prefixes=1, step_tokens=512) as context:
        expected = feed(context, 0, (*prefix, *private))
    with open_tiny(width=2, prefixes=1, step_tokens=64) as context:
        feed(context, 2, prefix)
        prepare(context, compact=(2,), copy=((2, 0), (2, 1)), row=(0, private[:40], PREFIX))
        found = [feed(context, 0, private[40:], PREFIX + 40), feed(context, 1, private, PREFIX)]
    for logits in found:
        assert np.abs(logits - expected).max() < 0.01 * np.abs(expected).max()


def test_compacting_twice_is_as_good_as_once(open_tiny, prefix):
    with open_tiny(width=2, prefixes=1) as context:
        feed(context, 2, prefix)
        once = prepare(context, compact=(2,), copy=((2, 0),), row=(0, (7,), PREFIX))
        again = prepare(context, clear=(0,), compact=(2,), copy=((2, 1),), row=(1, (7,), PREFIX))
        assert context.positions(2) == (PREFIX - WINDOW, PREFIX - 1)
    assert np.abs(once - again).max() < 0.01 * np.abs(once).max()


def test_compaction_moves_a_window_of_cells_and_not_the_whole_prefix(open_tiny, monkeypatch):
    moved = []
    read = llama_cpp.llama_state_seq_set_data_ext
    monkeypatch.setattr(llama_cpp, "llama_state_seq_set_data_ext", lambda *of: moved.append(of[2]) or read(*of))
    with open_tiny(width=2, prefixes=1) as context:
        feed(context, 2, tokens(np.random.default_rng(3), 800))
        prepare(context, compact=(2,), row=(0, (1,), 0))
        shape = context.plan.shape
    cells = WINDOW * shape.cell_bytes * shape.window_blocks()
    assert cells < moved[0] < 1.1 * cells


def many_rounds(context, prefix, *, compacted: bool) -> None:
    """Two prefixes, shared by four texts at a time, again and again."""
    for slot in (4, 5):
        feed(context, slot, prefix)
    for turn in range(20):
        clear = tuple(range(4)) if turn else ()
        copy = tuple((4 + (turn + slot) % 2, slot) for slot in range(4))
        compact = (4, 5) if compacted and not turn else ()
        prepare(context, clear=clear, compact=compact, copy=copy, row=(0, (1, 2, 3), PREFIX))
        for start in range(0, 48, 16):
            decode(context, *((slot, (9,) * 16, PREFIX + start + (3 if not slot else 0)) for slot in range(4)))


def test_compacted_prefixes_can_be_shared_for_ever(open_tiny, prefix):
    with open_tiny(width=4, prefixes=2) as context:
        many_rounds(context, prefix, compacted=True)
        for slot in (4, 5):
            first, last = context.positions(slot)
            assert last == PREFIX - 1
            # The first cell of the window is free for the taking: the next token does not look at it.
            assert first in (PREFIX - WINDOW, PREFIX - WINDOW + 1)


def test_without_compaction_the_window_cache_clogs(open_tiny, prefix):
    """Why it is done. Should this pass one day, llama.cpp reclaims shared cells, and compaction can go."""
    with open_tiny(width=4, prefixes=2) as context, pytest.raises(DecodeRefused):
        many_rounds(context, prefix, compacted=False)
