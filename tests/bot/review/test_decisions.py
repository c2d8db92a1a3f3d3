import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.case import Action, CaseFile, CaseState, Finding
from bot.language import Language, speaking
from bot.outage import BackOff
from bot.ports import Gone, Refused, Store, StoreUnavailable, UnknownCase
from bot.review.decisions import DEFECT, Review
from bot.review.offers import USUAL_TIMEOUT, timeout_for
from policies.policy import Mode, Policy, Rule, Severity
from tests.bot.adapters import GUILD, RememberingDesk, make_policy, make_verdict
from tests.bot.review.review_adapters import (
    QUICK_BACK_OFF,
    Arm,
    a_decision,
    open_case,
    running,
    until,
    utc_now,
)


@pytest.fixture
def shown() -> RememberingDesk:
    return RememberingDesk()


@pytest.fixture
def review(store: Store, arm: Arm, shown: RememberingDesk) -> Review:
    return a_review(store, arm, shown)


def a_review(store: Store, arm: Arm, shown: RememberingDesk | None = None, width: int = 4) -> Review:
    return Review(store, arm, shown or RememberingDesk(), clock=utc_now, back_off=QUICK_BACK_OFF, width=width)


async def until_settled(store: Store, *case_ids: int) -> None:
    async with asyncio.timeout(5):
        for case_id in case_ids:
            while (await store.case(case_id)).state is CaseState.DECIDED:  # noqa: ASYNC110 - looked at from outside
                await asyncio.sleep(0.001)


async def test_a_decision_is_stored_then_carried_out_then_shown(
    store: Store, arm: Arm, review: Review, shown: RememberingDesk
) -> None:
    case_id = await open_case(store)
    ruling = await review.decide(a_decision(case_id))
    assert (ruling.mine, ruling.standing) == (True, a_decision(case_id))
    assert (ruling.case.state, ruling.case.outcome) == (CaseState.ENFORCED, "Deleted.")
    assert ruling.case == await store.case(case_id) == shown.shown[-1]
    assert arm.asked == [(case_id, False)]


async def test_a_decision_is_in_the_store_before_anything_is_done(store: Store, arm: Arm, review: Review) -> None:
    arm.gate = asyncio.Event()
    case_id = await open_case(store)
    deciding = asyncio.create_task(review.decide(a_decision(case_id)))
    await until(lambda: arm.asked)
    assert (await store.case(case_id)).state is CaseState.DECIDED
    arm.gate.set()
    await deciding


async def test_a_dismissal_asks_nobody(store: Store, arm: Arm, review: Review) -> None:
    case_id = await open_case(store)
    ruling = await review.decide(a_decision(case_id, Action.DISMISS))
    assert (ruling.case.state, ruling.case.outcome) == (CaseState.ENFORCED, "Dismissed.")
    assert arm.asked == []


async def test_the_second_click_gets_the_standing_decision_and_does_nothing(
    store: Store, arm: Arm, review: Review
) -> None:
    case_id = await open_case(store)
    await review.decide(a_decision(case_id))
    ruling = await review.decide(a_decision(case_id, Action.DISMISS, moderator_id=501))
    assert (ruling.mine, ruling.standing.moderator_id) == (False, 500)
    assert ruling.case.state is CaseState.ENFORCED
    assert len(arm.asked) == 1


async def test_of_many_clicks_at_once_one_stands_and_one_is_carried_out(
    store: Store, arm: Arm, review: Review
) -> None:
    case_id = await open_case(store)
    clicks = [a_decision(case_id, moderator_id=number) for number in range(500, 520)]
    async with running(review.run()):
        rulings = await asyncio.gather(*map(review.decide, clicks))
    assert sum(ruling.mine for ruling in rulings) == 1
    assert len({ruling.standing for ruling in rulings}) == 1
    assert arm.effects == [(case_id, Action.DELETE)]


async def test_after_a_timeout_the_message_may_still_be_deleted(store: Store, arm: Arm, review: Review) -> None:
    case_id = await open_case(store)
    assert (await review.decide(a_decision(case_id, Action.TIMEOUT))).mine
    assert (await review.decide(a_decision(case_id, Action.DELETE))).mine
    assert arm.asked == [(case_id, False), (case_id, False)]
    assert [action for _, action in arm.effects] == [Action.TIMEOUT, Action.DELETE]


