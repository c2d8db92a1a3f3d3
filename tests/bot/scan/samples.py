"""Exports as the exporter writes them, and options to scan them with term matching."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.inquiry import ModelIdentity
from bot.rulebook import Inspector
from bot.scan.command import ScanOptions, run_scan
from bot.scan.summary import ScanSummary
from inference.judge import Judge
from policies.policy import Policy
from policies.writer import write_policy
from tests.bot.adapters import MODEL, TermJudge, WordInspector, make_policy

BASE_ID = 1_100_000_000_000_000_000


def author(number: int = 1, *, bot: bool = False) -> dict[str, Any]:
    return {
        "id": str(BASE_ID + number),
        "name": f"member{number}",
        "discriminator": "0000",
        "nickname": f"Member {number}",
        "color": None,
        "isBot": bot,
        "roles": [{"id": "900000000000000001", "name": "Regular", "color": None, "position": 1}],
        "avatarUrl": "https://cdn.discordapp.com/embed/avatars/0.png",
    }


def exported(number: int, text: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(BASE_ID + number),
        "type": "Default",
        "timestamp": f"2024-05-0{number // 1440 % 9 + 1}T{number // 60 % 24:02}:{number % 60:02}:00.123+00:00",
        "timestampEdited": None,
        "callEndedTimestamp": None,
        "isPinned": False,
        "content": text,
        "author": author(number % 5),
        "attachments": [],
        "components": [],
        "embeds": [],
        "stickers": [],
        "reactions": [],
        "mentions": [],
        "inlineEmojis": [],
        **fields,
    }


def export(messages: Sequence[Mapping[str, Any]], channel: int = 500) -> dict[str, Any]:
    return {
        "guild": {"id": "700", "name": "Night Owls", "iconUrl": "https://cdn.discordapp.com/embed/avatars/0.png"},
        "channel": {
            "id": str(channel),
            "type": "GuildTextChat",
            "categoryId": "400",
            "category": "Text",
            "name": f"channel-{channel}",
            "topic": 'anything {odd} "here" ]',
        },
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2024-06-01T00:00:00+00:00",
        "messages": list(messages),
        "messageCount": len(messages),
    }


def chat(count: int) -> list[dict[str, Any]]:
    """Every third message holds a keyword; every second of those is a violation."""
    texts = ["hello there", "good game", "nice build"]
    return [
        exported(
            number, ("you loser" if number % 2 else "losers' bracket") if number % 3 == 0 else texts[number % 3]
        )
        for number in range(1, count + 1)
    ]


def write_export(path: Path, messages: Sequence[Mapping[str, Any]], channel: int = 500) -> Path:
    path.write_text(json.dumps(export(messages, channel), indent=2, ensure_ascii=False), encoding="utf-8")
    return path


def write_policies(folder: Path, *policies: Policy) -> Path:
    folder.mkdir(exist_ok=True)
    for policy in policies or (make_policy(),):
        write_policy(policy, folder)
    return folder


def word_inspector(policies: Mapping[int, Sequence[Policy]]) -> Inspector:
    return WordInspector(policies)


def options_for(tmp_path: Path, *files: Path, judge: Judge | None = None, **changes: Any) -> ScanOptions:
    @asynccontextmanager
    async def open_judge() -> AsyncIterator[tuple[Judge, ModelIdentity]]:
        yield judge or TermJudge(), MODEL

    policies = tmp_path / "policies"
    if not policies.exists():
        write_policies(policies)
    options = ScanOptions(
        files,
        open_judge,
        policies=policies,
        out=tmp_path / "out",
        lease=timedelta(milliseconds=300),
        build_inspector=word_inspector,
    )
    return replace(options, **changes)


async def scan(options: ScanOptions) -> ScanSummary:
    return await run_scan(options, plain_console(), plain_console())


def plain_console() -> Console:
    return Console(file=StringIO(), width=100)


def cases_of(folder: Path) -> list[dict[str, Any]]:
    """The cases of a scan, without what may differ between two runs over the same input."""
    lines = (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    return sorted((_comparable(json.loads(line)) for line in lines), key=lambda case: case["message_id"])


def _comparable(case: dict[str, Any]) -> dict[str, Any]:
    del case["case"]
    case["findings"].sort(key=lambda finding: finding["policy"])
    return case
