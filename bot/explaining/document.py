"""An explanation for machines."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.explaining.chance import share_of
from bot.explaining.line import plain
from bot.explaining.told import PolicyTold, told
from inference.prefilter.explanation import Explanation, PolicyExplanation, ScoreExplanation
from policies.policy import Policy


def document(explanation: Explanation, policies: Mapping[str, Policy]) -> dict[str, Any]:
    """What `safeguild explain --json` prints. Positions are characters of the text, logits natural logarithms."""
    lines = {policy.policy_id: policy for policy in told(explanation, policies).policies}
    return {
        "readings": asdict(explanation.readings),
        "policies": [_policy(each, lines[each.policy_id]) for each in explanation.policies],
    }


def _policy(found: PolicyExplanation, lines: PolicyTold) -> dict[str, Any]:
    return {
        "policy": found.policy_id,
        "title": lines.title,
        "flagged": found.flagged,
        "reason": plain(lines.reason),
        "forced": [item.model_dump(mode="json") for item in found.forced],
        "score": _score(found.score),
        "advice": [plain(line) for line in lines.advice],
    }


def _score(score: ScoreExplanation) -> dict[str, Any]:
    shares = {
        "share_of_ordinary_messages": share_of(score.surprise),
        "flags_share_of_ordinary_messages": share_of(score.threshold),
    }
    return {**asdict(score), **shares}
