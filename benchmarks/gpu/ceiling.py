"""How many tokens a second the memory's bandwidth allows: an upper bound that no program passes.

Every step reads the weights of attention, routers and head once, the experts that any of its tokens is routed to,
and every KV cell that a sequence may look at, a shared one once:

    bytes = rest + experts * (1 - (1 - used / count) ** width)
          + full_cell * (prefix + width * own) + window_cell * width * min(window, prefix + own)
    tokens per second <= width * bandwidth / bytes

Routing is taken as even, which it is in a model with random weights. Activations and logits are left out.
"""

from dataclasses import dataclass

from inference.model_file import ModelFile

MXFP4_BYTES_PER_WEIGHT = 17 / 32
MATRICES_OF_AN_EXPERT = 3
F16_BYTES = 2


@dataclass(frozen=True, slots=True)
class ModelBytes:
    """What of a model is read when. All in bytes, except for counts."""

    experts: float
    """Of all experts of all layers."""
    expert_count: int
    experts_used: int
    """By one token in one layer."""
    rest: float
    """What every step reads."""
    full_cell: int
    """One KV cell in all layers that see everything."""
    window_cell: int
    """One KV cell in all layers with a sliding window."""
    window: int

    @classmethod
    def of(cls, file: ModelFile) -> "ModelBytes":
        """Of a gpt-oss file with experts in MXFP4, in which every second layer has a window."""
        layers, width = file.number("block_count"), file.number("embedding_length")
        hidden, count = file.number("expert_feed_forward_length"), file.number("expert_count")
        experts = layers * count * MATRICES_OF_AN_EXPERT * hidden * width * MXFP4_BYTES_PER_WEIGHT
        lengths = file.number("attention.key_length") + file.number("attention.value_length")
        cell = file.number("attention.head_count_kv") * lengths * F16_BYTES
        return cls(
            experts=experts,
            expert_count=count,
            experts_used=file.number("expert_used_count"),
            rest=file.weights - file.embedding - experts,
            full_cell=cell * (layers // 2),
            window_cell=cell * (layers - layers // 2),
            window=file.number("attention.sliding_window"),
        )

    def of_step(self, width: int, prefix: int, own: float) -> float:
        """Bytes that a step of `width` sequences reads, each `own` tokens behind a shared prefix."""
        routed_to = 1 - (1 - self.experts_used / self.expert_count) ** width
        full = self.full_cell * (prefix + width * own)
        window = self.window_cell * width * min(self.window, prefix + own)
        return self.rest + self.experts * routed_to + full + window


def most_tokens_per_second(model: ModelBytes, bandwidth: float, width: int, prefix: int, own: float) -> float:
    """The ceiling. `bandwidth` in bytes a second."""
    return width * bandwidth / model.of_step(width, prefix, own)