@pytest.mark.parametrize("refusal", [Refused("The bot may not do this."), Gone("The author has left.")])
async def test_what_discord_refuses_has_failed_and_can_be_decided_again(
    store: Store, arm: Arm, review: Review, refusal: Refused
) -> None:
    arm.refusal = refusal
    case_id = await open_case(store)
    ruling = await review.decide(a_decision(case_id))
    assert (ruling.case.state, ruling.case.outcome) == (CaseState.FAILED, str(refusal))
    arm.refusal = None
    assert (await review.decide(a_decision(case_id))).case.state is CaseState.ENFORCED


async def test_a_defect_fails_the_decision_once_and_tells_people_to_look(
    store: Store, arm: Arm, review: Review
) -> None:
    arm.broken = True
    case_id = await open_case(store)
    with capture_logs() as logs, speaking(Language.GERMAN):  # of whoever pressed
        async with running(review.run()):
            ruling = await review.decide(a_decision(case_id))
            await asyncio.sleep(0.02)
    assert ruling.case.state is CaseState.FAILED
    assert ruling.case.outcome == DEFECT, "others read it, in their own languages"
    assert len(arm.asked) == 1
    assert [log["error"] for log in logs] == ["ZeroDivisionError"]


async def test_while_discord_is_away_a_decision_waits_visibly_and_is_then_carried_out_once(
    store: Store, arm: Arm, review: Review, shown: RememberingDesk
) -> None:
    arm.away = 10**6
    case_id = await open_case(store)
    with capture_logs() as logs:
        async with running(review.run()):
            ruling = await review.decide(a_decision(case_id))
            assert (ruling.mine, ruling.case.state) == (True, CaseState.DECIDED)
            assert [case.state for case in shown.shown] == [CaseState.DECIDED]
            await until(lambda: len(arm.asked) > 5)
            assert review.waiting == 1
            assert (review.problem(GUILD) or "").startswith("1 decision waits to be carried out: Discord has")
            arm.away = 0
            await until_settled(store, case_id)
            await until(lambda: shown.shown[-1].state is CaseState.ENFORCED)
    assert arm.effects == [(case_id, Action.DELETE)]
    assert [again for _, again in arm.asked] == [False] + [True] * (len(arm.asked) - 1)
    assert (review.waiting, review.problem(GUILD)) == (0, None)
    assert len(logs) == 2


async def test_an_action_whose_answer_was_lost_is_not_repeated(store: Store, arm: Arm, review: Review) -> None:
    arm.lost_answers = 1
    case_id = await open_case(store)
    async with running(review.run()):
        await review.decide(a_decision(case_id, Action.TIMEOUT))
        await until_settled(store, case_id)
    assert arm.effects == [(case_id, Action.TIMEOUT)]
    assert (await store.case(case_id)).outcome == "It was done already."


async def test_what_an_earlier_process_left_decided_is_looked_after_at_the_start(store: Store, arm: Arm) -> None:
    cases = [await open_case(store, number) for number in range(100, 104)]
    for case_id in cases[:3]:
        await store.decide(a_decision(case_id))
    arm.effects.append((cases[0], Action.DELETE))  # it got that far
    async with running(a_review(store, arm).run()):
        await until_settled(store, *cases)
    assert sorted(arm.effects) == [(case_id, Action.DELETE) for case_id in cases[:3]]
    assert all(again for _, again in arm.asked)
    assert (await store.case(cases[3])).state is CaseState.OPEN


async def test_a_caller_that_is_cancelled_does_not_stop_what_was_begun(
    store: Store, arm: Arm, review: Review
) -> None:
    arm.gate = asyncio.Event()
    case_id = await open_case(store)
    deciding = asyncio.create_task(review.decide(a_decision(case_id)))
    await until(lambda: arm.asked)
    deciding.cancel()
    await asyncio.gather(deciding, return_exceptions=True)
    arm.gate.set()
    await until_settled(store, case_id)
    assert arm.effects == [(case_id, Action.DELETE)]


async def test_a_stop_leaves_the_decision_to_the_next_start(store: Store, arm: Arm, review: Review) -> None:
    arm.gate = asyncio.Event()
    case_id = await open_case(store)
    async with running(review.run()):
        deciding = asyncio.create_task(review.decide(a_decision(case_id)))
        await until(lambda: arm.asked)
    await asyncio.wait([deciding], timeout=1)
    assert deciding.cancelled()
    arm.gate.set()
    assert (await store.case(case_id)).state is CaseState.DECIDED
    async with running(a_review(store, arm).run()):
        await until_settled(store, case_id)
    assert arm.asked == [(case_id, False), (case_id, True)]
    assert len(arm.effects) == 1


