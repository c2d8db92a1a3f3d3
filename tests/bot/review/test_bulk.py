"""One decision about many cases: each is checked, decided once and settled, however the process dies."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.case import Action, CaseFile, CaseState, Decision
from bot.ports import DiscordAway, Refused, Store, StoreUnavailable, UnknownCase
from bot.records.reports import Bulk
from bot.review.bulk import BulkWork
from bot.review.decisions import Review, Ruling
from bot.review.outbox import CardOutbox
from bot.review.together import DeletingTogether
from tests.bot.adapters import GUILD, make_message
from tests.bot.review.review_adapters import (
    QUICK_BACK_OFF,
    Arm,
    Killed,
    Life,
    Mortal,
    a_decision,
    open_case,
    running,
    until,
    utc_now,
)

ADA, BOB = 900, 901


@dataclass
class Rules:
    """Who may do what."""

    forbidden: set[int] = field(default_factory=set)
    """Cases."""
    away: int = 0
    away_guilds: set[int] = field(default_factory=set)
    silent: bool = False
    """Discord does not say who may."""
    asked: list[int] = field(default_factory=list)

    async def objection(self, case: CaseFile, moderator_id: int, action: Action) -> str | None:  # noqa: ARG002 - the port's
        self.asked.append(case.id)
        if self.away:
            self.away -= 1
            raise DiscordAway("no network")
        if case.guild_id in self.away_guilds:
            raise DiscordAway("the server is not there")
        if self.silent:
            raise Refused("The bot cannot see this server.")
        return "You may not." if case.id in self.forbidden else None


@dataclass
class Shredder:
    """Deletes many messages at once."""

    requests: list[tuple[int, list[int]]] = field(default_factory=list)
    refusal: Exception | None = None

    async def delete_many(
        self,
        guild_id: int,  # noqa: ARG002 - the port's
        channel_id: int,
        message_ids: Collection[int],
        decision: Decision,  # noqa: ARG002 - the port's
    ) -> None:
        if self.refusal:
            raise self.refusal
        self.requests.append((channel_id, sorted(message_ids)))


@dataclass
class Office:
    """Everything that takes part."""

    store: Store
    outbox: CardOutbox
    arm: Arm
    rules: Rules = field(default_factory=Rules)
    shredder: Shredder = field(default_factory=Shredder)

    def __post_init__(self) -> None:
        self.together = DeletingTogether(self.arm, self.shredder)
        self.review = Review(self.store, self.together, self.outbox, clock=utc_now, back_off=QUICK_BACK_OFF)
        self.work = BulkWork(
            self.store,
            self.review,
            self.rules,
            self.together,
            clock=utc_now,
            rest=timedelta(0),
            back_off=QUICK_BACK_OFF,
        )

    async def finished(self, bulk: Bulk) -> Bulk:
        """Work until the bulk has ended."""
        async with running(self.work.run(), self.review.run()):
            return await self.ended(bulk)

    async def ended(self, bulk: Bulk) -> Bulk:
        found = await self.store.bulk(bulk.id)
        while found is not None and found.waiting:
            await _turn()
            found = await self.store.bulk(bulk.id)
        assert found is not None
        return found


async def _turn() -> None:
    await asyncio.sleep(0.002)


@pytest.fixture
def office(store: Store, outbox: CardOutbox, arm: Arm) -> Office:
    return Office(store, outbox, arm)


async def cases(store: Store, count: int) -> list[int]:
    return [await open_case(store, 100 + number) for number in range(count)]


async def states(store: Store, case_ids: Collection[int]) -> set[CaseState]:
    return {(await store.case(case_id)).state for case_id in case_ids}


async def test_every_case_is_dismissed_by_the_person_who_confirmed(office: Office) -> None:
    ids = await cases(office.store, 5)
    bulk = await office.finished(await office.work.begin(GUILD, ADA, Action.DISMISS, ids))
    assert (bulk.done, bulk.refused, bulk.passed) == (5, 0, 0)
    for case_id in ids:
        decision = (await office.store.case(case_id)).decision
        assert decision is not None
        assert (decision.action, decision.moderator_id) == (Action.DISMISS, ADA)
    assert office.rules.asked == ids


async def test_what_the_person_may_not_do_is_left_and_counted(office: Office) -> None:
    ids = await cases(office.store, 4)
    office.rules.forbidden = {ids[1]}
    bulk = await office.finished(await office.work.begin(GUILD, ADA, Action.DELETE, ids))
    assert (bulk.done, bulk.refused) == (3, 1)
    assert await states(office.store, [ids[1]]) == {CaseState.OPEN}


async def test_what_others_decided_meanwhile_stands(office: Office) -> None:
    ids = await cases(office.store, 3)
    bulk = await office.work.begin(GUILD, ADA, Action.DELETE, ids)
    await office.review.decide(a_decision(ids[0], Action.DISMISS, BOB))
    assert (await office.finished(bulk)).passed == 1
    decision = (await office.store.case(ids[0])).decision
    assert decision is not None
    assert decision.moderator_id == BOB


async def test_messages_of_one_channel_are_deleted_in_one_request(office: Office) -> None:
    ids = await cases(office.store, 6)
    bulk = await office.finished(await office.work.begin(GUILD, ADA, Action.DELETE, ids))
    assert bulk.done == 6
    ((_, deleted),) = office.shredder.requests
    assert deleted == [100, 101, 102, 103, 104, 105]
    assert {again for _, again in office.arm.asked} == {True}  # looked for, not deleted a second time


async def test_one_message_alone_is_deleted_as_ever(office: Office) -> None:
    (case_id,) = await cases(office.store, 1)
    await office.finished(await office.work.begin(GUILD, ADA, Action.DELETE, [case_id]))
    assert office.shredder.requests == []
    assert office.arm.effects == [(case_id, Action.DELETE)]


async def test_when_discord_refuses_the_one_request_each_is_deleted_on_its_own(office: Office) -> None:
    ids = await cases(office.store, 3)
    office.shredder.refusal = Refused("one is too old")
    bulk = await office.finished(await office.work.begin(GUILD, ADA, Action.DELETE, ids))
    assert bulk.done == 3
    assert sorted(office.arm.effects) == [(case_id, Action.DELETE) for case_id in ids]


async def test_an_outage_is_waited_out(office: Office) -> None:
    ids = await cases(office.store, 3)
    office.rules.away = 4
    bulk = await office.finished(await office.work.begin(GUILD, ADA, Action.DISMISS, ids))
    assert bulk.done == 3


async def test_a_server_that_is_away_holds_up_nobody_else(office: Office) -> None:
    (stuck,) = [await open_case(office.store, 500, guild_id=GUILD + 1)]
    ids = await cases(office.store, 3)
    office.rules.away_guilds = {GUILD + 1}
    waits = await office.work.begin(GUILD + 1, ADA, Action.DISMISS, [stuck])
    async with running(office.work.run(), office.review.run()), asyncio.timeout(5):
        assert (await office.ended(await office.work.begin(GUILD, ADA, Action.DISMISS, ids))).done == 3
        assert await states(office.store, [stuck]) == {CaseState.OPEN}
        office.rules.away_guilds = set()
        assert (await office.ended(waits)).done == 1


async def test_where_discord_does_not_say_who_may_nothing_is_done(office: Office) -> None:
    ids = await cases(office.store, 2)
    office.rules.silent = True
    assert (await office.finished(await office.work.begin(GUILD, ADA, Action.DISMISS, ids))).refused == 2
    assert await states(office.store, ids) == {CaseState.OPEN}


async def test_dismissals_are_taken_back_together_and_deletions_are_not(office: Office) -> None:
    ids = await cases(office.store, 3)
    async with running(office.work.run(), office.review.run()):
        dismissed = await office.ended(await office.work.begin(GUILD, ADA, Action.DISMISS, ids))
        undoing = await office.work.take_back(dismissed, ADA)
        assert undoing is not None
        assert (await office.ended(undoing)).done == 3
        assert await states(office.store, ids) == {CaseState.OPEN}
        deleted = await office.ended(await office.work.begin(GUILD, ADA, Action.DELETE, ids))
        assert await office.work.take_back(deleted, ADA) is None


async def test_what_others_decided_after_the_dismissals_is_not_taken_back(office: Office) -> None:
    """Opened again and dismissed once more: by somebody else, and by the same person on its own."""
    ids = await cases(office.store, 3)
    async with running(office.work.run(), office.review.run()):
        dismissed = await office.ended(await office.work.begin(GUILD, ADA, Action.DISMISS, ids))
        for case_id, moderator_id in ((ids[0], BOB), (ids[1], ADA)):
            await office.review.decide(a_decision(case_id, Action.UNDO, BOB))
            await office.review.decide(a_decision(case_id, Action.DISMISS, moderator_id))
        undoing = await office.work.take_back(dismissed, ADA)
        assert undoing is not None
        ended = await office.ended(undoing)
    assert (ended.undoes, ended.done, ended.passed) == (dismissed.id, 1, 2)
    assert await states(office.store, ids[:2]) == {CaseState.ENFORCED}
    assert await states(office.store, ids[2:]) == {CaseState.OPEN}


async def test_what_is_decided_between_the_look_and_the_undo_stands(office: Office) -> None:
    (case_id,) = await cases(office.store, 1)
    async with running(office.work.run(), office.review.run()):
        dismissed = await office.ended(await office.work.begin(GUILD, ADA, Action.DISMISS, [case_id]))
    case = await office.store.case(case_id)
    await office.review.decide(a_decision(case_id, Action.UNDO, BOB))
    await office.review.decide(a_decision(case_id, Action.DISMISS, BOB))
    undo = a_decision(case_id, Action.UNDO, ADA)
    ruling = await office.review.decide(undo, after=case.decision)
    assert (ruling.mine, ruling.standing.moderator_id) == (False, BOB)
    assert dismissed.done == 1
    assert await states(office.store, [case_id]) == {CaseState.ENFORCED}


async def test_an_undo_of_what_stood_does_not_reach_a_case_that_was_opened_again_meanwhile(office: Office) -> None:
    """There it would lift the timeout from before."""
    (case_id,) = await cases(office.store, 1)
    await office.review.decide(a_decision(case_id, Action.TIMEOUT, BOB))
    await office.store.reopen(case_id, BOB, "once more", utc_now())
    await office.review.decide(a_decision(case_id, Action.DISMISS, ADA))
    seen = await office.store.case(case_id)
    await office.store.reopen(case_id, BOB, "and again", utc_now())
    with pytest.raises(UnknownCase):
        await office.review.decide(a_decision(case_id, Action.UNDO, ADA), after=seen.decision)
    assert (case_id, Action.UNDO) not in office.arm.effects


async def test_taking_dismissals_back_lifts_no_timeout_from_before_them(office: Office) -> None:
    ids = await cases(office.store, 2)
    await office.review.decide(a_decision(ids[0], Action.TIMEOUT, BOB))
    await office.store.reopen(ids[0], BOB, "once more", utc_now())
    async with running(office.work.run(), office.review.run()):
        dismissed = await office.ended(await office.work.begin(GUILD, ADA, Action.DISMISS, ids))
        undoing = await office.work.take_back(dismissed, ADA)
        assert undoing is not None
        ended = await office.ended(undoing)
    assert (dismissed.done, ended.done, ended.refused) == (2, 1, 1)
    assert [case_id for case_id, action in office.arm.effects if action is Action.UNDO] == [ids[1]]
    assert await states(office.store, ids[:1]) == {CaseState.ENFORCED}


@dataclass
class Stumbling:
    """A `Review` that comes to grief over one case, while the others are still under way."""

    review: Review
    case_id: int
    error: Exception
    decided: list[int] = field(default_factory=list)

    async def decide(self, decision: Decision, *, after: Decision | None = None) -> Ruling:
        if decision.case_id == self.case_id:
            raise self.error
        await asyncio.sleep(0.02)
        ruling = await self.review.decide(decision, after=after)
        self.decided.append(decision.case_id)
        return ruling


async def test_one_case_that_fails_does_not_lose_what_became_of_the_others(office: Office) -> None:
    ids = await cases(office.store, 4)
    office.work._review = Stumbling(office.review, ids[1], ZeroDivisionError())  # type: ignore[assignment]
    bulk = await office.finished(await office.work.begin(GUILD, ADA, Action.DELETE, ids))
    assert (bulk.done, bulk.refused, bulk.passed) == (3, 1, 0)
    assert await states(office.store, [ids[1]]) == {CaseState.OPEN}


async def test_when_the_store_is_away_for_one_case_the_others_are_ended_first(office: Office) -> None:
    ids = await cases(office.store, 4)
    stumbling = Stumbling(office.review, ids[1], StoreUnavailable("The disk is full."))
    office.work._review = stumbling  # type: ignore[assignment]
    bulk = await office.work.begin(GUILD, ADA, Action.DELETE, ids)
    with pytest.raises(StoreUnavailable):
        await office.work.run()
    assert stumbling.decided == [ids[0], *ids[2:]]
    found = await office.store.bulk(bulk.id)
    assert found is not None
    assert (found.done, found.waiting) == (3, 1)
    office.work._review = office.review
    assert (await office.finished(bulk)).done == 4


async def test_nobody_is_punished_in_passing(office: Office) -> None:
    ids = await cases(office.store, 1)
    with pytest.raises(ValueError, match="case by case"):
        await office.work.begin(GUILD, ADA, Action.BAN, ids)


async def test_wherever_the_process_dies_each_case_is_decided_once(store: Store, outbox: CardOutbox) -> None:
    steps = 0
    for number in range(40):
        ids = [await open_case(store, 1_000 * (number + 1) + each) for each in range(3)]
        bulk = await store.begin_bulk(GUILD, ADA, Action.DELETE, tuple(ids), utc_now())
        arm, life = Arm(), Life(number)
        first = Office(Mortal(store, life), outbox, arm)  # type: ignore[arg-type]
        with suppress(Killed):
            async with running(first.work.run()):
                await until(lambda: life.is_over)  # noqa: B023 - used at once
        assert life.is_over, "it has fewer steps than it should be killed after"
        await life.all_arrived()
        steps = max(steps, life.taken)
        second = Office(store, outbox, arm)
        ended = await second.finished(bulk)
        async with running(second.review.run()):
            await until_settled(store, ids)
        assert (ended.done, ended.refused, ended.passed) == (3, 0, 0), number
        for case_id in ids:
            case = await store.case(case_id)
            assert (case.state, len(case.earlier_decisions)) == (CaseState.ENFORCED, 0), number
            assert arm.effects.count((case_id, Action.DELETE)) <= 1, number
    assert steps >= 40


async def until_settled(store: Store, case_ids: Collection[int]) -> None:
    while await states(store, case_ids) != {CaseState.ENFORCED}:
        await _turn()


async def test_messages_that_are_too_old_are_not_deleted_together(office: Office) -> None:
    old = utc_now() - timedelta(days=20)
    ids = await cases(office.store, 2)
    seen = [await office.store.case(case_id) for case_id in ids]
    assert all(case.message == make_message(100 + index) for index, case in enumerate(seen))
    decision = a_decision(ids[0]).model_copy(update={"decided_at": seen[0].message.created_at + (utc_now() - old)})
    with office.together.expecting(seen):
        deciding = [decision.model_copy(update={"case_id": case.id}) for case in seen]
        await asyncio.gather(
            *(
                office.together.carry_out(case, each, again=False)
                for case, each in zip(seen, deciding, strict=True)
            )
        )
    assert office.shredder.requests == []
