"""How large a context a machine has room for, from free memory and the model's shape.

Pure arithmetic over what a GGUF file says. llama.cpp keeps two KV caches for a model with sliding windows
(`llama-kv-cache-iswa.cpp`): one for the layers that see everything, with a cell for each token, and one for the
layers that see a window, whose size follows from how many sequences there are. Weights and caches are exact; what
llama.cpp computes with is an estimate, on the cautious side (`ModelShape.compute_bytes`).
"""

from bisect import bisect_right
from collections.abc import Iterator
from functools import partial

from inference.model_file import ModelFile
from inference.scheduling.steps import interactive_slots
from policies.frozen import Frozen

MAX_SLOTS = 256
"""llama.cpp's LLAMA_MAX_SEQ: sequences and prefixes together."""
CELL_STEP = 256
"""llama.cpp rounds both caches up to so many cells."""
SEQUENCE_CELLS = 1024
"""Cells worth having for each sequence: a text of 300 tokens, its analysis and its answer at their longest."""
PREFIX_CELLS = 2048
"""Cells worth having for each prefix: a policy of usual length."""
SCARCE = 2
"""Cells are cut down to this part before prefixes are given up: half."""
LEAST_CELLS = 6 * 1024
"""With fewer, one long policy (3,000 tokens) and one long text with a high budget do not go together."""
GPU_RESERVE = 256 * 2**20
"""Bytes of GPU memory left for what the driver and cuBLAS take while they run."""
PART_RESERVED = 64
"""Of all free memory, this part is left alone: one 64th."""
DRIVER_BYTES = 512 * 2**20
"""What a CUDA context takes before anything is loaded. `nvidia-smi` calls it free; `free_bytes` is without it."""


class DoesNotFit(Exception):
    """The model does not fit into the memory that is free, in no layout of use. The message says what helps."""


