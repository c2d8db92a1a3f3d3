"""What fits where: the arithmetic of caches and weights, and what is given up first."""

import contextlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.model_file import read_model_file
from inference.scheduling.scheduler import Cells, Limits
from inference.sizing import (
    LEAST_CELLS,
    MAX_SLOTS,
    ContextPlan,
    DoesNotFit,
    ModelShape,
    Wishes,
    plan_context,
    shape_of,
)

GB = 1_000_000_000
REAL = ModelShape(
    blocks=24,
    window_every=2,
    window=128,
    cell_bytes=2048,
    weights=12_096_558_336,
    embedding=615_329_280,
    head=615_329_280,
    vocabulary=201_088,
    width=2880,
    expert_width=2880,
    experts_used=4,
)
"""gpt-oss-20b in MXFP4 with 8-bit embeddings, attention and head."""
CARD = Wishes(width=32, prefixes=16, step_tokens=512, gpu_layers=-1)


def test_the_real_model_takes_24_kib_a_token_in_the_layers_that_see_everything():
    assert cache(REAL, 32_768) - cache(REAL, 32_512) == 256 * 24 * 1024


def cache(shape: ModelShape, cells: int) -> int:
    return plan_context(shape, 80 * GB, CARD.model_copy(update={"context": cells})).cache_bytes


@pytest.mark.parametrize("free", [15_800_000_000, 14_500_000_000])
def test_a_card_of_16_gb_has_room_for_all_that_was_wished(free):
    plan = plan_context(REAL, free, CARD)
    assert (plan.width, plan.prefixes, plan.cells) == (32, 16, 69_632)
    assert plan.window_cells == 128 * (32 + 4 + 16) + 512
    assert plan.total_bytes < 13.6 * GB
    assert plan.shrunk == ()


def test_a_bound_on_gpu_memory_is_as_if_there_were_no_more_and_means_nothing_without_layers_there():
    bound = CARD.model_copy(update={"gpu_memory": 13 * GB})
    assert plan_context(REAL, 80 * GB, bound).cells == plan_context(REAL, 13 * GB, CARD).cells
    assert plan_context(REAL, 13 * GB, bound) == plan_context(REAL, 80 * GB, bound)
    with pytest.raises(DoesNotFit):
        plan_context(REAL, 80 * GB, bound.model_copy(update={"gpu_memory": 11 * GB}))
    on_cpu = bound.model_copy(update={"gpu_layers": 0})
    assert plan_context(REAL, 80 * GB, on_cpu).cells == plan_context(REAL, 80 * GB, CARD).cells


def test_32_texts_with_five_policies_of_2000_tokens_stay_within_13_gb():
    plan = plan_context(REAL, 16 * GB, CARD.model_copy(update={"prefixes": 5, "context": 32 * 700 + 5 * 2000}))
    assert plan.cells == 32_512, "rounded up as llama.cpp does it"
    assert 12.2 * GB < plan.total_bytes < 13 * GB


def test_when_memory_is_short_cells_go_first_then_prefixes_then_width():
    plans = [plan_context(REAL, free, CARD) for free in range(15 * GB, int(12.4 * GB), -20_000_000)]
    for more, less in itertools.pairwise(plans):
        assert (less.width, less.prefixes) <= (more.width, more.prefixes)
    assert all(plan.width == 32 for plan in plans if plan.prefixes > 1)
    first_less = next(plan for plan in plans if plan.shrunk)
    assert first_less.prefixes == 16
    assert first_less.shrunk[0].startswith("room for")
    assert any(plan.width < 32 for plan in plans)
    assert "texts at a time instead of 32" in plans[-1].shrunk[-1]


def test_what_cannot_fit_is_refused_with_what_to_do():
    with pytest.raises(DoesNotFit, match=r"needs 11\.8 GB of GPU memory .* 8\.0 GB are free") as refused:
        plan_context(REAL, 8 * GB, CARD)
    assert "engine.gpu_layers" in str(refused.value)
    with pytest.raises(DoesNotFit, match=r"of memory .* close other programs") as refused:
        plan_context(REAL, 8 * GB, CARD.model_copy(update={"gpu_layers": 0}))
    assert "gpu" not in str(refused.value).lower()


def test_a_fixed_context_is_kept_to_whatever_is_free():
    wishes = CARD.model_copy(update={"context": 10_000})
    plan = plan_context(REAL, 100 * GB, wishes)
    assert (plan.cells, plan.width, plan.prefixes, plan.shrunk) == (10_240, 32, 16, ())
    with pytest.raises(DoesNotFit, match=r"lower `engine\.context`"):
        plan.smaller()
    with pytest.raises(DoesNotFit, match="262,144 cells"):
        plan_context(REAL, 15 * GB, CARD.model_copy(update={"context": 262_144}))


def test_a_fixed_context_that_an_estimate_forbids_is_left_to_llama_cpp_to_try():
    wishes = CARD.model_copy(update={"context": 16_384})
    needed = plan_context(REAL, 80 * GB, wishes)
    assert plan_context(REAL, needed.weight_bytes + needed.cache_bytes, wishes).cells == 16_384


