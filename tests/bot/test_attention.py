"""How pressing a case is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.attention import CERTAIN, TORN, severity_of, urgency
from bot.case import Finding, JobState, Report, ReportKind
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Effort, Mode, Severity
from policies.verdict import FirstLook
from tests.bot.adapters import START, make_policy, make_verdict

REPORT = Report(ReportKind.MEMBER, 1, "", START)


def a_finding(
    *, mode: Mode = Mode.LIVE, severity: Severity = Severity.HIGH, violation: bool | None = True, **fields: object
) -> Finding:
    policy = make_policy(mode=mode, severity=severity)
    evidence = Evidence(kind=EvidenceKind.KEYWORD, name="x", start=0, end=1, quote="x")
    rules = ("R1",) if violation else ()
    verdict = make_verdict(policy, violation=violation, rule_ids=rules, **fields)
    suspicion = Suspicion(policy_id=policy.id, evidence=(evidence,))
    return Finding(1, 1, JobState.JUDGED, policy, suspicion, verdict)


def test_the_gravest_cited_rule_counts_and_shadows_do_not():
    found = [
        a_finding(),
        a_finding(severity=Severity.LOW),
        a_finding(severity=Severity.CRITICAL, mode=Mode.SHADOW),
    ]
    assert severity_of(found) is Severity.HIGH
    assert not urgency([a_finding(mode=Mode.SHADOW)], ()).for_people


@given(st.floats(0.5, 1))
def test_the_nearer_to_the_threshold_the_more_it_is_disputed(probability: float):
    doubt = urgency([a_finding(probability=probability)], ()).disagreement
    assert doubt == pytest.approx(1 - (probability - 0.5) / 0.5)
    assert CERTAIN <= doubt <= TORN


def test_a_second_look_that_contradicts_the_first_is_disputed_most():
    first = FirstLook(effort=Effort.LOW, probability=0.2, tokens=1)
    assert urgency([a_finding(probability=0.99, first_look=first)], ()).disagreement == TORN
    agreeing = first.model_copy(update={"probability": 0.7})
    assert urgency([a_finding(probability=0.99, first_look=agreeing)], ()).disagreement < 0.1


def test_an_answer_that_could_not_be_read_is_nobodys_opinion():
    found = urgency([a_finding(violation=None)], ())
    assert (found.for_people, found.disagreement, found.severity) == (True, TORN, Severity.MEDIUM)


def test_a_report_of_what_the_judge_allows_is_for_people_and_disputed():
    allowed = a_finding(violation=False, probability=0.01)
    assert urgency([allowed], ()).for_people is False
    found = urgency([allowed], [REPORT])
    assert (found.for_people, CERTAIN < found.disagreement < TORN) == (True, True)
    waiting = replace(allowed, verdict=None, state=JobState.QUEUED)
    assert urgency([waiting], [REPORT]).disagreement == CERTAIN
