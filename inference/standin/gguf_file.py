"""Writes the stand-in as a GGUF of the gpt-oss family with the true o200k_harmony vocabulary."""

from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter

from inference.standin.layers import (
    EXPERTS,
    GROUPS,
    HEAD_WIDTH,
    HEADS,
    LAYERS,
    NORM_EPSILON,
    ROPE_BASE,
    UNITS,
    WINDOW,
)
from inference.standin.notice import STANDIN_NAME
from inference.standin.stream import WIDTH
from inference.standin.vocabulary import add_vocabulary
from inference.standin.weights import Tensors

CONTEXT_LENGTH = 131_072


def write_gguf(path: Path, tokens: list[bytes], weights: Tensors) -> None:
    """Write the whole model: metadata, vocabulary and weights.

    Raises:
        VocabularyError: the installed vocabulary is not the true one.
        OSError: the file cannot be written.
    """
    writer = GGUFWriter(path, "gpt-oss")
    _add_architecture(writer)
    add_vocabulary(writer, tokens)
    for name, tensor in weights.items():
        writer.add_tensor(name, tensor, raw_dtype=GGMLQuantizationType.Q4_0 if tensor.dtype == np.uint8 else None)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _add_architecture(writer: GGUFWriter) -> None:
    writer.add_name(STANDIN_NAME)
    writer.add_context_length(CONTEXT_LENGTH)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(UNITS)
    writer.add_expert_feed_forward_length(UNITS)
    writer.add_expert_count(EXPERTS)
    writer.add_expert_used_count(EXPERTS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_key_length(HEAD_WIDTH)
    writer.add_value_length(HEAD_WIDTH)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_sliding_window(WINDOW)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_rope_scaling_type(gguf.RopeScalingType.NONE)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
