"""The gpt-oss architecture in plain NumPy and single precision: what llama.cpp's answers are compared with.

Written from the architecture's description (sliding windows on even layers, attention sinks, NEOX rotary halves
without scaling, clamped SwiGLU experts with biases), not from the stand-in's circuit.
"""

import numpy as np
from numpy.typing import NDArray

from inference.standin.layers import (
    EXPERTS,
    GROUPS,
    HEAD_WIDTH,
    HEADS,
    LAYERS,
    NORM_EPSILON,
    ROPE_BASE,
    WINDOW,
)
from inference.standin.weights import Tensors

Floats = NDArray[np.float32]


class NumpyModel:
    """One sequence that tokens are fed to; keys and values of what was read are kept."""

    def __init__(self, tensors: Tensors) -> None:
        self._embedding = tensors["token_embd.weight"]
        self._weights = {
            name: tensor.astype(np.float32) for name, tensor in tensors.items() if tensor.dtype != np.uint8
        }
        self._read = np.flatnonzero(self._weights["output_norm.weight"])
        self._head = dequantised(tensors["output.weight"])[:, self._read]
        self._keys: list[list[Floats]] = [[] for _ in range(LAYERS)]
        self._values: list[list[Floats]] = [[] for _ in range(LAYERS)]
        self._position = 0

    def feed(self, tokens: tuple[int, ...]) -> Floats:
        """The logits after the last of the tokens, shape (vocabulary,)."""
        stream = dequantised(self._embedding[list(tokens)])
        positions = np.arange(self._position, self._position + len(tokens))
        self._position += len(tokens)
        for layer in range(LAYERS):
            stream = stream + self._attention(layer, self._normed(layer, "attn_norm", stream), positions)
            stream = stream + self._experts(layer, self._normed(layer, "post_attention_norm", stream))
        last = rms_norm(stream[-1:]) * self._weights["output_norm.weight"]
        return (last[:, self._read] @ self._head.T)[0]

    def _of(self, layer: int, name: str) -> Floats:
        return self._weights[f"blk.{layer}.{name}"]

    def _normed(self, layer: int, name: str, stream: Floats) -> Floats:
        return rms_norm(stream) * self._of(layer, f"{name}.weight")

    def _projected(self, layer: int, name: str, stream: Floats, heads: int) -> Floats:
        flat = stream @ self._of(layer, f"{name}.weight").T + self._of(layer, f"{name}.bias")
        return flat.reshape(len(stream), heads, HEAD_WIDTH)

    def _attention(self, layer: int, stream: Floats, positions: NDArray[np.int64]) -> Floats:
        query = rotated(self._projected(layer, "attn_q", stream, HEADS), positions)
        self._keys[layer].append(rotated(self._projected(layer, "attn_k", stream, GROUPS), positions))
        self._values[layer].append(self._projected(layer, "attn_v", stream, GROUPS))
        keys, values = np.concatenate(self._keys[layer]), np.concatenate(self._values[layer])
        mask = visible(positions, len(keys), WINDOW if layer % 2 == 0 else len(keys))
        found = [
            attended(
                query[:, head], keys[:, group], values[:, group], mask, self._of(layer, "attn_sinks.weight")[head]
            )
            for head in range(HEADS)
            for group in [head // (HEADS // GROUPS)]
        ]
        joined = np.concatenate(found, axis=1)
        return joined @ self._of(layer, "attn_output.weight").T + self._of(layer, "attn_output.bias")

    def _experts(self, layer: int, stream: Floats) -> Floats:
        """All experts are used: the softmax over the chosen ones is one over all."""
        router = stream @ self._of(layer, "ffn_gate_inp.weight").T + self._of(layer, "ffn_gate_inp.bias")
        shares = softmax(router)
        total = np.zeros_like(stream)
        for expert in range(EXPERTS):
            gate = stream @ self._of(layer, "ffn_gate_exps.weight")[expert].T
            gate = np.minimum(gate + self._of(layer, "ffn_gate_exps.bias")[expert], 7.0)
            up = stream @ self._of(layer, "ffn_up_exps.weight")[expert].T
            up = np.clip(up + self._of(layer, "ffn_up_exps.bias")[expert], -7.0, 7.0)
            open_share = 1.0 / (1.0 + np.exp(np.minimum(-1.702 * gate, 80.0)))
            hidden = gate * open_share * (up + 1.0)
            down = hidden @ self._of(layer, "ffn_down_exps.weight")[expert].T
            total += shares[:, expert : expert + 1] * (down + self._of(layer, "ffn_down_exps.bias")[expert])
        return total


def dequantised(blocks: NDArray[np.generic]) -> Floats:
    """Q4_0: blocks of a half-precision scale and 16 bytes with two numbers each."""
    rows = np.asarray(blocks, np.uint8).reshape(len(blocks), -1, 18)
    scales = np.ascontiguousarray(rows[..., :2]).view(np.float16).astype(np.float32)
    numbers = np.concatenate([rows[..., 2:] & 15, rows[..., 2:] >> 4], axis=-1).astype(np.float32) - 8.0
    return (numbers * scales).reshape(len(blocks), -1)


def rms_norm(stream: Floats) -> Floats:
    return stream / np.sqrt((stream * stream).mean(-1, keepdims=True) + np.float32(NORM_EPSILON))


def softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def rotated(heads: Floats, positions: NDArray[np.int64]) -> Floats:
    half = HEAD_WIDTH // 2
    angles = positions[:, None] * ROPE_BASE ** (-np.arange(half) / half)
    cosine, sine = (f(angles).astype(np.float32)[:, None] for f in (np.cos, np.sin))
    left, right = heads[..., :half], heads[..., half:]
    return np.concatenate([left * cosine - right * sine, right * cosine + left * sine], axis=-1)


def visible(positions: NDArray[np.int64], keys: int, window: int) -> NDArray[np.bool_]:
    distance = positions[:, None] - np.arange(keys)
    return (distance >= 0) & (distance < window)


def attended(query: Floats, keys: Floats, values: Floats, mask: NDArray[np.bool_], sink: np.float32) -> Floats:
    scores = np.where(mask, query @ keys.T / np.sqrt(np.float32(HEAD_WIDTH)), np.float32(-1e30))
    with_sink = np.concatenate([scores, np.full((len(query), 1), sink, np.float32)], axis=1)
    return softmax(with_sink)[:, :-1] @ values
