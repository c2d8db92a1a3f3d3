"""However a scan is stopped, the next run goes on, and the cases are those of a scan that was never stopped."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.case import Suspected
from bot.errors import EnvironmentProblem, Interrupted
from bot.moderation import Moderation
from bot.ports import StoreUnavailable
from inference.rendering import Content
from inference.ticket import ORDINARY, Ticket
from policies.policy import Policy
from policies.verdict import Verdict
from tests.bot.adapters import TermJudge
from tests.bot.scan.samples import cases_of, chat, options_for, scan, write_export

COUNT = 90
WIDTH = 4


class StoppingJudge(TermJudge):
    """Stops the scan, as Ctrl-C does, at a given question."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._left = at
        self.scan: asyncio.Task[object] | None = None

    async def judge(
        self,
        policy: Policy,
        content: Content,
        *,
        explain: bool = False,
        seed: int = 0,
        ticket: Ticket = ORDINARY,
    ) -> Verdict:
        self._left -= 1
        if self._left == 0 and self.scan is not None:
            self.scan.cancel()
        return await super().judge(policy, content, explain=explain, seed=seed, ticket=ticket)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("whole")
    file = write_export(folder / "chat.json", chat(COUNT))
    asyncio.run(scan(options_for(folder, file)))
    return file, cases_of(folder / "out")


async def interrupted_scan(folder: Path, file: Path, judge: StoppingJudge) -> bool:
    """Whether it was stopped before its end."""
    judge.scan = asyncio.create_task(scan(options_for(folder, file, judge=judge)))
    (outcome,) = await asyncio.gather(judge.scan, return_exceptions=True)
    if not isinstance(outcome, Interrupted):
        return False
    assert "run the same command again" in outcome.hint
    return True


@settings(max_examples=12, deadline=None)
@given(stops=st.lists(st.integers(1, 15), min_size=1, max_size=4), slice_size=st.integers(1, 40))
def test_a_scan_stopped_anywhere_ends_with_the_same_cases(
    uninterrupted: tuple[Path, list[dict[str, Any]]],
    tmp_path_factory: pytest.TempPathFactory,
    stops: list[int],
    slice_size: int,
) -> None:
    file, expected = uninterrupted
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.scan.reader.SLICE", slice_size)
        judges = [StoppingJudge(stop) for stop in stops]
        for judge in judges:
            asyncio.run(interrupted_scan(folder, file, judge))
            assert (folder / "out" / "report.html").exists()
        last = TermJudge()
        summary = asyncio.run(scan(options_for(folder, file, judge=last)))
    assert cases_of(folder / "out") == expected
    assert summary.tally.messages == COUNT
    in_flight_when_stopped = WIDTH * len(stops)
    assert sum(len(judge.asked) for judge in (*judges, last)) <= len(expected) + in_flight_when_stopped


async def test_what_was_judged_is_not_judged_again(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(COUNT))
    first = StoppingJudge(20)
    first.scan = asyncio.create_task(scan(options_for(tmp_path, file, judge=first, width=1)))
    with pytest.raises(Interrupted):
        await first.scan
    second = TermJudge()
    await scan(options_for(tmp_path, file, judge=second, width=1))
    assert len(first.asked) + len(second.asked) == COUNT // 3


@pytest.mark.parametrize("at", [1, 8, 20])
async def test_what_could_not_be_stored_is_read_again(
    uninterrupted: tuple[Path, list[dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    file, expected = uninterrupted
    monkeypatch.setattr("bot.scan.reader.SLICE", 7)
    keep, calls = Moderation.keep, 0

    async def full_disk_once(core: Moderation, suspected: Suspected) -> int | None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise StoreUnavailable("the disk is full")
        return await keep(core, suspected)

    monkeypatch.setattr(Moderation, "keep", full_disk_once)
    with pytest.raises(EnvironmentProblem, match="the disk is full"):
        await scan(options_for(tmp_path, file))
    await scan(options_for(tmp_path, file))
    assert cases_of(tmp_path / "out") == expected


async def test_an_interrupted_report_says_so(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(COUNT))
    assert await interrupted_scan(tmp_path, file, StoppingJudge(5))
    assert "The scan was interrupted" in (tmp_path / "out" / "report.html").read_text()


_PROGRAM = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.bot.adapters import TermJudge
from tests.bot.scan.samples import options_for, scan

class Killed(TermJudge):
    left = int(sys.argv[2])
    async def judge(self, *arguments, **keywords):
        Killed.left -= 1
        if Killed.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().judge(*arguments, **keywords)

folder = Path(sys.argv[1])
asyncio.run(scan(options_for(folder, folder / "chat.json", judge=Killed())))
"""


@pytest.mark.parametrize("at", [1, 9, 25])
def test_a_scan_that_was_killed_ends_with_the_same_cases(
    uninterrupted: tuple[Path, list[dict[str, Any]]], tmp_path: Path, at: int
) -> None:
    _, expected = uninterrupted
    write_export(tmp_path / "chat.json", chat(COUNT))
    killed = subprocess.run([sys.executable, "-c", _PROGRAM, str(tmp_path), str(at)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    asyncio.run(scan(options_for(tmp_path, tmp_path / "chat.json")))
    assert cases_of(tmp_path / "out") == expected


async def test_progress_that_lags_behind_the_database_makes_no_second_case(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(COUNT))
    await scan(options_for(tmp_path, file))
    expected = cases_of(tmp_path / "out")
    (tmp_path / "out" / "progress.json").unlink()
    judge = TermJudge()
    summary = await scan(options_for(tmp_path, file, judge=judge))
    assert judge.asked == []
    assert cases_of(tmp_path / "out") == expected
    assert summary.tally.messages == COUNT


async def test_damaged_progress_is_told_and_not_guessed(tmp_path: Path) -> None:
    file = write_export(tmp_path / "chat.json", chat(3))
    await scan(options_for(tmp_path, file))
    (tmp_path / "out" / "progress.json").write_text(json.dumps({"passed": "all"}))
    with pytest.raises(Exception, match=r"progress\.json is damaged"):
        await scan(options_for(tmp_path, file))
