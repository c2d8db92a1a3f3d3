"""A sentence encoder that is small enough to be written down: a word is a row of a table.

Its ONNX file is written byte by byte (protobuf's wire format, onnx.proto), so that no package has to make it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from inference.prefilter.sentence_encoder import SentenceEncoder, mean_of_tokens

WORDS = ("[PAD]", "[UNK]", "[CLS]", "good", "game", "you", "are", "trash", "rubbish", "hello")
DIMENSIONS = 8
TABLE = np.random.default_rng(7).normal(size=(len(WORDS), DIMENSIONS)).astype(np.float32)
INT64, INT32, FLOAT = 7, 6, 1
"""Of onnx.TensorProto.DataType."""


def make_tokenizer(words: Sequence[str] = WORDS) -> Tokenizer:
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    return tokenizer


def look_up(inputs: Mapping[str, npt.NDArray[np.int64]]) -> npt.NDArray[np.float32]:
    """What the network computes: token ids (texts, tokens) -> (texts, tokens, dimensions)."""
    return TABLE[inputs["input_ids"]]


def make_encoder(digest: str = "") -> SentenceEncoder:
    return SentenceEncoder(make_tokenizer(), look_up, mean_of_tokens, digest)


def write_folder(
    folder: Path,
    *,
    name: str = "model.onnx",
    inputs: Mapping[str, int] | None = None,
    output: str = "last_hidden_state",
    words: Sequence[str] = WORDS,
    pooling: Mapping[str, object] | None = None,
) -> Path:
    """A folder as exports have it."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    given = {"input_ids": INT64, "attention_mask": INT64} if inputs is None else inputs
    (folder / name).write_bytes(_model(given, output))
    make_tokenizer(words).save(str(folder / "tokenizer.json"))
    if pooling is not None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


def _model(inputs: Mapping[str, int], output: str) -> bytes:
    """Gather(TABLE, first input) -> output."""
    first = next(iter(inputs))
    node = _text(1, "TABLE") + _text(1, first) + _text(2, output) + _text(4, "Gather")
    table = b"".join(_number(1, size) for size in TABLE.shape) + _number(2, FLOAT) + _text(8, "TABLE")
    table += _field(9, TABLE.tobytes())
    graph = _field(1, node) + _text(2, "tiny") + _field(5, table)
    graph += b"".join(_field(11, _value(name, kind, 2)) for name, kind in inputs.items())
    graph += _field(12, _value(output, FLOAT, 3))
    return _number(1, 8) + _field(8, _number(2, 13)) + _field(7, graph)


def _value(name: str, kind: int, rank: int) -> bytes:
    shape = b"".join(_field(1, _text(2, f"{name}{axis}")) for axis in range(rank))
    return _text(1, name) + _field(2, _field(1, _number(1, kind) + _field(2, shape)))


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _varint(value >> 7)
