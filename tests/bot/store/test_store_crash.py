"""Kill -9 loses nothing that was acknowledged, and the campaign that says so can fail."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def campaign(*arguments: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-m", "tests.bot.store.crash_campaign", *arguments]
    return subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)


@pytest.mark.slow
def test_twenty_kills_lose_nothing_that_was_acknowledged() -> None:
    result = campaign("20")
    assert result.returncode == 0, result.stdout + result.stderr
    acknowledged = re.search(r"20 kills, (\d+) acknowledged", result.stdout)
    assert acknowledged, result.stdout
    assert int(acknowledged[1]) > 100, "the writer had hardly time to write"


@pytest.mark.parametrize(
    ("fault", "symptom"),
    [
        ("acknowledge-before-commit", "acknowledged and lost"),
        ("without-transaction", "revision without all its jobs"),
    ],
)
def test_a_store_that_is_broken_on_purpose_is_caught(fault: str, symptom: str) -> None:
    result = campaign("20", fault)
    assert result.returncode == 1
    assert symptom in result.stdout, result.stdout + result.stderr
