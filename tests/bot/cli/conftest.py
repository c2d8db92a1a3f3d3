"""What the command line's tests share: a place of their own, the real command, and small true GGUF files."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli.ending import run_command
from bot.cli.root import app

WARNINGS = "error,ignore:'audioop' is deprecated"
"""What warns in our code is an error; discord.py's imports are not ours."""
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
        variables = {**os.environ, "PYTHONWARNINGS": WARNINGS, **environment}
        return subprocess.run(
            command, cwd=place.work, env=variables, capture_output=True, text=True, timeout=timeout, check=False
        )

    return run


@pytest.fixture
def tiny_model(tmp_path: Path, make_gguf: Callable[..., Path]) -> Path:
    """A whole GGUF file of the right kind, 8 kB of weights."""
    return make_gguf(tmp_path / "tiny.gguf")


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


class RecordingMeter:
    """A meter that remembers what it was told."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int, int]] = []
        self.done: list[int] = []

    def step(self, title: str, total: int, done: int) -> Callable[[int], None]:
        self.begun.append((title, total, done))
        self.done.append(done)
        place = len(self.done) - 1

        def advance(count: int) -> None:
            self.done[place] += count

        return advance


@pytest.fixture
def meter() -> RecordingMeter:
    """Remembers the steps that were begun, and how far each came."""
    return RecordingMeter()
