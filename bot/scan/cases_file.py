"""`cases.jsonl`: every case of a scan as one JSON object per line, for other programs.

Keys of an object (docs/scan.md explains them): `schema`, `case`, `state`, `guild_id`, `channel_id`, `channel`,
`message_id`, `author_id`, `author`, `created_at`, `edited_at`, `text`, `earlier` (each `author_id`, `text`),
`findings` (each `policy`, `policy_digest`, `mode`, `revision`, `state`, `evidence`, `verdict`).
Ids are strings, since many readers of JSON cannot hold 64 bits.
"""

import json
from typing import Any

from bot.case import CaseFile, Finding

SCHEMA = 1
"""Raised whenever a key changes its meaning or goes."""


def case_line(case: CaseFile) -> str:
    """One line, without its line break."""
    message = case.message
    return json.dumps(
        {
            "schema": SCHEMA,
            "case": case.id,
            "state": case.state,
            "guild_id": str(message.guild_id),
            "channel_id": str(message.channel_id),
            "channel": message.channel_name,
            "message_id": str(message.id),
            "author_id": str(message.author_id),
            "author": message.author_name,
            "created_at": message.created_at.isoformat(),
            "edited_at": message.edited_at.isoformat() if message.edited_at else None,
            "text": message.text,
            "earlier": [{"author_id": str(line.author_id), "text": line.text} for line in case.earlier],
            "findings": [_finding(finding) for finding in case.findings],
        },
        ensure_ascii=False,
    )


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "policy": finding.policy.id,
        "policy_digest": finding.policy.digest,
        "mode": finding.policy.mode,
        "revision": finding.revision,
        "state": finding.state,
        "evidence": [item.model_dump(mode="json") for item in finding.suspicion.evidence],
        "verdict": finding.verdict.model_dump(mode="json") if finding.verdict else None,
    }
