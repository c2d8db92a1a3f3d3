"""What the page is told of the bot, and how a slow page is told."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from bot.errors import EnvironmentProblem
from bot.live.data_lock import data_lock
from tests.tools.live.conftest import Quiet
from tools.live.feed import Feed
from tools.live.folder import fresh, note_address


def line(event: str, **more: object) -> str:
    return json.dumps({"event": event, "level": "info", "timestamp": "2026-03-14T12:00:00Z"} | more) + "\n"


async def test_the_log_is_read_by_whole_lines_with_errors_of_the_command_line_among_them(
    quiet: Quiet, tmp_path: Path
):
    log = tmp_path / "bot.log"
    half = line("the model is ready", model="x")
    log.write_text(line("starting", version="1", model="x") + "error: no such model\n" + half[:20])
    page = quiet.page
    await page.until(lambda: len(page.latest["health"]["happenings"]) == 2, "the lines")
    assert [(each["level"], each["text"]) for each in page.latest["health"]["happenings"]] == [
        ("info", "starting (model x)"),
        ("error", "error: no such model"),
    ]
    assert not page.latest["health"]["model_ready"]
    with log.open("a") as file:
        file.write(half[20:])
    await page.until(lambda: page.latest["health"]["model_ready"], "the rest of the line")


async def test_a_page_that_reads_slowly_gets_a_new_picture_instead_of_a_long_past(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tools.live.feed._MOST_WAITING", 10)
    feed = Feed(lambda: {"now": "whole"})
    with feed.reader() as reader:
        assert await reader.next() == b'event: picture\ndata: {"now":"whole"}\n\n'
        for number in range(13):
            feed.tell("change", number)
        told = (await reader.next()).decode()
        assert told.startswith("event: picture")
        assert told.count("event: change") == 2
    feed.tell("change", 99)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.next(), 0.05)


def test_a_fresh_folder_keeps_only_what_never_changes(tmp_path: Path):
    folder = tmp_path / "live"
    with fresh(folder):
        for name in ("standin/model", "vocabulary/words", "policies/1/hate.yaml", "guilds/1.yaml"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        (folder / "link").symlink_to(tmp_path)
    (tmp_path / "precious").touch()
    with fresh(folder):
        left = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    assert left == {"live.lock", "standin/model", "vocabulary/words"}
    assert (tmp_path / "precious").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(EnvironmentProblem, match="did not make it"), fresh(tmp_path):
        pass
    assert (tmp_path / "thesis.txt").exists()


def test_a_bot_that_an_earlier_run_left_behind_is_named(tmp_path: Path):
    with fresh(tmp_path / "live"):
        pass
    left_behind = pytest.raises(EnvironmentProblem, match=f"process {os.getpid()}")
    with data_lock(tmp_path / "live"), left_behind, fresh(tmp_path / "live"):
        pass


def test_a_second_run_is_told_where_the_first_one_is(tmp_path: Path):
    with fresh(tmp_path / "live") as folder:
        note_address(folder, "http://127.0.0.1:8421/")
        with pytest.raises(EnvironmentProblem, match=re.escape("http://127.0.0.1:8421/")), fresh(folder):
            pass
