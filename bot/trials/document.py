"""What a trial found, as JSON for machines. Documented in docs/policy-test.md."""

from collections.abc import Mapping
from typing import Any

from bot.trials.estimates import Estimates
from bot.trials.items import Item
from bot.trials.result import Figures, Flip, TrialResult, Turn
from inference.prefilter.budget.audit import Interval
from policies.policy import Policy
from policies.score import Rate, Score
from policies.verdict import Verdict

FORMAT = 1


def document(result: TrialResult) -> Mapping[str, Any]:
    """Everything but the texts of members: those stand in the cases."""
    return {
        "format": FORMAT,
        "policy": _policy(result.policy),
        "against": _policy(result.against) if result.against else None,
        "figures": _figures(result.figures),
        "flips": _flips(result),
        "judged": result.judged,
        "remembered": result.remembered,
        "unreadable": result.unread,
        "left_out": result.left_out,
        "seconds": round(result.seconds, 3),
    }


def _policy(policy: Policy) -> Mapping[str, Any]:
    return {"id": policy.id, "title": policy.title, "digest": policy.digest}


def _figures(found: Figures) -> Mapping[str, Any]:
    return {
        "examples": _score(found.examples),
        "examples_in_prompt": _score(found.shown),
        "decided_cases": _score(found.decided),
        "decided_cases_of_this_policy_alone": _score(found.alone),
        "decided_cases_of_others": _score(found.beside),
        "sampled_cleared": _score(found.cleared),
        "sampled_unflagged": _score(found.unflagged),
        "as_it_runs": _estimates(found.as_it_runs),
        "if_asked_about_everything": _estimates(found.if_asked),
        "lacking": list(found.unsampled),
        "rules": {
            rule: {"named": _score(each.score), "upheld": _rate(each.upheld)} for rule, each in found.rules.items()
        },
    }


def _score(score: Score) -> Mapping[str, Any]:
    low, high = score.f1_interval()
    return {
        "tp": score.tp,
        "fp": score.fp,
        "fn": score.fn,
        "tn": score.tn,
        "undecided": score.undecided,
        "precision": _rate(score.precision),
        "recall": _rate(score.recall),
        "f1": None if score.f1 is None else {"estimate": score.f1, "low": low, "high": high},
    }


def _rate(rate: Rate) -> Mapping[str, Any] | None:
    if rate.value is None:
        return None
    low, high = rate.interval()
    return {"successes": rate.successes, "of": rate.of, "estimate": rate.value, "low": low, "high": high}


def _estimates(found: Estimates) -> Mapping[str, Any]:
    """Of all messages."""
    return {
        "precision": _interval(found.precision),
        "recall": _interval(found.recall),
        "f1": _interval(found.f1),
    }


def _interval(found: Interval | None) -> Mapping[str, float] | None:
    return None if found is None else {"estimate": found.estimate, "low": found.low, "high": found.high}


def _flips(result: TrialResult) -> Mapping[str, Any] | None:
    flips = result.flips
    if flips is None:
        return None
    return {
        "compared": flips.compared,
        **{turn.value: flips.count(turn) for turn in Turn},
        "gravest_first": [_flip(flip) for flip in flips.gravest_first],
    }


def _flip(flip: Flip) -> Mapping[str, Any]:
    return {
        "turn": flip.turn.value,
        "severity": flip.severity.value,
        "violates": flip.item.violates,
        **_where(flip.item),
        "before": _side(flip.before),
        "after": _side(flip.after),
    }


def _where(item: Item) -> Mapping[str, Any]:
    place = item.place
    if place is None:
        return {"example": item.text}
    return {"case": place.case_id, "channel": str(place.channel_id), "message": str(place.message_id)}


def _side(verdict: Verdict | None) -> Mapping[str, Any] | None:
    if verdict is None:
        return None
    return {
        "violation": verdict.violation,
        "probability": verdict.probability,
        "rules": list(verdict.rule_ids),
    }
