"""`safeguild scan` and `safeguild demo`: from the command line to a scan, and back to an exit code."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.errors import ExitCode
from bot.scan import command
from bot.scan.errors import ScanChanged
from inference.standin.notice import STANDIN_NOTICE

THREADS = {"SAFEGUILD_ENGINE__THREADS": "1"}


@pytest.fixture
def export(place):
    path = place.work / "chat.jsonl"
    path.write_text('{"text": "you are such a loser, uninstall"}\n{"text": "good morning"}\n', "utf-8")
    return path


@pytest.fixture
def ready(place, vocabulary_folder, standin_model):
    """Vocabulary and stand-in lie in the data folder already, which saves ten seconds."""
    place.data.mkdir(mode=0o700)
    (place.data / "vocabulary").symlink_to(vocabulary_folder)
    (place.data / "standin").symlink_to(standin_model.parent)


class Scans:
    """Stands where `run_scan` does: remembers what was asked, answers with what it is told."""

    def __init__(self):
        self.asked = []
        self.problems = 0
        self.fails_once_with = None

    async def __call__(self, options, _output, _messages):
        self.asked.append(options)
        error, self.fails_once_with = self.fails_once_with, None
        if error is not None:
            raise error
        return SimpleNamespace(tally=SimpleNamespace(problem_count=self.problems))


@pytest.fixture
def scans(monkeypatch):
    found = Scans()
    monkeypatch.setattr(command, "run_scan", found)
    return found


def test_the_options_of_the_command_reach_the_scan(inside, scans, monkeypatch):
    monkeypatch.setenv("SAFEGUILD_ENGINE__WIDTH", "3")
    arguments = ("a.json", "b.jsonl", "--policies", "rules", "--out", "there", "--fresh", "--cards", "7")
    assert inside("scan", *arguments).code == ExitCode.OK
    (options,) = scans.asked
    assert options.files == (Path("a.json"), Path("b.jsonl"))
    assert (options.policies, options.out) == (Path("rules"), Path("there"))
    assert (options.fresh, options.cards, options.width) == (True, 7, 5)


def test_without_options_the_scan_goes_on_with_the_starter_policies(inside, scans):
    inside("scan", "a.json")
    (options,) = scans.asked
    assert (options.policies, options.out, options.fresh) == (None, None, False)


def test_records_that_could_not_be_read_are_an_exit_code(inside, scans):
    scans.problems = 2
    assert inside("scan", "a.json").code == ExitCode.PROBLEMS


def test_a_scan_without_a_file_is_a_usage_error(inside):
    assert inside("scan").code == ExitCode.USAGE


def test_a_missing_export_is_said_before_a_model_is_loaded(inside):
    done = inside("scan", "none.json")
    assert done.code == ExitCode.PROBLEMS
    assert done.err == "safeguild: none.json: there is no such file\nhint: check the path\n"


def test_a_damaged_model_is_said_and_nothing_is_scanned(inside, export, tiny_model, monkeypatch):
    tiny_model.write_bytes(tiny_model.read_bytes()[:-1])
    monkeypatch.setenv("SAFEGUILD_MODEL__PATH", str(tiny_model))
    done = inside("scan", export)
    assert done.code == ExitCode.ENVIRONMENT
    assert f"model: {tiny_model}; the setting `model.path` names it" in done.err
    assert "is cut short" in done.err


def test_a_model_of_another_vocabulary_is_refused_before_it_is_loaded(inside, export, tiny_model, monkeypatch):
    monkeypatch.setenv("SAFEGUILD_MODEL__PATH", str(tiny_model))
    done = inside("scan", export)
    assert done.code == ExitCode.ENVIRONMENT
    assert "its vocabulary is not o200k" in done.err


def test_the_demo_keeps_policies_that_were_edited_and_starts_over_when_they_changed(inside, scans, place):
    assert inside("demo").code == ExitCode.OK
    edited = place.work / "demo-out/policies/spam.yaml"
    edited.write_text(edited.read_text("utf-8") + "# mine\n", "utf-8")
    scans.fails_once_with = ScanChanged("begun differently", "use --fresh")
    done = inside("demo", "--cards", "1")
    assert done.code == ExitCode.OK
    assert "starting over" in done.err
    assert [options.fresh for options in scans.asked] == [False, False, True]
    assert scans.asked[-1].policies == Path("demo-out/policies")
    assert edited.read_text("utf-8").endswith("# mine\n")
    assert all(path.is_file() for path in scans.asked[0].files)


def test_a_real_scan_prints_cards_writes_the_report_and_says_that_the_stand_in_judged(
    safeguild, export, ready, place
):
    done = safeguild("scan", export, timeout=120, **THREADS)
    assert done.returncode == ExitCode.OK, done.stderr
    assert done.stderr.startswith(f"model: {STANDIN_NOTICE}; no model is set and none was fetched")
    assert "2 messages: 1 flagged, 1 to look at" in done.stdout
    assert "“loser”" in done.stdout
    cases = (place.work / "safeguild-scan/chat/cases.jsonl").read_text("utf-8").splitlines()
    assert len(cases) == 1
    assert STANDIN_NOTICE in json.dumps(json.loads(cases[0]))


def judged_in(database):
    """How many jobs have a verdict; none while there is no database yet."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
            return connection.execute("SELECT count(*) FROM job WHERE state = 'judged'").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_ctrl_c_before_the_judging_is_an_interruption_too(inside, scans):
    scans.fails_once_with = KeyboardInterrupt()
    done = inside("scan", "a.json")
    assert done.code == ExitCode.INTERRUPTED
    assert "run the same command again" in done.err


def test_ctrl_c_ends_a_real_scan_with_four_leaves_no_process_and_it_goes_on(ready, place):
    export = place.work / "long.jsonl"
    export.write_text("".join(f'{{"text": "you loser number {n}"}}\n' for n in range(200)), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "scan", str(export)],
        cwd=place.work,
        env={**os.environ, **THREADS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    database = place.work / "safeguild-scan/long/scan.sqlite3"
    deadline = time.monotonic() + 90
    while judged_in(database) == 0 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the engine's process too
    _, said = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, said
    assert "hint: run the same command again to go on where it stopped" in said
    assert "Traceback" not in said
    assert (place.work / "safeguild-scan/long/report.html").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
