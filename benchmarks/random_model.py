"""A gpt-oss model with random weights and the true vocabulary, for measuring speed where no real model is at hand.

    python -m benchmarks.random_model FILE [--layers 12] [--width 1024] ... [--full] [--seed 0]

Every tensor has the type that it has in the published files: experts in MXFP4, other matrices in Q8_0, the rest in
single precision. Blocks are drawn as bytes under a fixed scale, not quantised, so the true 20b shape (`--full`,
12 GB) takes about as long as its writing, and no more memory than its largest tensor twice (1.3 GB).

The head's rows of control tokens are zero: no answer ends by itself, so answers of any system have the length that
was asked for, and none of them has to be told to ignore the end. The text that such a model writes means nothing.
"""

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import NamedTemporaryFile

import gguf
import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
from numpy.typing import NDArray

from inference.standin import vocabulary
from inference.vocabulary import ORDINARY_TOKENS

Bytes = NDArray[np.uint8]

CONTEXT_LENGTH = 131_072
ORIGINAL_CONTEXT_LENGTH = 4096
ROPE_BASE = 150_000.0
ROPE_FACTOR = 32.0
NORM_EPSILON = 1e-5
BLOCK = 32
"""Weights of one quantised block, in both types."""
Q8_0_BYTES = 34
"""A half-precision scale, then 32 signed bytes."""
MXFP4_BYTES = 17
"""A power of two (E8M0, bias 127), then 32 FP4 values (E2M1), two a byte."""
UNIFORM_INT8_DEVIATION = math.sqrt((255**2 - 1) / 12)
"""Of whole numbers drawn evenly from -127 to 127."""
UNIFORM_FP4_DEVIATION = math.sqrt(34.25) / 2
"""Of the 16 values of E2M1 drawn evenly: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a gpt-oss model. The default has about 1.35 billion weights."""

    layers: int = 12
    width: int = 1024
    heads: int = 16
    groups: int = 4
    """Key and value heads."""
    head_width: int = 64
    experts: int = 32
    experts_used: int = 4
    hidden: int = 768
    """Width of one expert."""
    window: int = 128
    """Tokens that a sliding-window layer, every second one, looks back."""

    def __post_init__(self) -> None:
        odd = {name: getattr(self, name) for name in ("width", "hidden") if getattr(self, name) % BLOCK}
        if odd:
            raise ValueError(f"quantised rows come in blocks of {BLOCK} weights: {odd} must be multiples of it")

    @property
    def slug(self) -> str:
        """The sizes as part of a file name."""
        attention = f"{self.heads}h{self.groups}x{self.head_width}w{self.window}"
        return f"l{self.layers}d{self.width}a{attention}e{self.experts}u{self.experts_used}f{self.hidden}"


