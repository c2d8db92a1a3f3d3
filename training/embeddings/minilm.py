"""all-MiniLM-L6-v2 with numpy alone: a BERT encoder of six layers, enough to embed single tokens.

The weights are read from the folder of the sentence-transformers model (`model.safetensors`, `config.json`).
Architecture: Devlin et al. 2019; pooling: mean over all positions, as the model's own `1_Pooling` says.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

Array = npt.NDArray[np.float32]

_SQRT_HALF = np.float32(0.7071067811865476)


class MiniLm:
    """The encoder. `embed` takes token ids of equal length."""

    def __init__(self, folder: Path) -> None:
        self._weights: Mapping[str, Array] = load_file(folder / "model.safetensors")
        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._layers: int = config["num_hidden_layers"]
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]

    def embed(self, token_ids: npt.NDArray[np.int64]) -> Array:
        """Token ids (n, length), special tokens included -> mean-pooled embeddings (n, 384), not normalised."""
        hidden = self._embedded(token_ids)
        for layer in range(self._layers):
            hidden = self._layer(hidden, f"encoder.layer.{layer}")
        return np.asarray(hidden.mean(axis=1), np.float32)

    def _embedded(self, token_ids: npt.NDArray[np.int64]) -> Array:
        weights = self._weights
        words = weights["embeddings.word_embeddings.weight"][token_ids]
        positions = weights["embeddings.position_embeddings.weight"][: token_ids.shape[1]]
        kind = weights["embeddings.token_type_embeddings.weight"][0]
        return self._normalised(words + positions + kind, "embeddings.LayerNorm")

    def _layer(self, hidden: Array, name: str) -> Array:
        attended = self._linear(self._attention(hidden, name), f"{name}.attention.output.dense")
        hidden = self._normalised(attended + hidden, f"{name}.attention.output.LayerNorm")
        widened = _gelu(self._linear(hidden, f"{name}.intermediate.dense"))
        return self._normalised(self._linear(widened, f"{name}.output.dense") + hidden, f"{name}.output.LayerNorm")

    def _attention(self, hidden: Array, name: str) -> Array:
        count, length, width = hidden.shape
        query, key, value = (
            self._linear(hidden, f"{name}.attention.self.{part}")
            .reshape(count, length, self._heads, width // self._heads)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // self._heads))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = shares / shares.sum(axis=-1, keepdims=True) @ value
        return np.asarray(mixed.transpose(0, 2, 1, 3).reshape(count, length, width), np.float32)

    def _linear(self, hidden: Array, name: str) -> Array:
        return np.asarray(hidden @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"])

    def _normalised(self, hidden: Array, name: str) -> Array:
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + self._epsilon)
        return np.asarray(centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"])


def _gelu(values: Array) -> Array:
    return values * np.float32(0.5) * (1 + _erf(values * _SQRT_HALF))


def _erf(values: Array) -> Array:
    """The error function to 1.5e-7 (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26)."""
    size = np.abs(values)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * t + np.float32(factor)
    return np.asarray(np.sign(values) * (1 - series * t * np.exp(-size * size)), np.float32)
