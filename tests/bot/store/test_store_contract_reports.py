"""What people point at, as every `Store` keeps it."""

from datetime import timedelta

import pytest

from bot.case import Action, CaseState, JobState, Report, ReportKind, Suspected
from bot.ports import Store
from bot.records.reports import Pace
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from tests.bot.store.samples import GUILD, LEASE, START, message, policy, suspected, verdict
from tests.bot.store.steps import claimed, ended, opened, state

ANN, BEN = 501, 502


def asked(policy_id: str = "harassment") -> Suspicion:
    evidence = Evidence(kind=EvidenceKind.REPORT, name="", start=0, end=0, quote="")
    return Suspicion(policy_id=policy_id, evidence=(evidence,))


def pointed(
    message_id: int = 100, text: str = "you loser", policies: tuple[str, ...] = ("harassment",)
) -> Suspected:
    return Suspected(message=message(message_id, text), suspicions=tuple(map(asked, policies)))


def a_report(who: int = ANN, kind: ReportKind = ReportKind.MEMBER, reason: str = "rude") -> Report:
    return Report(kind, who, reason, START)


async def test_a_reported_message_is_a_case_for_people_at_once_and_is_judged(store: Store) -> None:
    reported = await store.report(pointed(), a_report())
    case = await store.case(reported.case_id)
    assert reported.news
    assert case.state is CaseState.OPEN
    assert case.reports == (a_report(),)
    assert [finding.state for finding in case.findings] == [JobState.QUEUED]
    assert (await store.backlog(GUILD)).cases == 1
    assert [owed.id for owed in await store.cards_owed(GUILD, 5)] == [case.id]


async def test_it_stays_open_when_the_judge_sees_nothing_in_it(store: Store) -> None:
    await store.report(pointed(), a_report())
    assert await store.finish(await claimed(store), verdict(False)) is CaseState.OPEN


async def test_without_any_policy_to_ask_it_is_a_case_all_the_same(store: Store) -> None:
    case_id = (await store.report(pointed(policies=()), a_report())).case_id
    assert (await store.case(case_id)).findings == ()
    assert await state(store, case_id) is CaseState.OPEN


async def test_a_person_counts_once_and_others_count_each(store: Store) -> None:
    first = await store.report(pointed(), a_report())
    assert not (await store.report(pointed(), a_report(reason="really rude"))).news
    assert (await store.report(pointed(), a_report(BEN))).news
    assert {each.reporter_id for each in (await store.case(first.case_id)).reports} == {ANN, BEN}
    assert (await store.job_counts())[JobState.QUEUED] == 1


async def test_pointing_at_a_cleared_case_opens_it_and_asks_only_who_was_not_asked(store: Store) -> None:
    await store.keep_policy(GUILD, policy("spam"))
    case_id = await store.record(suspected())
    assert case_id is not None
    assert await store.finish(await claimed(store), verdict(False)) is CaseState.CLEARED
    reported = await store.report(
        Suspected(message=message(), suspicions=(asked("harassment"), asked("spam"))), a_report()
    )
    assert reported.case_id == case_id
    assert await state(store, case_id) is CaseState.OPEN
    assert [(each.policy.id, each.state) for each in (await store.case(case_id)).findings] == [
        ("harassment", JobState.JUDGED),
        ("spam", JobState.QUEUED),
    ]


async def test_a_report_can_be_decided_on_and_what_was_decided_stays(store: Store) -> None:
    case_id = (await store.report(pointed(policies=()), a_report())).case_id
    await ended(store, case_id, Action.DISMISS)
    assert await state(store, case_id) is CaseState.ENFORCED
    await store.report(pointed(policies=()), a_report(BEN))
    assert await state(store, case_id) is CaseState.ENFORCED


async def test_a_report_of_another_text_opens_a_decided_case_again(store: Store) -> None:
    case_id = (await store.report(pointed(policies=()), a_report())).case_id
    await ended(store, case_id, Action.DISMISS)
    again = await store.report(pointed(text="and worse", policies=()), a_report())
    assert again == type(again)(case_id, news=True)
    assert await state(store, case_id) is CaseState.OPEN


async def test_a_random_check_that_finds_nothing_does_not_take_a_reported_case_along(store: Store) -> None:
    evidence = Evidence(kind=EvidenceKind.AUDIT, name="", start=0, end=0, quote="")
    drawn = Suspected(message=message(), suspicions=(Suspicion(policy_id="harassment", evidence=(evidence,)),))
    case_id = await store.record(drawn)
    assert case_id is not None
    await store.report(pointed(policies=()), a_report())
    await store.finish(await claimed(store), verdict(False))
    assert await state(store, case_id) is CaseState.OPEN


async def test_how_much_was_reported_lately_is_counted(store: Store) -> None:
    await store.report(pointed(100), a_report())
    await opened(store, 101)
    await store.report(pointed(101, policies=()), a_report(ANN))
    await store.report(pointed(102), a_report(BEN))
    since = START - timedelta(minutes=1)
    assert await store.report_pace(GUILD, ReportKind.MEMBER, ANN, since) == Pace(by_person=2, opened=2)
    later = START + timedelta(seconds=1)
    assert await store.report_pace(GUILD, ReportKind.MEMBER, ANN, later) == Pace(by_person=0, opened=0)
    assert (await store.report_pace(GUILD, ReportKind.AUTOMOD, ANN, since)).opened == 0


async def test_a_report_is_forgotten_with_its_guild(store: Store) -> None:
    await store.report(pointed(), a_report())
    await store.purge(GUILD)
    assert await store.guilds() == []
    assert (await store.report_pace(GUILD, ReportKind.MEMBER, ANN, START)).by_person == 0


@pytest.mark.parametrize("kind", ReportKind)
async def test_a_lease_can_be_taken_on_a_reported_case(store: Store, kind: ReportKind) -> None:
    await store.report(pointed(), a_report(kind=kind))
    (claim,) = await store.claim(1, LEASE)
    assert [item.kind for item in claim.suspicion.evidence] == [EvidenceKind.REPORT]