FULL_SHAPE = Shape(layers=24, width=2880, heads=64, groups=8, hidden=2880)
"""gpt-oss-20b, as its published configuration gives it."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor before it is drawn."""

    name: str
    shape: tuple[int, ...]
    """Outermost dimension first."""
    kind: GGMLQuantizationType
    deviation: float
    mean: float = 0.0
    blank_from: int | None = field(default=None)
    """The first of the rows, up to the last, that are zero."""

    @property
    def weights(self) -> int:
        return math.prod(self.shape)

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """Of the array of bytes, or of floats in single precision."""
        block_bytes = {GGMLQuantizationType.Q8_0: Q8_0_BYTES, GGMLQuantizationType.MXFP4: MXFP4_BYTES}
        if self.kind not in block_bytes:
            return self.shape
        return (*self.shape[:-1], self.shape[-1] // BLOCK * block_bytes[self.kind])

    @property
    def stored_bytes(self) -> int:
        return math.prod(self.stored_shape) * (4 if self.kind == GGMLQuantizationType.F32 else 1)

    def draw(self, random: np.random.Generator) -> NDArray[np.generic]:
        """The tensor as it lies in the file."""
        if self.kind == GGMLQuantizationType.Q8_0:
            return self._q8_0(random)
        if self.kind == GGMLQuantizationType.MXFP4:
            return self._mxfp4(random)
        return random.standard_normal(self.shape, np.float32) * np.float32(self.deviation) + np.float32(self.mean)

    def _q8_0(self, random: np.random.Generator) -> Bytes:
        blocks = _random_bytes(random, self.weights // BLOCK, Q8_0_BYTES)
        scale = np.array([self.deviation / UNIFORM_INT8_DEVIATION], "<f2")
        blocks[:, :2] = scale.view(np.uint8)
        values = blocks[:, 2:]
        values[values == 128] = 0  # -128, which no quantiser writes
        if self.blank_from is not None:
            values[self.blank_from * self.shape[-1] // BLOCK :] = 0
        return blocks.reshape(self.stored_shape)

    def _mxfp4(self, random: np.random.Generator) -> Bytes:
        blocks = _random_bytes(random, self.weights // BLOCK, MXFP4_BYTES)
        blocks[:, 0] = 127 + round(math.log2(self.deviation / UNIFORM_FP4_DEVIATION))
        return blocks.reshape(self.stored_shape)


def _random_bytes(random: np.random.Generator, blocks: int, size: int) -> Bytes:
    return np.frombuffer(bytearray(random.bytes(blocks * size)), np.uint8).reshape(blocks, size)


def tensors(shape: Shape) -> Iterator[Tensor]:
    """All tensors of a model, in the order of the file."""
    # A logit is the sum over the width of a normed activation times a row of the head: a deviation of about 2.
    head_deviation = 2 / math.sqrt(shape.width)
    yield _matrix("token_embd.weight", vocabulary.VOCABULARY_SIZE, shape.width, deviation=1.0)
    yield replace(
        _matrix("output.weight", vocabulary.VOCABULARY_SIZE, shape.width, deviation=head_deviation),
        blank_from=ORDINARY_TOKENS,
    )
    yield _vector("output_norm.weight", shape.width, mean=1.0)
    for layer in range(shape.layers):
        for tensor in (*_attention(shape), *_experts(shape)):
            yield replace(tensor, name=f"blk.{layer}.{tensor.name}")


def _attention(shape: Shape) -> Iterator[Tensor]:
    queries, keys = shape.heads * shape.head_width, shape.groups * shape.head_width
    yield _vector("attn_norm.weight", shape.width, mean=1.0)
    for name, rows in {"attn_q": queries, "attn_k": keys, "attn_v": keys}.items():
        yield _matrix(f"{name}.weight", rows, shape.width)
        yield _vector(f"{name}.bias", rows, deviation=0.02)
    yield _matrix("attn_output.weight", shape.width, queries, _into_the_stream(shape, queries))
    yield _vector("attn_output.bias", shape.width, deviation=0.02)
    yield _vector("attn_sinks.weight", shape.heads, deviation=1.0)


def _experts(shape: Shape) -> Iterator[Tensor]:
    yield _vector("post_attention_norm.weight", shape.width, mean=1.0)
    # A router of this scale spreads tokens over all experts, as a trained one does.
    yield _vector("ffn_gate_inp.weight", shape.experts, shape.width, deviation=1 / math.sqrt(shape.width))
    yield _vector("ffn_gate_inp.bias", shape.experts, deviation=0.02)
    matrices = {
        "gate": (shape.hidden, shape.width, 1 / math.sqrt(shape.width)),
        "up": (shape.hidden, shape.width, 1 / math.sqrt(shape.width)),
        "down": (shape.width, shape.hidden, _into_the_stream(shape, shape.hidden)),
    }
    for name, (rows, columns, deviation) in matrices.items():
        dimensions = (shape.experts, rows, columns)
        yield Tensor(f"ffn_{name}_exps.weight", dimensions, GGMLQuantizationType.MXFP4, deviation)
        yield _vector(f"ffn_{name}_exps.bias", shape.experts, rows, deviation=0.01)


def _into_the_stream(shape: Shape, columns: int) -> float:
    """Deviation of a matrix that adds to the residual stream: all layers together add as much as the token was.

    This is how GPT-2 was initialised. Without it, rounding grows from layer to layer, and the likeliest token
    depends on what else is in the batch.
    """
    return 1 / math.sqrt(columns * 2 * shape.layers)


def _matrix(name: str, rows: int, columns: int, deviation: float | None = None) -> Tensor:
    """In Q8_0; unless told otherwise, its products have the scale of what goes in."""
    spread = 1 / math.sqrt(columns) if deviation is None else deviation
    return Tensor(name, (rows, columns), GGMLQuantizationType.Q8_0, spread)


def _vector(name: str, *shape: int, deviation: float = 0.0, mean: float = 0.0) -> Tensor:
    return Tensor(name, shape, GGMLQuantizationType.F32, deviation, mean)


def build(path: Path, shape: Shape, seed: int = 0) -> Path:
    """Write the model unless a file lies there already; the name appears when the file is whole.

    Raises:
        VocabularyError: the installed `splintr-rs` is not the locked one.
        OSError: the file cannot be written.
    """
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as part:
        draft = Path(part.name)
    try:
        _write(draft, shape, seed)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def build_in(folder: Path, shape: Shape, seed: int = 0) -> Path:
    """The model of this shape and seed in a folder; built if it is not there."""
    return build(folder / f"random-{shape.slug}-s{seed}.gguf", shape, seed)


def _write(path: Path, shape: Shape, seed: int) -> None:
    writer = GGUFWriter(path, "gpt-oss")
    try:
        _add_architecture(writer, shape)
        vocabulary.add_vocabulary(writer, vocabulary.token_bytes())
        for tensor in tensors(shape):
            array_kind = np.float32 if tensor.kind == GGMLQuantizationType.F32 else np.uint8
            writer.add_tensor_info(
                tensor.name, tensor.stored_shape, np.dtype(array_kind), tensor.stored_bytes, tensor.kind
            )
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for index, tensor in enumerate(tensors(shape)):
            writer.write_tensor_data(tensor.draw(np.random.Generator(np.random.SFC64([seed, index]))))
    finally:
        writer.close()


def _add_architecture(writer: GGUFWriter, shape: Shape) -> None:
    writer.add_name(f"random gpt-oss {shape.slug}")
    writer.add_context_length(CONTEXT_LENGTH)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_expert_feed_forward_length(shape.hidden)
    writer.add_expert_count(shape.experts)
    writer.add_expert_used_count(shape.experts_used)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.groups)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_sliding_window(shape.window)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
    writer.add_rope_scaling_factor(ROPE_FACTOR)
    writer.add_rope_scaling_orig_ctx_len(ORIGINAL_CONTEXT_LENGTH)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_MXFP4_MOE)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def add_shape_arguments(parser: argparse.ArgumentParser) -> None:
    """The shape as options; `shape_from` reads them."""
    parser.add_argument("--full", action="store_true", help="the shape of gpt-oss-20b (12 GB)")
    for name in Shape.__dataclass_fields__:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int)


def shape_from(arguments: argparse.Namespace) -> Shape:
    """The default shape, or the full one, with the sizes that were given."""
    given = {name: getattr(arguments, name) for name in Shape.__dataclass_fields__}
    changes = {name: value for name, value in given.items() if value is not None}
    return replace(FULL_SHAPE if arguments.full else Shape(), **changes)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    add_shape_arguments(parser)
    arguments = parser.parse_args()
    shape = shape_from(arguments)
    started = time.monotonic()
    path = build(arguments.file, shape, arguments.seed)
    weights = sum(tensor.weights for tensor in tensors(shape))
    print(f"{path}: {weights / 1e6:.1f}M weights, {path.stat().st_size / 1e6:.1f} MB", end="")
    print(f", {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
