"""What of a case may be shown, and how a case is handled beside deciding on it. Pure.

Two policies ask for special care. Under `care: withhold` (sexual content that involves minors) nothing that was
written is shown again on any surface, for it may be a crime to pass it on. Under `care: support` (self-harm) the
author is offered help where the rules ask for no sanction.

Every surface shows words of members only of the case that `shown` returns.
"""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Final

from bot.attention import needs_a_look
from bot.case import CaseFile, Finding, Message
from inference.prefilter.suspicion import Suspicion
from policies.constraints import timeout_minutes
from policies.policy import Care, Mode, Rule

_SANCTIONS: Final = frozenset({"warn", "kick", "ban"})


class Hidden(StrEnum):
    """Why words of members are not shown."""

    WITHHELD = "withheld"
    """The policy asks never to repeat what was written."""
    ERASED = "erased"
    """Its time is over, or the member asked for it."""
    UNREADABLE = "unreadable"
    """It is damaged where it is stored."""
    PRIVATE = "private"
    """Whoever reads this place may not be allowed to read the message's channel."""


def care_of(case: CaseFile) -> Care:
    """How people handle the case: the most careful of what its findings ask for."""
    if any(map(_withholds, case.findings)):
        return Care.WITHHOLD
    return Care.SUPPORT if any(map(_asks_for_support, case.findings)) else Care.USUAL


def hidden(case: CaseFile) -> Hidden | None:
    """Why nobody at all is shown what was written; None if it is shown to those who may read its channel."""
    if care_of(case) is Care.WITHHOLD:
        return Hidden.WITHHELD
    if case.erased_at is not None:
        return Hidden.ERASED
    return Hidden.UNREADABLE if case.unreadable else None


def shown(case: CaseFile, reason: Hidden | None = None) -> CaseFile:
    """The case as it may be shown: without any words of members if there is a `reason`, or one of its own."""
    return without_words(case) if reason or hidden(case) else case


def without_words(case: CaseFile) -> CaseFile:
    """The case without anything that members wrote or that a model quotes of it. Who, where, when and what was
    decided stay, and which rules are cited."""
    return replace(
        case,
        revisions=tuple(map(_silent, case.revisions)),
        current=None if case.current is None else _silent(case.current),
        earlier=(),
        findings=tuple(map(_without_quotes, case.findings)),
        reports=tuple(replace(report, reason="") for report in case.reports),
    )


def cited_rules(case: CaseFile) -> Iterator[Rule]:
    """The rules that live policies' verdicts cite, of what people have to look at."""
    for finding in case.findings:
        if finding.policy.mode is Mode.LIVE and needs_a_look(finding):
            yield from _cited(finding)


def suggests_sanction(rule: Rule) -> bool:
    """Whether a rule's authors think of something to be done to whoever breaks it."""
    return any(suggestion in _SANCTIONS or timeout_minutes(suggestion) for suggestion in rule.suggest)


def _withholds(finding: Finding) -> bool:
    """Also while it is not judged yet: what was shown cannot be taken back. A random check suspects nothing."""
    if finding.policy.care is not Care.WITHHOLD or (finding.verdict and finding.verdict.violation is False):
        return False
    return needs_a_look(finding) or not finding.suspicion.is_audit


def _asks_for_support(finding: Finding) -> bool:
    """A rule with a sanction is about somebody who harms others."""
    if finding.policy.care is not Care.SUPPORT or finding.policy.mode is not Mode.LIVE:
        return False
    return needs_a_look(finding) and not any(map(suggests_sanction, _cited(finding)))


def _cited(finding: Finding) -> Iterator[Rule]:
    if finding.verdict is not None:
        yield from map(finding.policy.rule, finding.verdict.rule_ids)


def _silent(message: Message) -> Message:
    return message.model_copy(update={"content": "", "embeds": (), "attachments": ()})


def _without_quotes(finding: Finding) -> Finding:
    silent = {"rationale": "", "reasoning": "", "quotes": (), "notes": ()}
    verdict = None if finding.verdict is None else finding.verdict.model_copy(update=silent)
    return replace(finding, verdict=verdict, suspicion=_silent_suspicion(finding.suspicion))


def _silent_suspicion(suspicion: Suspicion) -> Suspicion:
    silent = {"name": "", "start": 0, "end": 0, "quote": "", "reading": None}
    return suspicion.model_copy(
        update={"evidence": tuple(item.model_copy(update=silent) for item in suspicion.evidence)}
    )
