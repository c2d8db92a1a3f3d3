"""One process owns a data folder, and the second one is told what to do."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import EnvironmentProblem, ExitCode
from bot.live.data_lock import data_lock

HOLD = (
    "import sys, time; from pathlib import Path; from bot.live.data_lock import data_lock\n"
    "with data_lock(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
)


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that holds the folder until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_process_is_told_who_holds_the_folder_and_what_to_do(tmp_path):
    with holder(tmp_path) as other:
        try:
            with pytest.raises(EnvironmentProblem) as caught, data_lock(tmp_path):
                pass
        finally:
            other.kill()
    assert caught.value.exit_code is ExitCode.ENVIRONMENT
    assert f"process {other.pid}, since 20" in caught.value.message
    assert str(tmp_path) in caught.value.message
    assert "stop that one first" in caught.value.hint


def test_a_killed_process_leaves_nothing_locked(tmp_path):
    with holder(tmp_path) as other:
        os.kill(other.pid, signal.SIGKILL)
    with data_lock(tmp_path), pytest.raises(EnvironmentProblem, match=str(os.getpid())), data_lock(tmp_path):
        pass


def test_the_folder_is_free_again_after_an_error(tmp_path):
    with pytest.raises(RuntimeError), data_lock(tmp_path):
        raise RuntimeError
    with data_lock(tmp_path), pytest.raises(EnvironmentProblem), data_lock(tmp_path):
        pass


def test_a_note_that_cannot_be_read_hides_nothing(tmp_path):
    with data_lock(tmp_path):
        (tmp_path / "bot.owner.json").write_text("half a no")
        with pytest.raises(EnvironmentProblem, match="it did not say who it is"), data_lock(tmp_path):
            pass


def test_a_folder_that_cannot_be_locked_is_said_so(tmp_path):
    (tmp_path / "bot.lock").mkdir()
    with pytest.raises(EnvironmentProblem, match="cannot be locked"), data_lock(tmp_path):
        pass
