from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from bot.progress import LINE_EVERY, meter
from bot.scan.meter import Snapshot
from bot.units import format_clock

HALFWAY = Snapshot(
    seconds=60,
    bytes_passed=500,
    bytes_resumed=0,
    bytes_total=1000,
    messages=1234,
    flagged=20,
    jobs=30,
    judged=30,
    judged_this_run=30,
)


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, 60.0),  # half is read and judged
        ({"judged": 10, "judged_this_run": 10}, 300.0),  # the judge is slower: 50 of 60 expected jobs are left
        ({"bytes_resumed": 400}, 300.0),  # this run read only 100 bytes in its minute
        ({"bytes_passed": 1000}, 0.0),
        ({"bytes_passed": 0, "judged_this_run": 0}, None),
    ],
)
def test_the_time_left_is_that_of_the_slower_of_reading_and_judging(
    changes: dict[str, int], left: float | None
) -> None:
    assert replace(HALFWAY, **changes).seconds_left == left


def test_a_snapshot_reads_as_one_line() -> None:
    assert str(HALFWAY) == "1,234 messages, 20 flagged, 30/30 judged, 1:00 left"
    assert str(replace(HALFWAY, away="starting")).endswith("the judge is away, trying again: starting")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (75.4, "1:15"), (3600, "1:00:00"), (36_061, "10:01:01")]
)
def test_durations_read_like_a_clock(seconds: float, shown: str) -> None:
    assert format_clock(seconds) == shown


def test_without_a_terminal_there_is_a_line_only_now_and_then() -> None:
    console = Console(file=StringIO(), width=200)
    with meter(console) as shown:
        for second in range(int(LINE_EVERY * 2) + 1):
            shown.show(replace(HALFWAY, seconds=second))
    assert isinstance(console.file, StringIO)
    assert len(console.file.getvalue().splitlines()) == 2


def test_on_a_terminal_there_is_one_bar_that_goes_when_the_scan_is_over() -> None:
    console = Console(file=StringIO(), width=120, force_terminal=True)
    with meter(console) as shown:
        shown.show(HALFWAY)
    assert isinstance(console.file, StringIO)
    assert "1,234 messages" in console.file.getvalue()
    assert console.file.getvalue().endswith("\x1b[2K")
