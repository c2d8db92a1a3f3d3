"""A random gpt-oss of 1.5 MB: real llama.cpp, real sliding windows and experts, and steps of a millisecond.

Every expert is used for every token. With a choice among them the last bits of a sum decide now and then which one
is taken, and with random weights another expert says something else altogether: a test of identity could not tell
that from a fault.
"""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType

VOCABULARY = 512
WINDOW = 32
BLOCKS = 4
WIDTH, HEADS, KV_HEADS, HEAD_LENGTH, EXPERTS, EXPERT_WIDTH = 64, 4, 2, 32, 4, 64


def write_tiny_model(path: Path, *, norm: float = 1.0) -> Path:
    """The same file each time. Every hidden state is multiplied by `norm` in the end."""
    writer = GGUFWriter(path, "gpt-oss")
    _shape(writer)
    _vocabulary(writer)
    _weights(writer, np.random.default_rng(7), norm)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _shape(writer: GGUFWriter) -> None:
    writer.add_name("tiny random model")
    writer.add_context_length(131_072)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(BLOCKS)
    writer.add_feed_forward_length(EXPERT_WIDTH)
    writer.add_expert_feed_forward_length(EXPERT_WIDTH)
    writer.add_expert_count(EXPERTS)
    writer.add_expert_used_count(EXPERTS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_key_length(HEAD_LENGTH)
    writer.add_value_length(HEAD_LENGTH)
    writer.add_rope_freq_base(150_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_sliding_window(WINDOW)


def _vocabulary(writer: GGUFWriter) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-4o")
    writer.add_token_list([f"t{token}" for token in range(VOCABULARY)])
    writer.add_token_types([TokenType.NORMAL] * VOCABULARY)
    writer.add_token_merges(["t 1"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)


def _weights(writer: GGUFWriter, random: np.random.Generator, norm: float) -> None:
    def add(name: str, *shape: int, spread: float, mean: float = 0.0) -> None:
        writer.add_tensor(name, (random.standard_normal(shape) * spread + mean).astype(np.float32))

    add("token_embd.weight", VOCABULARY, WIDTH, spread=1.0)
    add("output.weight", VOCABULARY, WIDTH, spread=0.2)
    add("output_norm.weight", WIDTH, spread=0.0, mean=norm)
    for block in range(BLOCKS):
        at = f"blk.{block}."
        for norm in ("attn_norm", "post_attention_norm"):
            add(f"{at}{norm}.weight", WIDTH, spread=0.0, mean=1.0)
        for name, rows in (("q", HEADS), ("k", KV_HEADS), ("v", KV_HEADS)):
            add(f"{at}attn_{name}.weight", rows * HEAD_LENGTH, WIDTH, spread=0.2)
            add(f"{at}attn_{name}.bias", rows * HEAD_LENGTH, spread=0.02)
        add(f"{at}attn_output.weight", WIDTH, HEADS * HEAD_LENGTH, spread=0.1)
        add(f"{at}attn_output.bias", WIDTH, spread=0.02)
        add(f"{at}attn_sinks.weight", HEADS, spread=1.0)
        add(f"{at}ffn_gate_inp.weight", EXPERTS, WIDTH, spread=0.1)
        add(f"{at}ffn_gate_inp.bias", EXPERTS, spread=0.02)
        for name in ("gate", "up", "down"):
            add(f"{at}ffn_{name}_exps.weight", EXPERTS, WIDTH, EXPERT_WIDTH, spread=0.1)
            add(f"{at}ffn_{name}_exps.bias", EXPERTS, WIDTH, spread=0.02)