async def test_two_tasks_never_carry_out_one_decision_at_once(store: Store, arm: Arm, review: Review) -> None:
    arm.gate = asyncio.Event()
    case_id = await open_case(store)
    deciding = asyncio.create_task(review.decide(a_decision(case_id)))
    await until(lambda: arm.asked)
    async with running(review.run()):  # finds the decided case at its start
        await until(lambda: review.waiting)
        await asyncio.sleep(0.02)
        arm.gate.set()
        await deciding
        await until(lambda: not review.waiting)
        await asyncio.sleep(0.05)
    assert arm.most_busy == 1
    assert len(arm.asked) == 1


async def test_a_guild_with_many_waiting_decisions_gives_way_to_another(store: Store, arm: Arm) -> None:
    busy = [await open_case(store, number, guild_id=7) for number in range(100, 110)]
    quiet = await open_case(store, 200, guild_id=8)
    for case_id in [*busy, quiet]:
        await store.decide(a_decision(case_id))
    async with running(a_review(store, arm, width=1).run()):
        await until_settled(store, *busy, quiet)
    assert [case_id for case_id, _ in arm.asked].index(quiet) <= 1
    assert len(arm.asked) == 11


async def test_never_more_guilds_than_the_width_are_tried_again_at_once(store: Store, arm: Arm) -> None:
    for guild_id in range(1, 7):
        await store.decide(a_decision(await open_case(store, guild_id, guild_id=guild_id)))
    arm.gate = asyncio.Event()
    review = a_review(store, arm, width=2)
    async with running(review.run()):
        await until(lambda: arm.busy == 2)
        await asyncio.sleep(0.02)
        assert arm.most_busy == 2
        arm.gate.set()
        await until(lambda: not review.waiting)


async def test_many_clicks_in_one_outage_all_wait_and_are_all_carried_out(
    store: Store, arm: Arm, review: Review
) -> None:
    arm.away = 30
    cases = [await open_case(store, number) for number in range(100, 112)]
    async with running(review.run()):
        rulings = await asyncio.gather(*(review.decide(a_decision(case_id)) for case_id in cases))
        assert all(ruling.mine for ruling in rulings)
        await until_settled(store, *cases)
    assert sorted(arm.effects) == [(case_id, Action.DELETE) for case_id in cases]


async def test_many_clicks_in_one_outage_do_not_prolong_it(store: Store, arm: Arm) -> None:
    cases = [await open_case(store, number) for number in range(100, 112)]
    arm.away = len(cases) + 2
    slow = BackOff(first=timedelta(milliseconds=10), longest=timedelta(hours=1))
    review = Review(store, arm, RememberingDesk(), clock=utc_now, back_off=slow)
    async with running(review.run()):
        await asyncio.gather(*(review.decide(a_decision(case_id)) for case_id in cases))
        await until_settled(store, *cases)
    assert arm.away == 0
    assert sorted(arm.effects) == [(case_id, Action.DELETE) for case_id in cases]


async def test_one_decision_that_never_gets_through_holds_up_no_other(
    store: Store, arm: Arm, review: Review
) -> None:
    cases = [await open_case(store, number) for number in range(100, 104)]
    for case_id in cases:
        await store.decide(a_decision(case_id))
    arm.away_cases = {cases[0]}
    async with running(review.run()):
        await until_settled(store, *cases[1:])
        await until(lambda: review.waiting == 1)
    assert sorted(arm.effects) == [(case_id, Action.DELETE) for case_id in cases[1:]]


async def test_after_an_outage_that_a_purge_ended_the_next_one_is_waited_out_too(
    store: Store, arm: Arm, review: Review
) -> None:
    arm.away = 10**6
    async with running(review.run()):
        await review.decide(a_decision(await open_case(store, 100)))
        await store.purge(GUILD)
        await until(lambda: not review.waiting)
        arm.away = 1
        case_id = await open_case(store, 101)
        await review.decide(a_decision(case_id))
        await until_settled(store, case_id)
    assert arm.effects == [(case_id, Action.DELETE)]


async def test_a_purged_case_waits_no_longer(store: Store, arm: Arm, review: Review) -> None:
    arm.away = 10**6
    case_id = await open_case(store)
    async with running(review.run()):
        await review.decide(a_decision(case_id))
        await store.purge(GUILD)
        await until(lambda: not review.waiting)
    assert review.problem(GUILD) is None


