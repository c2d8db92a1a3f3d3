"""Model files: what is read of them, and that no damage goes unnoticed or does harm."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.model_file import ModelFileError, read_model_file, token_texts


@pytest.fixture(scope="module")
def whole(tmp_path_factory, make_gguf):
    return make_gguf(tmp_path_factory.mktemp("model") / "whole.gguf", tokens=("a", "Ġb", "ß"))


def test_a_whole_file_says_what_it_is(whole):
    model = read_model_file(whole)
    assert model.name == "tiny test model"
    assert model.size == whole.stat().st_size
    assert model.tensors == 1
    assert model.weights == model.embedding == 64 * 32 * 4
    assert model.metadata["general.architecture"] == "gpt-oss"
    assert list(token_texts(model)) == ["a", "Ġb", "ß"]


def test_the_size_that_llama_cpp_gives_a_quantised_tensor_is_the_one_found(tmp_path, make_gguf):
    path = make_gguf(tmp_path / "mxfp4.gguf", mxfp4_rows=10)
    model = read_model_file(path)
    assert model.weights - model.embedding == 10 * 64 // 32 * 17, "an MXFP4 block of 32 numbers has 17 bytes"


def test_a_file_that_was_cut_short_is_noticed_at_any_length(whole, tmp_path):
    content = whole.read_bytes()
    path = tmp_path / "cut.gguf"
    for length in [*range(1, len(content) - 8192, 7), len(content) - 8192, len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            read_model_file(path)


def test_a_cut_file_says_how_much_is_missing_and_what_to_do(whole, tmp_path):
    content = whole.read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(content[:-1])
    with pytest.raises(ModelFileError, match=f"it has {len(content) - 1:,} bytes of {len(content):,}") as caught:
        read_model_file(path)
    assert "safeguild model fetch" in caught.value.hint


def test_another_kind_of_model_is_refused(tmp_path, make_gguf):
    with pytest.raises(ModelFileError, match="a model of the kind 'llama'"):
        read_model_file(make_gguf(tmp_path / "llama.gguf", architecture="llama"))


def test_one_part_of_a_split_model_is_refused(tmp_path, make_gguf):
    with pytest.raises(ModelFileError, match="one of 3 parts") as caught:
        read_model_file(make_gguf(tmp_path / "part.gguf", parts=3))
    assert "llama-gguf-split --merge" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"<html>log in</html>", "is not a GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is not a GGUF file"),
        (b"GGUF" + struct.pack("<I", 1), "has GGUF version 1"),
        (b"GGUF" + struct.pack(">I", 3), "has GGUF version"),
        (b"GGUF", "ends in the middle"),
    ],
)
def test_what_is_no_model_is_said_so(tmp_path, content, reason):
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=reason):
        read_model_file(path)


def header(entries: int = 0, tensors: int = 0) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, entries)


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


@pytest.mark.parametrize(
    "content",
    [
        header(entries=2**63),
        header(tensors=2**63),
        header(entries=1) + struct.pack("<Q", 2**64 - 1),
        header(entries=1) + text(b"k") + struct.pack("<IIQ", 9, 8, 2**64 - 1),
        header(entries=1) + text(b"k") + struct.pack("<IIQ", 9, 0, 2**64 - 1),
        header(entries=1) + text(b"k") + struct.pack("<IIQ", 9, 9, 1),
        header(entries=1) + text(b"k") + struct.pack("<I", 99),
        header(tensors=1) + text(b"t") + struct.pack("<I", 2**31),
        header(tensors=1) + text(b"t") + struct.pack("<IQIQ", 1, 2**63, 0, 2**63),
        header(tensors=1) + text(b"t") + struct.pack("<IQIQ", 1, 4, 12345, 0),
        header(entries=1) + text(b"general.alignment") + struct.pack("<II", 4, 0),
    ],
)
@pytest.mark.timeout(30)  # none of them makes the reader go round for ever
def test_a_head_that_lies_is_refused(tmp_path, content):
    path = tmp_path / "lie.gguf"
    path.write_bytes(content + bytes(1_000_000))
    with pytest.raises(ModelFileError):
        read_model_file(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_to_the_head_does_worse_than_a_clear_error(whole, tmp_path, data):
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 8193))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content)
    problem = ""
    try:
        list(token_texts(read_model_file(path)))
    except ModelFileError as error:
        problem = str(error)
    assert not problem or "damaged.gguf" in problem
