"""A disk that is full while a scan runs: one clear error, and the next run ends with the same cases."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.scan.samples import cases_of, chat, options_for, scan, write_export

_PROGRAM = """
import asyncio, resource, signal, sys
from pathlib import Path
from bot.errors import OperatorError
from tests.bot.scan.samples import options_for, scan

folder = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
options = options_for(folder, folder / "chat.json")
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    asyncio.run(scan(options))
except OperatorError as error:
    print(f"{type(error).__name__}: {error.message}; {error.hint}")
"""


@pytest.mark.parametrize("room", [100_000, 250_000])
def test_when_nothing_more_can_be_written_the_error_is_clear_and_the_next_run_goes_on(
    tmp_path: Path, room: int
) -> None:
    file = write_export(tmp_path / "chat.json", chat(300))
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path), str(room)]
    full = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert full.stdout.startswith("EnvironmentProblem:"), full.stdout + full.stderr
    assert "run the same command again" in full.stdout
    whole = tmp_path / "whole"
    whole.mkdir()
    asyncio.run(scan(options_for(tmp_path, file)))
    asyncio.run(scan(options_for(whole, write_export(whole / "chat.json", chat(300)))))
    assert cases_of(tmp_path / "out") == cases_of(whole / "out")
