from dataclasses import replace

import pytest

from bot.case import CaseFile, JobState, Report, ReportKind
from bot.review.care import Hidden, care_of, hidden, shown, without_words
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Care, Mode, Policy
from tests.bot.adapters import START, make_earlier, make_policy, make_verdict
from tests.bot.cogs.card_samples import case_about, flagged, hostile_case, violation

SECRET = "canary-of-a-member"


def under(
    care: Care, policy_id: str = "careful", *, mode: Mode = Mode.LIVE, suggest: tuple[str, ...] = ()
) -> Policy:
    policy = make_policy(policy_id, mode=mode)
    rule = policy.rules[0].model_copy(update={"suggest": suggest})
    return policy.model_copy(update={"care": care, "rules": (rule, *policy.rules[1:])})


def about(policy: Policy, violates: bool | None = True) -> CaseFile:
    rules = ("R1",) if violates else ()
    verdict = make_verdict(policy, violation=violates, rule_ids=rules)
    return case_about(SECRET, findings=(flagged(policy, verdict),))


@pytest.mark.parametrize(
    ("case", "care"),
    [
        (about(under(Care.USUAL)), Care.USUAL),
        (about(under(Care.WITHHOLD)), Care.WITHHOLD),
        (about(under(Care.WITHHOLD), None), Care.WITHHOLD),
        (about(under(Care.WITHHOLD), False), Care.USUAL),
        (about(under(Care.WITHHOLD, mode=Mode.SHADOW)), Care.WITHHOLD),
        (about(under(Care.SUPPORT)), Care.SUPPORT),
        (about(under(Care.SUPPORT, suggest=("delete",))), Care.SUPPORT),
        (about(under(Care.SUPPORT, suggest=("delete", "timeout 7d"))), Care.USUAL),
        (about(under(Care.SUPPORT), False), Care.USUAL),
        (about(under(Care.SUPPORT, mode=Mode.SHADOW)), Care.USUAL),
    ],
)
def test_the_findings_say_how_a_case_is_handled(case: CaseFile, care: Care) -> None:
    assert care_of(case) is care


def test_the_most_careful_of_several_policies_decides() -> None:
    findings = tuple(about(under(care, care)).findings[0] for care in Care)
    assert care_of(case_about(findings=findings)) is Care.WITHHOLD
    assert care_of(case_about(findings=findings[:2])) is Care.SUPPORT


def test_what_waits_for_a_verdict_is_withheld_unless_it_was_drawn_at_random() -> None:
    """What was shown cannot be taken back."""
    waiting = replace(about(under(Care.WITHHOLD)).findings[0], verdict=None, state=JobState.QUEUED)
    assert care_of(case_about(findings=(waiting,))) is Care.WITHHOLD
    drawn = Evidence(kind=EvidenceKind.AUDIT, name="", start=0, end=0, quote="")
    audit = replace(waiting, suspicion=Suspicion(policy_id="careful", evidence=(drawn,)))
    assert care_of(case_about(findings=(audit,))) is Care.USUAL


def test_why_nobody_is_shown_what_was_written() -> None:
    assert hidden(about(under(Care.USUAL))) is None
    assert hidden(about(under(Care.WITHHOLD))) is Hidden.WITHHELD
    assert hidden(replace(about(under(Care.USUAL)), erased_at=START)) is Hidden.ERASED
    assert hidden(replace(about(under(Care.WITHHOLD)), erased_at=START)) is Hidden.WITHHELD
    assert hidden(replace(about(under(Care.USUAL)), unreadable=True)) is Hidden.UNREADABLE


def test_without_words_no_word_of_a_member_is_left_and_the_facts_are() -> None:
    case = replace(
        hostile_case(SECRET),
        reports=(Report(ReportKind.MEMBER, 5, SECRET, START),),
        earlier=(make_earlier(1, 2, SECRET),),
    )
    bare = without_words(case)
    told = repr(
        (bare.revisions, bare.current, bare.earlier, bare.reports, [each.suspicion for each in bare.findings])
    )
    names = {message.author_name for message in bare.revisions} | {
        message.channel_name for message in bare.revisions
    }
    assert SECRET not in told.replace(f"author_name='{SECRET}'", "").replace(f"channel_name='{SECRET}'", "")
    assert names == {message.author_name for message in case.revisions} | {"general", SECRET}
    for finding in bare.findings:
        assert finding.verdict is not None
        assert (finding.verdict.rationale, finding.verdict.reasoning, finding.verdict.quotes) == ("", "", ())
        assert finding.verdict.rule_ids == ("R1",)
    assert bare.decision == case.decision
    assert len(bare.revisions) == len(case.revisions)


def test_what_may_be_shown_is_left_as_it_is() -> None:
    case = about(under(Care.USUAL))
    assert shown(case) is case
    assert shown(case, Hidden.PRIVATE).message.text == ""
    assert shown(about(under(Care.WITHHOLD))).message.text == ""


def test_a_violation_of_a_usual_policy_does_not_hide_that_somebody_needs_help() -> None:
    usual = make_policy()
    findings = (*about(under(Care.SUPPORT)).findings, flagged(usual, violation(usual)))
    assert care_of(case_about(findings=findings)) is Care.SUPPORT
