"""Reports: judged under what holds, counted, and kept within bounds."""

import pytest

from bot.case import CaseState, Report, ReportKind
from bot.moderation import Moderation
from bot.pointing import MOST_IN_DAY, MOST_IN_SHORT, MOST_OPENED, ReportPace, evidence_of
from bot.ports import Store
from bot.records.reports import Pace
from inference.prefilter.suspicion import EvidenceKind
from policies.policy import Mode, Scope
from tests.bot.adapters import (
    MODEL,
    START,
    Clock,
    RememberingDesk,
    TermJudge,
    make_earlier,
    make_message,
    make_policy,
    make_rulebook,
)

LIVE = make_policy("harassment", keywords=("never-said",))
SHADOW = make_policy("shadow", mode=Mode.SHADOW, keywords=("never-said",))
ELSEWHERE = make_policy("elsewhere", keywords=("never-said",), scope=Scope(channels=(99,)))


@pytest.fixture
def core(memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock) -> Moderation:
    book = make_rulebook(LIVE, SHADOW, ELSEWHERE)
    return Moderation(book, memory, judge, desk, model=MODEL, clock=walk_clock, timer=lambda: 0.0)


def a_report(who: int = 1, kind: ReportKind = ReportKind.MEMBER, reason: str = "rude") -> Report:
    return Report(kind, who, reason, START)


async def test_what_nothing_suspected_is_judged_under_live_policies_that_hold_there(
    core: Moderation, memory: Store, desk: RememberingDesk
):
    reported = await core.report(make_message(text="hello"), [make_earlier(1, 2, "before")], a_report())
    case = await memory.case(reported.case_id)
    assert [finding.policy.id for finding in case.findings] == ["harassment"]
    assert case.earlier == (make_earlier(1, 2, "before"),)
    assert [shown.id for shown in desk.shown] == [case.id]
    core.finish_up()
    await core.work()
    case = await memory.case(case.id)
    assert case.state is CaseState.OPEN
    assert case.findings[0].verdict is not None


async def test_a_preview_that_came_since_makes_no_other_text(core: Moderation, memory: Store):
    first = await core.report(make_message(text="hello"), (), a_report(1))
    await core.report(make_message(text="hello", embeds=("a preview",)), (), a_report(2))
    case = await memory.case(first.case_id)
    assert (len(case.revisions), len(case.reports), len(case.findings)) == (1, 2, 1)


async def test_a_picture_without_words_is_for_people_alone(core: Moderation, memory: Store):
    reported = await core.report(make_message(text=""), (), a_report())
    assert (await memory.case(reported.case_id)).findings == ()


async def test_a_guild_that_was_purged_meanwhile_is_begun_anew(core: Moderation, memory: Store):
    await core.report(make_message(), (), a_report())
    await memory.purge(make_message().guild_id)
    reported = await core.report(make_message(101), (), a_report())
    assert reported.news


@pytest.mark.parametrize(
    ("short", "day", "too_much", "flood"),
    [
        (Pace(0, 0), Pace(0, 0), False, False),
        (Pace(MOST_IN_SHORT - 1, 0), Pace(MOST_IN_DAY - 1, 0), False, False),
        (Pace(MOST_IN_SHORT, 0), Pace(MOST_IN_SHORT, 0), True, False),
        (Pace(0, 0), Pace(MOST_IN_DAY, 0), True, False),
        (Pace(0, MOST_OPENED), Pace(0, MOST_OPENED), False, True),
    ],
)
def test_one_person_and_a_crowd_are_kept_within_bounds(short: Pace, day: Pace, too_much: bool, flood: bool):
    pace = ReportPace(short, day)
    assert (pace.is_too_much, pace.is_flood) == (too_much, flood)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (ReportKind.MEMBER, EvidenceKind.REPORT),
        (ReportKind.MODERATOR, EvidenceKind.ASKED),
        (ReportKind.AUTOMOD, EvidenceKind.AUTOMOD),
    ],
)
def test_evidence_tells_what_kind_of_report_it_is_and_never_why_a_member_made_it(
    kind: ReportKind, wanted: EvidenceKind
):
    evidence = evidence_of(a_report(kind=kind, reason="because of mallory"))
    assert evidence.kind is wanted
    assert bool(evidence.name) == (kind is ReportKind.AUTOMOD)
