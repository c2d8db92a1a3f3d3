"""All weights of the stand-in by their names in the GGUF, and the hash that pins them."""

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt

from inference.standin.answer import LOGIT_SCALE
from inference.standin.circuit import network
from inference.standin.codes import Int8Array, embedding, output_head
from inference.standin.layers import EXPERTS, NORM_WEIGHT, UNITS, Layer
from inference.standin.stream import PLACE, TOKEN, WIDTH

WEIGHTS_SHA256: Final = "687adb1156f1e37e69603adb9d96b0d318dbeb37df4f292687d412113b813021"
"""SHA-256 over the names and bytes of all weights: what `codes.py` and `circuit.py` have to come to anywhere."""

Tensors = dict[str, npt.NDArray[np.generic]]


def all_tensors(tokens: list[bytes]) -> Tensors:
    """Every weight of the model: matrices in half precision, vectors in single; bytes are blocks of Q4_0."""
    tensors: Tensors = {
        "token_embd.weight": q4_0(*embedding(tokens)),
        "output.weight": q4_0(output_head(), np.ones(WIDTH // 32, np.float32)),
        "output_norm.weight": _output_norm(),
    }
    for index, layer in enumerate(network()):
        tensors |= {f"blk.{index}.{name}": tensor for name, tensor in _layer_tensors(layer).items()}
    return tensors


def weights_sha256(tensors: Tensors) -> str:
    """Over the names and bytes of the tensors, by name."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensors[name]).tobytes())
    return digest.hexdigest()


def q4_0(values: Int8Array, scales: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Integers -8..7, (rows, width), in Q4_0, exactly: each block of 32 is a half-precision scale and 16 bytes.

    A byte holds an element of the block's first half in its low nibble, one of the second half in its high nibble.
    """
    rows, width = values.shape
    nibbles = (values + 8).astype(np.uint8).reshape(rows, width // 32, 2, 16)
    packed = np.empty((rows, width // 32, 18), np.uint8)
    packed[..., :2] = scales.astype("<f2").view(np.uint8).reshape(-1, 2)
    packed[..., 2:] = nibbles[:, :, 0] | nibbles[:, :, 1] << 4
    return packed.reshape(rows, -1)


def _output_norm() -> npt.NDArray[np.float32]:
    """Only the next token's code and the label reach the output head."""
    weight = np.zeros(WIDTH, np.float32)
    weight[TOKEN] = NORM_WEIGHT * LOGIT_SCALE
    weight[[PLACE["label_spot"], PLACE["label_side"]]] = NORM_WEIGHT
    return weight


def _layer_tensors(layer: Layer) -> Tensors:
    norm = np.full(WIDTH, NORM_WEIGHT, np.float32)
    return {
        "attn_norm.weight": norm,
        "post_attention_norm.weight": norm,
        **_attention_tensors(layer),
        **_expert_tensors(layer),
    }


def _attention_tensors(layer: Layer) -> Tensors:
    attention = layer.attention
    projections = {
        "q": (attention.query, attention.query_bias),
        "k": (attention.key, attention.key_bias),
        "v": (attention.value, attention.value_bias),
    }
    tensors: Tensors = {}
    for name, (weight, bias) in projections.items():
        tensors[f"attn_{name}.weight"] = _half(weight.reshape(-1, WIDTH))
        tensors[f"attn_{name}.bias"] = _rounded(bias.reshape(-1))
    tensors["attn_output.weight"] = _half(attention.output.reshape(WIDTH, -1))
    tensors["attn_output.bias"] = np.zeros(WIDTH, np.float32)
    tensors["attn_sinks.weight"] = attention.sinks
    return tensors


def _expert_tensors(layer: Layer) -> Tensors:
    """Both experts are always chosen with equal weight: the router knows no difference."""
    gate, up, up_bias, down = layer.hidden.expert_weights()
    return {
        "ffn_gate_inp.weight": np.zeros((EXPERTS, WIDTH), np.float32),
        "ffn_gate_inp.bias": np.zeros(EXPERTS, np.float32),
        "ffn_gate_exps.weight": _half(gate),
        "ffn_gate_exps.bias": np.zeros((EXPERTS, UNITS), np.float32),
        "ffn_up_exps.weight": _half(up),
        "ffn_up_exps.bias": up_bias,
        "ffn_down_exps.weight": _half(down),
        "ffn_down_exps.bias": np.zeros((EXPERTS, WIDTH), np.float32),
    }


def _half(weight: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    return np.ascontiguousarray(weight.astype(np.float16))


def _rounded(bias: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """To 1/4096, so that the last bit of a machine's cosine does not change the hash."""
    return np.round(bias * 4096) / np.float32(4096)
