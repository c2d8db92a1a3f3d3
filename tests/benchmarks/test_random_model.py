import numpy as np
import pytest
from gguf import GGMLQuantizationType, quants

from benchmarks.random_model import FULL_SHAPE, Shape, tensors
from inference.vocabulary import ORDINARY_TOKENS

SMALL = Shape(layers=2, width=64, heads=4, groups=2, head_width=32, hidden=96)


def drawn(name: str, shape: Shape = SMALL) -> np.ndarray:
    tensor = next(tensor for tensor in tensors(shape) if tensor.name == name)
    data = tensor.draw(np.random.Generator(np.random.SFC64([0, 0])))
    assert data.shape == tensor.stored_shape
    assert data.nbytes == tensor.stored_bytes
    return data if data.dtype == np.float32 else quants.dequantize(data, tensor.kind).reshape(tensor.shape)


@pytest.mark.parametrize(
    "name", ["blk.0.attn_q.weight", "blk.1.ffn_gate_exps.weight", "blk.0.ffn_down_exps.weight"]
)
def test_blocks_drawn_as_bytes_have_the_scale_that_was_wanted(name: str):
    wanted = next(tensor.deviation for tensor in tensors(SMALL) if tensor.name == name)
    # MXFP4's scale is a power of two: within half of one
    assert wanted / 1.5 < drawn(name).std() < wanted * 1.5


def test_no_control_token_is_ever_the_likeliest():
    head = drawn("output.weight", Shape(layers=1, width=32))
    assert not head[ORDINARY_TOKENS:].any()
    assert head[:ORDINARY_TOKENS].any(axis=1).all()


def test_the_full_shape_weighs_what_the_published_file_does():
    assert sum(tensor.stored_bytes for tensor in tensors(FULL_SHAPE)) == pytest.approx(12.1e9, rel=0.01)
    assert sum(tensor.weights for tensor in tensors(FULL_SHAPE)) == pytest.approx(20.9e9, rel=0.01)


def test_experts_are_in_mxfp4_and_other_matrices_in_q8_0():
    kinds = {tensor.name.removeprefix("blk.1."): tensor.kind for tensor in tensors(SMALL)}
    assert kinds["ffn_up_exps.weight"] == GGMLQuantizationType.MXFP4
    assert kinds["attn_k.weight"] == kinds["token_embd.weight"] == GGMLQuantizationType.Q8_0
    assert kinds["attn_sinks.weight"] == GGMLQuantizationType.F32


def test_a_width_that_is_no_whole_number_of_blocks_is_refused():
    with pytest.raises(ValueError, match="multiples"):
        Shape(width=100)
