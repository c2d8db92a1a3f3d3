"""`safeguild evaluate`: from the command line to a result, and back to an exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.errors import ExitCode
from bot.evaluation import command
from bot.evaluation.labels import LabelColumn
from inference.standin.notice import STANDIN_NOTICE

THREADS = {"SAFEGUILD_ENGINE__THREADS": "1"}
POLICY = """\
format: 1
title: Insults
goal: Keep members free from attacks.
rules:
  - {id: H1, text: Insults aimed at a member., terms: [loser, clown]}
"""


@pytest.fixture
def files(place: Any) -> Path:
    (place.work / "insults.yaml").write_text(POLICY)
    rows = [
        {"text": f"you loser number {n}" if n % 2 else f"good morning, {n}", "label": n % 2} for n in range(12)
    ]
    (place.work / "set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place.work


@pytest.fixture
def ready(place: Any, vocabulary_folder: Path, standin_model: Path) -> None:
    """Vocabulary and stand-in lie in the data folder already, which saves ten seconds."""
    place.data.mkdir(mode=0o700)
    (place.data / "vocabulary").symlink_to(vocabulary_folder)
    (place.data / "standin").symlink_to(standin_model.parent)


class Evaluations:
    """Stands where `run_evaluation` does: remembers what was asked, answers with what it is told."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.bad_rows = 0
        self.interrupted = False

    async def __call__(self, options: Any, _output: object, _messages: object) -> SimpleNamespace:
        self.asked.append(options)
        if self.interrupted:
            raise KeyboardInterrupt
        return SimpleNamespace(bad_rows=self.bad_rows)


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> Evaluations:
    found = Evaluations()
    monkeypatch.setattr(command, "run_evaluation", found)
    return found


def test_the_options_of_the_command_reach_the_evaluation(
    inside: Any, evaluations: Evaluations, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFEGUILD_ENGINE__WIDTH", "3")
    monkeypatch.setenv("SAFEGUILD_ENGINE__REASONING_LOW", "99")
    arguments = "--policy insults.yaml --policy hate --label insults=kind:a,b --label hate=h --text-column body"
    more = "--group-column site --format generic --limit 9 --seed 4 --out there --html page.html --json"
    done = inside("evaluate", "set.jsonl", *arguments.split(), *more.split(), "--resume", "--show-texts")
    assert done.code == ExitCode.OK
    (options,) = evaluations.asked
    wish = options.wish
    assert list(wish.policies) == ["insults", "hate"]
    assert wish.labels == {"insults": LabelColumn("kind", frozenset({"a", "b"})), "hate": LabelColumn("h")}
    assert (wish.text_column, wish.group_column, wish.set_id) == ("body", "site", "generic")
    assert (options.limit, options.seed, options.out, options.html) == (9, 4, Path("there"), Path("page.html"))
    assert options.as_json
    assert options.resume
    assert options.show_texts
    assert (options.width, options.budgets) == (5, "99/1024/2048")


def test_without_a_policy_the_data_set_says_which_of_ours_fit(inside: Any, evaluations: Evaluations) -> None:
    inside("evaluate", "samples-1680.jsonl.gz")
    assert evaluations.asked[0].wish.policies == {}
    assert evaluations.asked[0].folder == Path("safeguild-evaluation/samples-1680")


def test_one_of_our_policies_for_public_sets_can_be_named(inside: Any, evaluations: Evaluations) -> None:
    assert inside("evaluate", "a.csv", "--policy", "toxicchat-toxicity").code == ExitCode.OK
    assert list(evaluations.asked[0].wish.policies) == ["toxicchat-toxicity"]


def test_rows_that_could_not_be_used_are_an_exit_code(inside: Any, evaluations: Evaluations) -> None:
    evaluations.bad_rows = 1
    assert inside("evaluate", "a.csv").code == ExitCode.PROBLEMS


def test_ctrl_c_before_the_judging_is_an_interruption_too(inside: Any, evaluations: Evaluations) -> None:
    evaluations.interrupted = True
    assert inside("evaluate", "a.csv").code == ExitCode.INTERRUPTED


def test_an_unknown_policy_is_said_with_those_that_there_are(inside: Any) -> None:
    done = inside("evaluate", "a.csv", "--policy", "toxichat-toxicity")
    assert done.code == ExitCode.PROBLEMS
    assert "did you mean toxicchat-toxicity?" in done.err


def test_what_is_wrong_with_a_set_is_said_before_a_model_is_loaded(inside: Any, files: Path) -> None:
    (files / "set.csv").write_text("text,kind\nhello,a\n")
    done = inside("evaluate", "set.csv", "--policy", "insults.yaml")
    assert done.code == ExitCode.PROBLEMS
    assert done.err == (
        "safeguild: set.csv has no column `label` for the label for insults\n"
        "hint: there are: kind, text; name it with --label insults=NAME\n"
    )


def lines_of(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_ctrl_c_in_a_real_evaluation_loses_nothing_and_it_goes_on_to_the_end(
    safeguild: Any, files: Path, ready: None
) -> None:
    arguments = ["evaluate", "set.jsonl", "--policy", "insults.yaml", "--out", "out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=files,
        env={**os.environ, **THREADS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    verdicts = files / "out/verdicts.jsonl"
    deadline = time.monotonic() + 60
    while lines_of(verdicts) == 0 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the engine's process too
    _, said = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, said
    assert "hint: run the same command with --resume to go on where it stopped" in said
    assert "Traceback" not in said
    assert 1 <= lines_of(verdicts) < 12
    done = safeguild(*arguments, "--resume", timeout=100, **THREADS)
    assert done.returncode == ExitCode.OK, done.stderr
    assert lines_of(verdicts) == 12
    assert f"note: {STANDIN_NOTICE}" in done.stdout
    assert "labelled allowed                   0               6          0" in done.stdout
