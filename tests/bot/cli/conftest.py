"""What the command line's tests share: a place of their own, the real command, and small true GGUF files."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from bot.cli.ending import run_command
from bot.cli.root import app

Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Place:
    """A working directory and a data folder that nobody else uses."""

    work: Path
    data: Path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """In-process commands run here, untouched by the settings of whoever runs the tests."""
    found = Place(tmp_path / "work", tmp_path / "data")
    found.work.mkdir()
    for name in list(os.environ):
        if name.startswith(("SAFEGUILD_", "HF_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SAFEGUILD_DATA_FOLDER", str(found.data))
    monkeypatch.chdir(found.work)
    return found


@pytest.fixture
def safeguild(place: Place) -> Run:
    """Run the real command in a process of its own."""

    def run(*arguments: str | Path, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", *map(str, arguments)]
        variables = {**os.environ, "PYTHONWARNINGS": "error", **environment}
        return subprocess.run(
            command, cwd=place.work, env=variables, capture_output=True, text=True, timeout=timeout, check=False
        )

    return run


def write_gguf(
    path: Path, *, architecture: str = "gpt-oss", tokens: tuple[str, ...] = ("a", "b"), rows: int = 64
) -> Path:
    """A true GGUF file with one tensor of `rows` x 32 numbers, and a name."""
    writer = GGUFWriter(path, architecture)
    writer.add_name("tiny test model")
    writer.add_block_count(2)
    writer.add_head_count_kv(4)
    writer.add_key_length(64)
    writer.add_value_length(64)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(list(tokens))
    writer.add_tensor("token_embd.weight", np.zeros((rows, 32), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def tiny_model(tmp_path: Path) -> Path:
    """A whole GGUF file of the right kind, 8 kB of weights."""
    return write_gguf(tmp_path / "tiny.gguf")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def inside(place: Place, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run the command within this process, which is quicker and lets a test change what it meets."""

    def run(*arguments: str | Path) -> Ended:
        code = run_command(app, [str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run
