import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from bot.case import Action, CaseState
from bot.language import Language, speaking
from bot.ports import Gone, Refused, Store, StoreUnavailable, UnknownCase
from bot.review.decisions import DEFECT, Review
from tests.bot.adapters import RememberingDesk
from tests.bot.review.decision_steps import a_review, until_settled
from tests.bot.review.review_adapters import (
    Arm,
    a_decision,
    open_case,
    running,
    until,
)


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
