"""Decisions that wait: Discord is away, the process ends, a guild has many, none is carried out twice."""

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from bot.case import Action, CaseState
from bot.outage import BackOff
from bot.ports import Store
from bot.review.decisions import Review
from tests.bot.adapters import GUILD, RememberingDesk
from tests.bot.review.decision_steps import a_review, until_settled
from tests.bot.review.review_adapters import (
    Arm,
    a_decision,
    open_case,
    running,
    until,
    utc_now,
)


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
