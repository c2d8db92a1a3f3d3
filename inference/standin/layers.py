"""Layers of a gpt-oss network, put together from attention heads and hidden units that are designed, not learnt.

The network's norm weights undo the RMS norm, so that every head and unit reads the stream as it is written in
`stream.py`, up to half a percent. All thresholds are compared with the constant in the stream, so that this half
percent scales both sides alike.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from inference.standin.stream import CONSTANT, CONSTANT_VALUE, WIDTH, Sum

LAYERS: Final = 10
WINDOW: Final = 128
"""Even layers see this many tokens back, odd layers see all."""
HEADS: Final = 6
GROUPS: Final = 2
"""Heads 0-2 share the keys and values of group 0, heads 3-5 those of group 1."""
HEAD_WIDTH: Final = 128
EXPERTS: Final = 2
"""Both are always used, with equal weight: together they are one layer of hidden units."""
UNITS: Final = 288
"""Hidden units of one expert."""
NORM_EPSILON: Final = 1e-5
ROPE_BASE: Final = 1e38
"""Rotary frequencies fall so fast that pairs 0-6 tell positions and the pairs from 8 on hardly turn at all."""
TYPICAL_SQUARES: Final = CONSTANT_VALUE**2 + 200.0
NORM_WEIGHT: Final = math.sqrt(TYPICAL_SQUARES / WIDTH)
"""Undoes the RMS norm."""

SATURATED: Final = 7.0 / (1.0 + math.exp(-1.702 * 7.0))
"""What a hidden unit gives whose gate is open as far as it goes: gates are clamped at 7."""
SHARPNESS: Final = 12.0
"""Gates of units whose condition holds, or fails, by a whole unit."""
NO_SINK: Final = -10_000.0

Float32Array = npt.NDArray[np.float32]

CONTENT_ROWS: Final = [*range(8, HEAD_WIDTH // 2), *range(HEAD_WIDTH // 2 + 8, HEAD_WIDTH)]
"""Rows of queries and keys that rotary positions leave alone."""


def rope_frequency(pair: int) -> float:
    """Radians per token of a pair of rows (pair, pair + 64)."""
    return float(ROPE_BASE ** (-2.0 * pair / HEAD_WIDTH))


def weights(function: Sum) -> Float32Array:
    """A linear function as a row of weights over the stream; its constant goes on the stream's constant."""
    row = np.zeros(WIDTH, np.float32)
    for index, weight in function.terms.items():
        row[index] = weight
    row[CONSTANT] += function.constant / CONSTANT_VALUE
    return row


@dataclass(slots=True)
class Attention:
    """Weights of one attention layer, in the layout of the GGUF: (rows, width)."""

    query: Float32Array = field(default_factory=lambda: np.zeros((HEADS, HEAD_WIDTH, WIDTH), np.float32))
    query_bias: Float32Array = field(default_factory=lambda: np.zeros((HEADS, HEAD_WIDTH), np.float32))
    key: Float32Array = field(default_factory=lambda: np.zeros((GROUPS, HEAD_WIDTH, WIDTH), np.float32))
    key_bias: Float32Array = field(default_factory=lambda: np.zeros((GROUPS, HEAD_WIDTH), np.float32))
    value: Float32Array = field(default_factory=lambda: np.zeros((GROUPS, HEAD_WIDTH, WIDTH), np.float32))
    value_bias: Float32Array = field(default_factory=lambda: np.zeros((GROUPS, HEAD_WIDTH), np.float32))
    output: Float32Array = field(default_factory=lambda: np.zeros((WIDTH, HEADS, HEAD_WIDTH), np.float32))
    sinks: Float32Array = field(default_factory=lambda: np.zeros(HEADS, np.float32))

    def ask(self, head: int, row: int, query: "Sum | float", key: Sum) -> None:
        """Add query x key to a head's score, through one content row; heads of a group may share the row's key."""
        row = CONTENT_ROWS[row]
        if isinstance(query, Sum):
            self.query[head, row] = weights(query) * math.sqrt(HEAD_WIDTH)
        else:
            self.query_bias[head, row] = query * math.sqrt(HEAD_WIDTH)
        self.key[group_of(head), row] = weights(key)

    def turn(self, head: int, pair: int, strength: float, phase: float) -> None:
        """Add strength x cos(frequency x distance + phase) to a head's score."""
        amplitude = math.sqrt(strength * math.sqrt(HEAD_WIDTH))
        half = HEAD_WIDTH // 2
        self.query_bias[head, pair] = amplitude * math.cos(phase)
        self.query_bias[head, pair + half] = amplitude * math.sin(phase)
        self.key_bias[group_of(head), pair] = amplitude

    def fetch(self, head: int, row: int, value: "Sum | float", to: int) -> None:
        """Write what the head finds: `value` of the token looked at goes to place `to`, through one value row."""
        if isinstance(value, Sum):
            self.value[group_of(head), row] = weights(value)
        else:
            self.value_bias[group_of(head), row] = value
        self.output[to, head, row] = 1.0


def group_of(head: int) -> int:
    """The group whose keys and values a head uses."""
    return head // (HEADS // GROUPS)


@dataclass(slots=True)
class Hidden:
    """The hidden units of one layer; `units` grows as they are added."""

    gate: list[Float32Array] = field(default_factory=list)
    up: list[Float32Array] = field(default_factory=list)
    up_bias: list[float] = field(default_factory=list)
    down: list[Float32Array] = field(default_factory=list)

    def when(self, condition: Sum, write: dict[int, float], times: "Sum | None" = None) -> None:
        """Where `condition` is at least 1 add `write` to the stream, `times` a linear function; where it is at
        most -1 do nothing.
        """
        self.gate.append(weights(SHARPNESS * condition))
        self.up.append(weights(times) if times else np.zeros(WIDTH, np.float32))
        self.up_bias.append(-1.0 if times else 0.0)
        row = np.zeros(WIDTH, np.float32)
        for index, value in write.items():
            row[index] = value / SATURATED * EXPERTS
        self.down.append(row)

    def expert_weights(self) -> tuple[Float32Array, Float32Array, Float32Array, Float32Array]:
        """Gate (experts, units, width), up likewise, bias of up (experts, units), down (experts, width, units)."""
        free = EXPERTS * UNITS - len(self.gate)
        if free < 0:
            raise ValueError(f"{len(self.gate)} hidden units do not fit in {EXPERTS * UNITS}")
        bias = np.array([*self.up_bias, *[0.0] * free], np.float32).reshape(EXPERTS, UNITS)
        gate, up, down = (_by_expert(rows, free) for rows in (self.gate, self.up, self.down))
        return gate, up, bias, down.transpose(0, 2, 1)


def _by_expert(rows: list[Float32Array], free: int) -> Float32Array:
    nothing = np.zeros(WIDTH, np.float32)
    return np.stack([*rows, *[nothing] * free]).reshape(EXPERTS, UNITS, WIDTH)


@dataclass(slots=True)
class Layer:
    """One block of the network. A fresh one changes nothing."""

    attention: Attention = field(default_factory=Attention)
    hidden: Hidden = field(default_factory=Hidden)