async def test_an_unknown_case_is_said_to_be_unknown(review: Review) -> None:
    with pytest.raises(UnknownCase):
        await review.decide(a_decision(12345))


class FailingStore:
    """Fails the next calls of one name, before or after they were done."""

    def __init__(self, store: Store, name: str, times: int, *, skip: int = 0) -> None:
        self._store, self._name, self.times, self._skip = store, name, times, skip

    def __getattr__(self, name: str) -> object:
        if name == self._name and self.times:
            self._skip -= 1
            if self._skip < 0:
                self.times -= 1
                return self._cases if name == "cases" else self._fail
        return getattr(self._store, name)

    async def _fail(self, *_: object, **__: object) -> None:
        raise StoreUnavailable("The disk is full. Make room.")

    async def _cases(self, *_: object) -> AsyncIterator[object]:
        raise StoreUnavailable("The disk is full. Make room.")
        yield


async def test_a_decision_that_cannot_be_stored_does_nothing(store: Store, arm: Arm) -> None:
    case_id = await open_case(store)
    failing = FailingStore(store, "decide", 1)
    with pytest.raises(StoreUnavailable):
        await a_review(failing, arm).decide(a_decision(case_id))  # type: ignore[arg-type] # stands in for the store
    assert arm.asked == []
    assert (await store.case(case_id)).state is CaseState.OPEN


@pytest.mark.parametrize(
    ("call", "skip"), [("settle", 0), ("case", 1), ("case", 2), ("cases", 0)], ids=lambda value: str(value)
)
async def test_a_memory_that_fails_after_the_decision_delays_it_and_repeats_nothing(
    store: Store, arm: Arm, call: str, skip: int
) -> None:
    case_id, earlier = await open_case(store, 100), await open_case(store, 101)
    await store.decide(a_decision(earlier))
    failing = FailingStore(store, call, 2, skip=skip)
    review = a_review(failing, arm)  # type: ignore[arg-type] # stands in for the store
    ruling = await review.decide(a_decision(case_id))
    assert ruling.mine
    async with running(review.run()):
        await until_settled(store, case_id, earlier)
        await until(lambda: not review.waiting)
    assert sorted(arm.effects) == [(case_id, Action.DELETE), (earlier, Action.DELETE)]


def found(case: CaseFile, policy: Policy, *rule_ids: str, violation: bool | None = True) -> Finding:
    """The case's finding, as if it had been made under this policy."""
    verdict = make_verdict(policy, violation=violation, rule_ids=rule_ids)
    return replace(case.findings[0], policy=policy, verdict=verdict)


def a_policy(*rules: tuple[str, Severity, tuple[str, ...]], mode: Mode = Mode.LIVE) -> Policy:
    made = tuple(
        Rule(id=rule_id, text="Do not.", severity=severity, suggest=suggest)
        for rule_id, severity, suggest in rules
    )
    return make_policy(mode=mode).model_copy(update={"rules": made})


GRADED = (
    ("L", Severity.LOW, ("timeout 1d",)),
    ("M", Severity.MEDIUM, ("delete", "timeout 10m")),
    ("N", Severity.MEDIUM, ("timeout 2h",)),
    ("C", Severity.CRITICAL, ("delete", "ban")),
)


@pytest.mark.parametrize(
    ("cited", "length"),
    [
        ((), USUAL_TIMEOUT),
        (("C",), USUAL_TIMEOUT),
        (("L",), timedelta(days=1)),
        (("L", "M"), timedelta(minutes=10)),
        (("M", "N"), timedelta(hours=2)),
        (("C", "L"), timedelta(days=1)),
    ],
)
async def test_the_gravest_cited_rule_that_suggests_a_timeout_says_how_long(
    store: Store, cited: tuple[str, ...], length: timedelta
) -> None:
    case = await store.case(await open_case(store))
    assert timeout_for(replace(case, findings=(found(case, a_policy(*GRADED), *cited),))) == length


async def test_shadow_policies_and_findings_without_violation_suggest_no_timeout(store: Store) -> None:
    case = await store.case(await open_case(store))
    shadow = found(case, a_policy(*GRADED, mode=Mode.SHADOW), "L")
    cleared = found(case, a_policy(*GRADED), "L", violation=False)
    waiting = replace(cleared, verdict=None)
    assert timeout_for(replace(case, findings=(shadow, cleared, waiting))) == USUAL_TIMEOUT
