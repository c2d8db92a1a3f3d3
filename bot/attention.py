"""Which cases people have to look at, and how pressing each one is. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.case import CaseFile, Finding, JobState, Report
from policies.policy import Mode, Severity
from policies.verdict import Verdict

SEVERITIES: Final = tuple(Severity)
"""From low to critical; the store keeps a severity by its place here."""
CERTAIN, TORN = 0.0, 1.0
"""The ends of `Urgency.disagreement`."""
_HALF_TORN: Final = 0.5


@dataclass(frozen=True, slots=True)
class Urgency:
    """Where a case stands in the queue."""

    for_people: bool
    severity: Severity
    disagreement: float
    """0 (everything agrees) to 1 (a verdict on the edge, or one look against the other)."""


def is_for_people(case: CaseFile) -> bool:
    """Whether somebody points at the message, or a live policy was violated or its answer could not be read.

    Shadow policies are only counted.
    """
    return bool(case.reports) or any(True for _ in _to_look_at(case.findings))


def needs_a_look(finding: Finding) -> bool:
    """Whether a person has to look at a judged job: a violation, or no readable answer after every try."""
    if finding.verdict is None:
        return finding.state is JobState.UNDECIDED
    return finding.verdict.violation is not False


def severity_of(findings: Collection[Finding]) -> Severity:
    """The gravest rule that a live policy's verdict cites; medium where none is cited."""
    cited = [
        finding.policy.rule(rule_id).severity
        for finding in _to_look_at(findings)
        if finding.verdict
        for rule_id in finding.verdict.rule_ids
    ]
    return max(cited, key=SEVERITIES.index, default=Severity.MEDIUM)


def urgency(findings: Sequence[Finding], reports: Sequence[Report]) -> Urgency:
    """How pressing a case is, by all that was found about it and by who points at it."""
    doubts = [_doubt(finding) for finding in _to_look_at(findings)]
    judged = any(finding.verdict for finding in findings)
    if reports and judged and not doubts:
        doubts = [_HALF_TORN]  # the judge sees nothing in what a person points at
    return Urgency(bool(reports or doubts), severity_of(findings), max(doubts, default=CERTAIN))


def _to_look_at(findings: Collection[Finding]) -> Iterator[Finding]:
    return (finding for finding in findings if finding.policy.mode is Mode.LIVE and needs_a_look(finding))


def _doubt(finding: Finding) -> float:
    verdict = finding.verdict
    if verdict is None or verdict.probability is None:
        return TORN
    threshold = finding.policy.judge.threshold
    if _looks_disagree(verdict, threshold):
        return TORN
    side = 1 - threshold if verdict.probability >= threshold else threshold
    return max(CERTAIN, TORN - abs(verdict.probability - threshold) / side)


def _looks_disagree(verdict: Verdict, threshold: float) -> bool:
    return verdict.first_look is not None and (verdict.first_look.probability >= threshold) != verdict.violation