def test_layers_that_stay_on_the_cpu_take_no_gpu_memory():
    plans = {
        layers: plan_context(REAL, 80 * GB, CARD.model_copy(update={"gpu_layers": layers, "context": 32_768}))
        for layers in (1, 2, 3, 13, 24, 25, 99, -1)
    }
    assert plans[1].weight_bytes == REAL.head, "the first layer that goes to the GPU is the output"
    assert plans[1].cache_bytes == 0
    assert plans[2].cache_bytes == 32_768 * 2048, "then the last block, which sees everything"
    assert plans[3].cache_bytes == (32_768 + 7_168) * 2048
    assert plans[13].cache_bytes * 2 == plans[25].cache_bytes
    assert plans[24].weight_bytes < plans[25].weight_bytes
    assert plans[25].weight_bytes == plans[99].weight_bytes == plans[-1].weight_bytes
    assert plans[-1].weight_bytes == REAL.weights - REAL.embedding


def test_without_a_gpu_everything_is_in_main_memory():
    assert plan_context(REAL, 32 * GB, CARD.model_copy(update={"gpu_layers": 0})).weight_bytes == REAL.weights


def test_there_are_never_more_slots_than_llama_cpp_knows():
    plan = plan_context(REAL, 80 * GB, Wishes(width=64, prefixes=1000, step_tokens=512, gpu_layers=-1))
    assert plan.slots == MAX_SLOTS
    assert (plan.width, plan.sequences) == (64, 72)
    assert plan_context(REAL, 80 * GB, Wishes(width=300, prefixes=9, step_tokens=512)).slots == MAX_SLOTS


def test_a_step_has_room_for_every_sequence():
    plan = plan_context(REAL, 80 * GB, Wishes(width=128, prefixes=9, step_tokens=128))
    assert (plan.width, plan.sequences) == (114, 128)
    assert plan.shrunk[-1] == "114 texts at a time instead of 128"


def test_memory_in_plenty_is_not_all_taken():
    assert plan_context(REAL, 800 * GB, CARD) == plan_context(REAL, 800 * GB, CARD)
    assert plan_context(REAL, 800 * GB, CARD).cells == plan_context(REAL, 20 * GB, CARD).cells


@settings(max_examples=60)
@given(
    free=st.integers(0, 40 * GB),
    width=st.integers(1, 300),
    prefixes=st.integers(1, 300),
    step_tokens=st.integers(16, 2048),
    gpu_layers=st.integers(-1, 30),
)
def test_whatever_is_planned_fits_and_is_of_use(free, width, prefixes, step_tokens, gpu_layers):
    wishes = Wishes(width=width, prefixes=prefixes, step_tokens=step_tokens, gpu_layers=gpu_layers)
    try:
        plan = plan_context(REAL, free, wishes)
    except DoesNotFit:
        assert free < 14 * GB
        return
    assert plan.total_bytes <= free
    assert plan.cells >= LEAST_CELLS
    assert plan.cells % 256 == 0
    assert 1 <= plan.width <= width
    assert 1 <= plan.prefixes <= prefixes
    assert plan.slots <= MAX_SLOTS
    limits = Limits(plan.width, plan.prefixes, Cells(plan.cells, plan.window_cells), plan.step_tokens, 128)
    assert (limits.sequences, limits.slots) == (plan.sequences, plan.slots)
    assert plan.window_cells >= min(plan.cells, 128 * plan.slots + step_tokens)
    assert bool(plan.shrunk) == ((plan.width, plan.prefixes) != (width, prefixes) or bool(_fewer_cells(plan)))


def _fewer_cells(plan: ContextPlan) -> bool:
    return any("tokens instead of" in note for note in plan.shrunk)


def test_a_plan_that_could_not_be_allocated_is_followed_by_smaller_ones_until_none_is_of_use():
    plan = plan_context(REAL, 20 * GB, CARD)
    sizes = [plan.total_bytes]
    with contextlib.suppress(DoesNotFit):
        while len(sizes) < 50:
            plan = plan.smaller()
            sizes.append(plan.total_bytes)
            assert plan.shrunk
    assert sizes == sorted(sizes, reverse=True)
    assert 4 < len(sizes) < 30


def test_a_model_file_tells_its_shape(tmp_path, make_gguf):
    path = make_gguf(tmp_path / "model.gguf", blocks=7, heads=8)
    shape = shape_of(read_model_file(path))
    assert (shape.blocks, shape.cell_bytes, shape.embedding) == (7, 2 * 8 * 128, 64 * 32 * 4)
    assert shape.window_blocks() == 0, "this file names no window"


def test_of_an_odd_number_of_layers_the_greater_half_sees_a_window():
    shape = REAL.model_copy(update={"blocks": 7})
    assert shape.window_blocks() == 4
    assert shape.window_blocks(first=1) == 3
    assert shape.window_blocks(first=6) == 1