class ModelShape(Frozen):
    """What of a model decides how much memory it takes."""

    blocks: int
    """Layers."""
    window_every: int
    """Every so many-th layer sees everything, the others a sliding window; 1 means all see everything."""
    window: int
    """Positions that a sliding-window layer looks back on; 0 when there is no such layer."""
    cell_bytes: int
    """What one KV cell takes in one layer, in f16."""
    weights: int
    """Bytes of all tensors."""
    embedding: int
    """Bytes of the token embeddings, which stay in main memory."""
    head: int
    """Bytes of the output layer."""
    vocabulary: int
    width: int
    """Length of an embedding."""
    expert_width: int
    experts_used: int

    def window_blocks(self, first: int = 0) -> int:
        """Layers with a sliding window, from layer `first` on. In gpt-oss every second one, the first included."""
        if not self.window or self.window_every < 2:
            return 0
        return sum(block % self.window_every < self.window_every - 1 for block in range(first, self.blocks))

    def blocks_from(self, gpu_layers: int) -> int:
        """The first layer on the GPU. llama.cpp counts from the end, and counts the output layer as one."""
        return 0 if gpu_layers < 0 else min(self.blocks, max(0, self.blocks + 1 - gpu_layers))

    def window_cells(self, cells: int, slots: int, step_tokens: int) -> int:
        """Cells of the sliding-window cache, as llama.cpp lays it out."""
        return _round_up(min(cells, self.window * slots + step_tokens)) if self.window else 0

    def compute_bytes(self, cells: int, window_cells: int, slots: int, step_tokens: int) -> int:
        """What a step computes with: an estimate.

        Two attention masks in f16 and the widest layer in f32, or the logits at the end, whichever is more.
        Against what llama.cpp 0c1e570 allocated on the CPU for 24 layouts of three shapes, the 20b among them,
        it was between -7 and +12 %.
        """
        masks = (cells + window_cells) * (2 * step_tokens + 32)
        layer = self.experts_used * (2 * self.expert_width + self.width) + 5 * self.width
        logits = slots * self.vocabulary * 4
        return max(masks + 4 * step_tokens * layer, logits * 9 // 8)


class Wishes(Frozen):
    """What is asked for. A given `context` is kept to; without one there are as many cells as are of use."""

    width: int
    """Sequences that run at the same time; a few interactive ones may run on top."""
    prefixes: int
    """Prefixes that stay in the KV cache."""
    step_tokens: int
    context: int | None = None
    gpu_layers: int = 0
    """Layers on the GPU: -1 all, 0 none. 0 where there is no GPU, or a build without support for it."""
    gpu_memory: int | None = None
    """Bytes of GPU memory to be taken at most; None for all that is free. Nothing without layers there."""


class ContextPlan(Frozen):
    """How a context is laid out, and what it takes, in bytes of GPU memory where layers are there."""

    shape: ModelShape
    wishes: Wishes
    free_bytes: int
    """Memory that was free before the model was loaded."""
    cells: int
    """For tokens in layers that see everything: llama.cpp's n_ctx."""
    window_cells: int
    """For tokens in layers with a sliding window."""
    width: int
    prefixes: int
    weight_bytes: int
    cache_bytes: int
    compute_bytes: int
    shrunk: tuple[str, ...] = ()
    """What there is less of than was wished for, in words."""

    @property
    def step_tokens(self) -> int:
        """The most tokens in one decode call: llama.cpp's n_batch and n_ubatch."""
        return self.wishes.step_tokens

    @property
    def slots(self) -> int:
        """Sequence ids in use: llama.cpp's n_seq_max."""
        return self.sequences + self.prefixes

    @property
    def sequences(self) -> int:
        """Those that run at the same time at most: `width`, and a few interactive ones on top."""
        return _sequences(self.width)

    @property
    def total_bytes(self) -> int:
        """Everything together."""
        return self.weight_bytes + self.cache_bytes + self.compute_bytes

    def smaller(self) -> "ContextPlan":
        """The next smaller plan, for when llama.cpp could not allocate this one.

        Raises:
            DoesNotFit: there is none, or the context was fixed by whoever set it.
        """
        room = self.weight_bytes + (self.cache_bytes + self.compute_bytes) * 3 // 4
        plan = None if self.wishes.context else _best(self.shape, self.wishes, self.free_bytes, room)
        if plan is None:
            raise DoesNotFit(_why_not(self))
        return plan


def shape_of(model: ModelFile) -> ModelShape:
    """What a model file says about its shape."""
    heads = model.number("attention.head_count_kv")
    window = model.number("attention.sliding_window")
    return ModelShape(
        blocks=model.number("block_count"),
        window_every=(model.number("attention.sliding_window_pattern") or 2) if window else 1,
        window=window,
        cell_bytes=2 * heads * (model.number("attention.key_length") + model.number("attention.value_length")),
        weights=model.weights,
        embedding=model.embedding,
        head=model.head,
        vocabulary=model.tokens_at[1],
        width=model.number("embedding_length"),
        expert_width=model.number("expert_feed_forward_length"),
        experts_used=model.number("expert_used_count"),
    )


def plan_context(shape: ModelShape, free_bytes: int, wishes: Wishes) -> ContextPlan:
    """The largest context of use that fits into `free_bytes`, the memory that is free before the model is loaded.

    When memory is short there are first fewer cells, then fewer prefixes, then fewer sequences at a time.

    Raises:
        DoesNotFit: not even one sequence with one prefix fits, or a fixed context does not.
    """
    if wishes.gpu_layers and wishes.gpu_memory is not None:
        free_bytes = min(free_bytes, wishes.gpu_memory)
    if wishes.context is not None:
        return _fixed(shape, wishes, free_bytes, wishes.context)
    reserve = free_bytes // PART_RESERVED + (GPU_RESERVE if wishes.gpu_layers else 0)
    plan = _best(shape, wishes, free_bytes, free_bytes - reserve)
    if plan is None:
        raise DoesNotFit(_why_not(_layout(shape, wishes, free_bytes, LEAST_CELLS, 1, 1)))
    return plan


def _fixed(shape: ModelShape, wishes: Wishes, free_bytes: int, context: int) -> ContextPlan:
    """As asked. What is only estimated must not forbid it: llama.cpp is to try."""
    width, prefixes = next(_sizes(wishes))
    plan = _layout(shape, wishes, free_bytes, _round_up(context), width, prefixes)
    if plan.weight_bytes + plan.cache_bytes > free_bytes:
        raise DoesNotFit(_why_not(plan))
    return plan


def _best(shape: ModelShape, wishes: Wishes, free_bytes: int, room: int) -> ContextPlan | None:
    """The best plan that takes at most `room` bytes."""
    for width, prefixes in _sizes(wishes):
        most = _useful_cells(width, prefixes)
        choices = range(max(LEAST_CELLS, _round_up(most // SCARCE)), most + 1, CELL_STEP)
        layout = partial(_layout, shape, wishes, free_bytes, width=width, prefixes=prefixes)
        fitting = bisect_right(choices, room, key=lambda cells: layout(cells=cells).total_bytes)
        if fitting:
            return layout(cells=choices[fitting - 1])
    return None


def _sizes(wishes: Wishes) -> Iterator[tuple[int, int]]:
    """(width, prefixes) to be tried, in this order. llama.cpp knows `MAX_SLOTS` sequences, a step its tokens."""
    most = min(MAX_SLOTS - 1, wishes.step_tokens)
    width = wishes.width
    while width > 1 and _sequences(width) > most:
        width -= 1
    for prefixes in range(min(wishes.prefixes, MAX_SLOTS - _sequences(width)), 0, -1):
        yield width, prefixes
    for fewer in range(width - 1, 0, -1):
        yield fewer, 1


def _useful_cells(width: int, prefixes: int) -> int:
    return max(LEAST_CELLS, _round_up(_sequences(width) * SEQUENCE_CELLS + prefixes * PREFIX_CELLS))


def _sequences(width: int) -> int:
    return width + interactive_slots(width)


def _layout(
    shape: ModelShape, wishes: Wishes, free_bytes: int, cells: int, width: int, prefixes: int
) -> ContextPlan:
    slots = _sequences(width) + prefixes
    window_cells = shape.window_cells(cells, slots, wishes.step_tokens)
    first = shape.blocks_from(wishes.gpu_layers) if wishes.gpu_layers else 0
    window_blocks = shape.window_blocks(first)
    full_blocks = shape.blocks - first - window_blocks
    return ContextPlan(
        shape=shape,
        wishes=wishes,
        free_bytes=free_bytes,
        cells=cells,
        window_cells=window_cells,
        width=width,
        prefixes=prefixes,
        weight_bytes=_weight_bytes(shape, wishes.gpu_layers, first),
        cache_bytes=shape.cell_bytes * (cells * full_blocks + window_cells * window_blocks),
        compute_bytes=shape.compute_bytes(cells, window_cells, slots, wishes.step_tokens),
        shrunk=tuple(_shrunk(wishes, cells, width, prefixes)),
    )


def _weight_bytes(shape: ModelShape, gpu_layers: int, first: int) -> int:
    if not gpu_layers:
        return shape.weights
    body = shape.weights - shape.embedding - shape.head
    return shape.head + body * (shape.blocks - first) // max(1, shape.blocks)


def _shrunk(wishes: Wishes, cells: int, width: int, prefixes: int) -> Iterator[str]:
    if wishes.context is not None:
        return
    useful = _useful_cells(wishes.width, wishes.prefixes)
    if cells < useful:
        yield f"room for {cells:,} tokens instead of {useful:,}"
    if prefixes < wishes.prefixes:
        yield f"{prefixes} policies kept ready instead of {wishes.prefixes}"
    if width < wishes.width:
        yield f"{width} texts at a time instead of {wishes.width}"


def _why_not(plan: ContextPlan) -> str:
    on_gpu = plan.wishes.gpu_layers != 0
    fixed = plan.wishes.context is not None
    ways = ["lower `engine.context`, or leave it out" if fixed else "close other programs that take memory"]
    if on_gpu:
        ways.append("keep layers off the GPU with `engine.gpu_layers`")
    return (
        f"the model with {plan.cells:,} cells needs {plan.total_bytes / 1e9:.1f} GB of "
        f"{'GPU memory' if on_gpu else 'memory'} and some to spare, {plan.free_bytes / 1e9:.1f} GB are free: "
        f"{', or '.join(ways)}"
    )


def _round_up(cells: int) -> int:
    return -(-cells // CELL_STEP) * CELL_STEP
