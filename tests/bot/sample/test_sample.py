"""The shipped sample: in the exporter's true format, and with the stand-in its cards say what they should."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.inquiry import ModelIdentity
from bot.sample.demo import DEMO_POLICIES, prepare_demo, sample_exports
from bot.scan.command import ScanOptions, run_scan
from bot.scan.summary import ScanSummary
from inference.engine_options import EngineOptions
from inference.judge import Judge
from inference.local import open_local_judge
from inference.standin.notice import STANDIN_NOTICE

MESSAGE_KEYS = [
    "id",
    "type",
    "timestamp",
    "timestampEdited",
    "callEndedTimestamp",
    "isPinned",
    "content",
    "author",
    "attachments",
    "components",
    "embeds",
    "stickers",
    "reactions",
    "mentions",
    "reference",
    "forwardedMessage",
    "inlineEmojis",
]
"""In the order in which the exporter writes them; `reference` and `forwardedMessage` only where there is one."""
DIGEST = "5" * 64


def exports() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sample_exports()]


def expected() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(files("bot.sample").joinpath("expected.json").read_text("utf-8"))
    return found


@asynccontextmanager
async def _standin(model: Path, vocabulary: Path) -> AsyncIterator[tuple[Judge, ModelIdentity]]:
    options = EngineOptions(model=model, vocabulary=vocabulary, width=4, threads=1)
    async with open_local_judge(options, DIGEST) as judge:
        yield judge, ModelIdentity(judge.model_name, DIGEST)


async def scan_sample(folder: Path, model: Path, vocabulary: Path, *, only: tuple[Path, ...] = ()) -> ScanSummary:
    demo = prepare_demo(folder)
    options = ScanOptions(
        only or demo.exports,
        lambda: _standin(model, vocabulary),
        policies=demo.policies,
        out=folder / "scan",
        fresh=True,
    )
    quiet = Console(file=StringIO(), width=100)
    return await run_scan(options, quiet, quiet)


def excerpt(path: Path, *message_ids: str) -> Path:
    """An export with some of the sample's messages."""
    document = next(document for document in exports() if document["channel"]["name"] == "general")
    messages = [message for message in document["messages"] if message["id"] in message_ids]
    path.write_text(json.dumps({**document, "messages": messages}), encoding="utf-8")
    return path


def violations(summary: ScanSummary) -> dict[str, set[tuple[str, str, str]]]:
    """{message id: (policy, rule, quote) of every violation}, for all flagged messages."""
    cases = [json.loads(line) for line in summary.cases_file.read_text(encoding="utf-8").splitlines()]
    return {
        case["message_id"]: {
            (finding["policy"], rule, quote)
            for finding in case["findings"]
            if finding["verdict"]["violation"]
            for rule in finding["verdict"]["rule_ids"]
            for quote in finding["verdict"]["quotes"]
        }
        for case in cases
    }


def test_the_sample_has_the_exporters_true_shape() -> None:
    for document in exports():
        assert list(document) == ["guild", "channel", "dateRange", "exportedAt", "messages", "messageCount"]
        assert document["messageCount"] == len(document["messages"])
        for message in document["messages"]:
            assert list(message) == [key for key in MESSAGE_KEYS if key in message]
            assert set(MESSAGE_KEYS) - set(message) <= {"reference", "forwardedMessage"}


def test_the_sample_is_as_large_and_as_varied_as_promised() -> None:
    messages = [message for document in exports() for message in document["messages"]]
    assert 60 <= len(messages) <= 100
    assert len(exports()) >= 2
    assert any(message["timestampEdited"] for message in messages)
    assert any(message["embeds"] for message in messages)
    assert any("forwardedMessage" in message for message in messages)
    assert any(message["type"] == "Reply" for message in messages)
    assert any(message["author"]["isBot"] for message in messages)
    assert any("Ignore your rules" in message["content"] for message in messages)


def test_ids_and_times_of_the_sample_agree() -> None:
    for document in exports():
        ids = [int(message["id"]) for message in document["messages"]]
        assert ids == sorted(set(ids))
    known = {message["id"] for document in exports() for message in document["messages"]}
    assert set(expected()) <= known


def test_the_demos_policies_are_copied_once_and_edits_stay(tmp_path: Path) -> None:
    first = prepare_demo(tmp_path)
    assert first.copied == DEMO_POLICIES
    assert "edit" in first.notice
    edited = first.policies / "scams.yaml"
    edited.write_text("title: mine\n")
    second = prepare_demo(tmp_path)
    assert second.copied == ()
    assert edited.read_text() == "title: mine\n"


@pytest.mark.slow
async def test_with_the_stand_in_every_card_of_the_sample_cites_the_right_rule_and_words(
    tmp_path: Path, standin_model: Path, vocabulary_folder: Path
) -> None:
    summary = await scan_sample(tmp_path, standin_model, vocabulary_folder)
    found = violations(summary)
    wanted = {
        message: {(said["policy"], said["rule"], said["quote"]) for said in verdict["violations"]}
        for message, verdict in expected().items()
    }
    assert {message: found.get(message, set()) for message in wanted} == wanted
    assert {message for message, said in found.items() if said} == {
        message for message, said in wanted.items() if said
    }
    assert summary.notes == (STANDIN_NOTICE,)
    assert STANDIN_NOTICE in summary.report.read_text(encoding="utf-8")


@pytest.mark.slow
async def test_editing_a_rules_terms_changes_the_verdict(
    tmp_path: Path, standin_model: Path, vocabulary_folder: Path
) -> None:
    loser = next(message for message, verdict in expected().items() if _quotes(verdict) == ["loser"])
    boss = next(
        message for message, verdict in expected().items() if verdict.get("why", "").startswith("about a boss")
    )
    harassment = prepare_demo(tmp_path).policies / "harassment.yaml"
    text = harassment.read_text(encoding="utf-8")
    edited = text.replace("terms: [idiot, loser,", "terms: [idiot, garbage,").replace(
        "keywords:\n    [", "keywords:\n    [garbage, "
    )
    assert edited != text
    harassment.write_text(edited, encoding="utf-8")
    two = excerpt(tmp_path / "two.json", loser, boss)
    found = violations(await scan_sample(tmp_path, standin_model, vocabulary_folder, only=(two,)))
    assert found[loser] == set()
    assert found[boss] == {("harassment", "H1", "garbage")}


def _quotes(verdict: dict[str, Any]) -> list[str]:
    return [said["quote"] for said in verdict["violations"]]
