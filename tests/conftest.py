"""What many tests need: the vocabulary and the stand-in model, made once and kept between runs."""

import os

# Tests start hundreds of Python processes. Each would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Read when NumPy is imported. On shared cores BLAS threads wait for each other, which takes many times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import splintr
import structlog
from gguf import GGMLQuantizationType, GGUFWriter

from inference import vocabulary
from inference.prompt import Harmony, load_harmony
from inference.standin.build import build_gguf


def pytest_configure() -> None:
    sys.dont_write_bytecode = False
    # A job in the background ignores Ctrl-C and its children inherit that; tests send it to theirs.
    signal.signal(signal.SIGINT, signal.default_int_handler)


PLAIN_LOGS = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.dev.set_exc_info,
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
)


@pytest.fixture(autouse=True)
def logs_are_plain() -> None:
    """What is not set up draws every exception with its variables, which takes longer than most tests."""
    structlog.configure(processors=list(PLAIN_LOGS))


@pytest.fixture(autouse=True)
def no_heart_beats_on() -> Iterator[None]:
    """A test that ends while a client is connecting leaves discord.py's thread, which fails in a later test."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("keep-alive-handler"):
            thread.stop()  # type: ignore[attr-defined]
            thread.join(1.0)


@pytest.fixture(scope="session")
def vocabulary_folder(pytestconfig: pytest.Config) -> Path:
    """A folder with the o200k vocabulary, as the engine would have taken it out of a model."""
    folder = pytestconfig.cache.mkdir("vocabulary")
    if not vocabulary.is_kept(folder):
        to_character = {byte: character for character, byte in vocabulary.byte_of_character().items()}
        tokenizer = splintr.Tokenizer.from_pretrained("o200k_base")
        tokens = (tokenizer.decode_bytes([token]) for token in range(vocabulary.ORDINARY_TOKENS))
        vocabulary.keep(folder, ("".join(to_character[byte] for byte in token) for token in tokens))
    return Path(folder)


@pytest.fixture(scope="session")
def harmony(vocabulary_folder: Path) -> Harmony:
    """The real encoding."""
    return load_harmony(vocabulary_folder)


@pytest.fixture(scope="session")
def standin_model(pytestconfig: pytest.Config) -> Path:
    """The stand-in's GGUF file."""
    return build_gguf(Path(pytestconfig.cache.mkdir("standin")))


@pytest.fixture(scope="session")
def make_gguf() -> Callable[..., Path]:
    """Writes small true GGUF files: `make_gguf(path, architecture=…, tokens=…, rows=…)`."""
    return write_gguf


def write_gguf(
    path: Path,
    *,
    architecture: str = "gpt-oss",
    tokens: tuple[str, ...] = ("a", "b"),
    rows: int = 64,
    blocks: int = 2,
    heads: int = 4,
    parts: int = 1,
    mxfp4_rows: int = 0,
) -> Path:
    """A GGUF file with embeddings of `rows` x 32 numbers, 128 bytes a row, and a name."""
    writer = GGUFWriter(path, architecture)
    writer.add_name("tiny test model")
    writer.add_block_count(blocks)
    writer.add_head_count_kv(heads)
    writer.add_key_length(64)
    writer.add_value_length(64)
    writer.add_uint16("split.count", parts)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(list(tokens))
    if mxfp4_rows:
        packed = np.zeros((mxfp4_rows, 64 // 32 * 17), np.uint8)
        writer.add_tensor("blk.0.ffn_up_exps.weight", packed, raw_dtype=GGMLQuantizationType.MXFP4)
    writer.add_tensor("token_embd.weight", np.zeros((rows, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
