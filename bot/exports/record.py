"""A case of a server as one record, with or without the words of people. docs/cases.md explains every key."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bot.case import CaseFile, Finding
from bot.exports.parts import finding_fields, message_fields, moment, plain_outcome, words
from bot.missing_words import told
from bot.records.appeals import Appeal
from bot.records.people import Made

SCHEMA: Final = 1
"""Raised whenever a key changes its meaning or goes."""
_NAMES: Final = ("channel", "author")
"""People chose them, so they are left out with the texts."""


class LeftOut(StrEnum):
    """Why a record is without texts."""

    NOT_ASKED_FOR = "not asked for"
    WITHHELD = "withheld"
    """A policy with `care: withhold` is about it: it is never shown again."""
    ERASED = "erased"
    PRIVATE = "private channel"
    """Whoever asked cannot read the message's channel."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A case with what the store knows beside it."""

    case: CaseFile
    made: Sequence[Made]
    appeals: Sequence[Appeal]
    left_out: LeftOut | None
    """None: with texts."""


def record(entry: Entry) -> dict[str, Any]:
    """All about a case."""
    case, without = entry.case, entry.left_out is not None
    message = message_fields(case.message)
    if without:
        message = {key: value for key, value in message.items() if key not in _NAMES}
    return {
        "schema": SCHEMA,
        "case": case.id,
        "state": case.state,
        **message,
        "opened_at": moment(case.opened_at),
        "deleted_at": moment(case.deleted_at),
        "erased_at": moment(case.erased_at),
        "revisions": len(case.revisions),
        "reports": dict(Counter(report.kind.value for report in case.reports)),
        "findings": [_verdict(finding) if without else finding_fields(finding) for finding in case.findings],
        "decisions": [_decision(made, without=without) for made in entry.made],
        "appeals": [_appeal(appeal, without=without) for appeal in entry.appeals],
        "texts_left_out": entry.left_out,
        **({} if without else words(case)),
    }


def _verdict(finding: Finding) -> dict[str, Any]:
    """A finding without a word of anybody, the model's quotes and reasons included."""
    verdict = finding.verdict
    return {
        "policy": finding.policy.id,
        "policy_digest": finding.policy.digest,
        "mode": finding.policy.mode,
        "revision": finding.revision,
        "state": finding.state,
        "violation": verdict.violation if verdict else None,
        "probability": verdict.probability if verdict else None,
        "rule_ids": list(verdict.rule_ids) if verdict else [],
        "model": verdict.model_name if verdict else None,
    }


def _decision(made: Made, *, without: bool) -> dict[str, Any]:
    decision = made.decision
    said = {"reason": told(decision.reason), "outcome": plain_outcome(made.outcome)}
    return {
        "number": made.number,
        "action": decision.action,
        "moderator_id": str(decision.moderator_id),
        "decided_at": moment(decision.decided_at),
        "timeout_seconds": decision.timeout.total_seconds() if decision.timeout else None,
        "deleted_message": decision.deletes,
        "carried_out": made.enforced,
        "taken_back": made.taken_back,
        "reopened": made.reopened,
        **({} if without else said),
    }


def _appeal(appeal: Appeal, *, without: bool) -> dict[str, Any]:
    answer = appeal.answer
    said = {"text": told(appeal.text), "answer": told(answer.text) if answer else None}
    return {
        "decision": appeal.decision,
        "made_at": moment(appeal.made_at),
        "state": appeal.state,
        "moderator_id": str(answer.moderator_id) if answer else None,
        "answered_at": moment(answer.given_at) if answer else None,
        **({} if without else said),
    }
