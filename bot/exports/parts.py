"""A case as plain data, in parts that every file of cases is made of.

Ids are strings, since many readers of JSON cannot hold 64 bits. docs/cases.md and docs/scan.md explain the keys.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

from bot.case import CaseFile, Finding, Message
from bot.missing_words import told
from policies.verdict import Verdict

_MOMENT: Final = re.compile(r"<t:([0-9]{1,10}):f>")


def message_fields(message: Message) -> dict[str, Any]:
    """Where a message is, who wrote it and when; nothing of what it says."""
    return {
        "guild_id": str(message.guild_id),
        "channel_id": str(message.channel_id),
        "channel": message.channel_name,
        "message_id": str(message.id),
        "author_id": str(message.author_id),
        "author": message.author_name,
        "created_at": message.created_at.isoformat(),
        "edited_at": moment(message.edited_at),
    }


def words(case: CaseFile) -> dict[str, Any]:
    """What was written: the newest flagged version, and what came before it."""
    return {
        "text": case.message.text,
        "earlier": [{"author_id": str(line.author_id), "text": line.text} for line in case.earlier],
    }


def finding_fields(finding: Finding) -> dict[str, Any]:
    """What one policy's judge said, with all its words."""
    return {
        "policy": finding.policy.id,
        "policy_digest": finding.policy.digest,
        "mode": finding.policy.mode,
        "revision": finding.revision,
        "state": finding.state,
        "evidence": [item.model_dump(mode="json") for item in finding.suspicion.evidence],
        "verdict": _verdict_fields(finding.verdict) if finding.verdict else None,
    }


def _verdict_fields(verdict: Verdict) -> dict[str, Any]:
    """Notes in English: these files are for programs, whatever language their reader speaks."""
    said = {"rationale": told(verdict.rationale), "notes": list(map(str, verdict.notes))}
    return verdict.model_dump(mode="json") | said


def plain_outcome(outcome: str | None) -> str | None:
    """What came of a decision, with moments as a file tells them: cards show each reader's own time."""
    return outcome and _MOMENT.sub(_in_utc, told(outcome))


def _in_utc(found: re.Match[str]) -> str:
    return f"{datetime.fromtimestamp(int(found[1]), UTC):%Y-%m-%d %H:%M} UTC"


def moment(at: datetime | None) -> str | None:
    """ISO 8601, in UTC."""
    return at.isoformat() if at else None
