"""What every `Store` must do: which cases owe a card, and what is remembered of the cards there are."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.case import Action, CardPlace, CaseState
from bot.ports import Store, UnknownCase
from tests.bot.store.conftest import Opener
from tests.bot.store.samples import GUILD, LEASE, START, Clock, decision, message, policy, suspected, verdict
from tests.bot.store.steps import claimed, ended, opened, recorded

ROOM, OTHER_ROOM = 800, 801
CARD = 900


async def owed(store: Store, guild_id: int = GUILD) -> list[int]:
    cases = await store.cards_owed(guild_id, 1000)
    assert (guild_id in await store.guilds_owing_cards()) == bool(cases)
    return [case.id for case in cases]


async def show(store: Store, case_id: int, message_id: int = CARD) -> None:
    """Post a card of the case as it is."""
    await store.begin_card(case_id, ROOM)
    await update(store, case_id, message_id)


async def update(store: Store, case_id: int, message_id: int = CARD) -> None:
    await store.card_shown(case_id, (await store.case(case_id)).version, message_id)


async def place(store: Store, case_id: int) -> CardPlace | None:
    return (await store.case(case_id)).card


class TestMissingCards:
    async def test_an_open_case_owes_a_card_until_it_is_shown(self, store: Store) -> None:
        case_id = await opened(store)
        assert await owed(store) == [case_id]
        assert await place(store, case_id) is None
        await show(store, case_id)
        assert await owed(store) == []
        assert await place(store, case_id) == CardPlace(ROOM, START, CARD)

    async def test_a_case_without_a_verdict_or_without_a_violation_owes_nothing(self, store: Store) -> None:
        case_id = await recorded(store)
        assert await owed(store) == []
        claim = await claimed(store)
        await store.note_edit(message(text="edited"))
        assert await owed(store) == []
        await store.finish(claim, verdict(False))
        assert await owed(store) == []
        assert (await store.case(case_id)).state is CaseState.CLEARED

    async def test_an_undecided_case_owes_one_however_it_came_about(self, store: Store, clock: Clock) -> None:
        by_answer = await recorded(store, 100)
        await store.finish(await claimed(store), verdict(None))
        by_failures = await recorded(store, 101)
        for _ in range(5):
            await store.release(await claimed(store), failed=True)
        by_crashes = await recorded(store, 102)
        for _ in range(5):
            await claimed(store)
            clock.pass_by(LEASE)
        assert await store.claim(1, LEASE) == []
        assert await owed(store) == [by_answer, by_failures, by_crashes]

    async def test_what_people_decided_before_a_card_was_begun_owes_none(self, store: Store) -> None:
        case_id = await opened(store)
        await store.decide(decision(case_id))
        assert await owed(store) == []
        await store.settle(case_id, enforced=False, outcome="no permission")
        assert await owed(store) == []

    async def test_a_card_that_was_begun_is_owed_until_it_is_confirmed(self, store: Store) -> None:
        case_id = await opened(store)
        await store.begin_card(case_id, ROOM)
        await ended(store, case_id)
        assert await owed(store) == [case_id]
        assert await place(store, case_id) == CardPlace(ROOM, START, None)
        await update(store, case_id)
        assert await owed(store) == []

    async def test_a_case_may_need_no_card_in_this_version(self, store: Store) -> None:
        case_id = await opened(store)
        await store.card_shown(case_id, (await store.case(case_id)).version, None)
        assert await owed(store) == []
        assert await place(store, case_id) is None
        await recorded(store, text="edited")
        assert await owed(store) == [case_id]

    async def test_a_card_that_hangs_stays_known_when_a_version_needs_none(self, store: Store) -> None:
        case_id = await opened(store)
        await show(store, case_id)
        await store.note_deletion(GUILD, [100], START)
        await store.card_shown(case_id, (await store.case(case_id)).version, None)
        assert await owed(store) == []
        assert await place(store, case_id) == CardPlace(ROOM, START, CARD)

    async def test_an_unknown_case_needs_no_card(self, store: Store) -> None:
        for unknown in (12345, 0, -1, 2**63):
            with pytest.raises(UnknownCase, match=str(unknown)):
                await store.begin_card(unknown, ROOM)
        await store.card_shown(12345, 1, CARD)
        await store.forget_card(12345)


async def a_new_revision(store: Store, case_id: int) -> None:
    await recorded(store, text="edited")


async def an_edit(store: Store, case_id: int) -> None:
    await store.note_edit(message(text="edited"))


async def a_deletion(store: Store, case_id: int) -> None:
    await store.note_deletion(GUILD, [100], START)


async def a_decision(store: Store, case_id: int) -> None:
    await store.decide(decision(case_id))


async def a_second_verdict(store: Store, case_id: int) -> None:
    await store.finish(await claimed(store), verdict(False))


async def a_fifth_failure(store: Store, case_id: int) -> None:
    for _ in range(5):
        await store.release(await claimed(store), failed=True)


class TestCardsOutOfDate:
    @pytest.mark.parametrize(
        "something",
        [a_new_revision, an_edit, a_deletion, a_decision, a_second_verdict, a_fifth_failure],
    )
    async def test_whatever_a_card_shows_makes_it_out_of_date(
        self, store: Store, something: Callable[[Store, int], Awaitable[None]]
    ) -> None:
        case_id = await self.two_policies_one_verdict(store)
        await show(store, case_id)
        before = (await store.case(case_id)).version
        await something(store, case_id)
        assert (await store.case(case_id)).version > before
        assert await owed(store) == [case_id]
        await update(store, case_id)
        assert await owed(store) == []

    async def two_policies_one_verdict(self, store: Store) -> int:
        await store.keep_policy(GUILD, policy("spam"))
        case_id = await store.record(suspected(policies=("harassment", "spam")))
        assert case_id is not None
        await store.finish(await claimed(store), verdict(True))
        return case_id

    async def test_settling_makes_it_out_of_date(self, store: Store) -> None:
        case_id = await opened(store)
        await store.decide(decision(case_id))
        await show(store, case_id)
        await store.settle(case_id, enforced=True, outcome="deleted")
        assert await owed(store) == [case_id]

    async def test_a_job_that_ends_five_workers_makes_it_out_of_date(self, store: Store, clock: Clock) -> None:
        case_id = await self.two_policies_one_verdict(store)
        for _ in range(5):
            await claimed(store)
            clock.pass_by(LEASE)
        await show(store, case_id)
        assert await store.claim(1, LEASE) == []
        assert await owed(store) == [case_id]

    async def test_leases_do_not(self, store: Store, clock: Clock) -> None:
        case_id = await self.two_policies_one_verdict(store)
        await show(store, case_id)
        claim = await claimed(store)
        (claim,) = await store.renew([claim], LEASE)
        await store.release(claim, failed=True)
        await claimed(store)
        clock.pass_by(LEASE)
        await store.release(await claimed(store), failed=False)
        assert await owed(store) == []

    async def test_nothing_new_leaves_it_up_to_date(self, store: Store) -> None:
        case_id = await opened(store)
        await show(store, case_id)
        await store.record(suspected())
        await store.note_edit(message())
        await store.note_deletion(GUILD, [101], START)
        await store.settle(case_id, enforced=True, outcome="too early")
        assert await owed(store) == []

    async def test_a_case_with_a_card_that_waits_again_owes_an_update(self, store: Store) -> None:
        case_id = await recorded(store)
        await show(store, case_id)
        await store.finish(await claimed(store), verdict(False))
        assert await owed(store) == [case_id]
        await update(store, case_id)
        await recorded(store, text="edited")
        assert (await store.case(case_id)).state is CaseState.QUEUED
        assert await owed(store) == [case_id]

    async def test_what_changed_while_it_was_shown_is_still_owed(self, store: Store) -> None:
        case_id = await opened(store)
        await store.begin_card(case_id, ROOM)
        shown = await store.case(case_id)
        await store.note_edit(message(text="edited"))
        await store.card_shown(case_id, shown.version, CARD)
        assert await owed(store) == [case_id]
        assert await place(store, case_id) == CardPlace(ROOM, START, CARD)

    async def test_a_late_confirmation_does_not_make_a_card_out_of_date_again(self, store: Store) -> None:
        case_id = await opened(store)
        await show(store, case_id)
        await store.card_shown(case_id, 0, CARD)
        assert await owed(store) == []

    async def test_a_version_that_does_not_exist_yet_hides_nothing(self, store: Store) -> None:
        case_id = await opened(store)
        await store.begin_card(case_id, ROOM)
        await store.card_shown(case_id, 1000, CARD)
        assert await owed(store) == []
        await store.decide(decision(case_id))
        assert await owed(store) == [case_id]


class TestOrder:
    async def test_cards_out_of_date_come_before_missing_ones_and_old_before_new(self, store: Store) -> None:
        ids = [await opened(store, 100 + number) for number in range(6)]
        await store.begin_card(ids[0], ROOM)
        for shown in (3, 5, 4):
            await show(store, ids[shown])
        await store.decide(decision(ids[5]))
        await store.decide(decision(ids[3]))
        assert await owed(store) == [ids[3], ids[5], ids[0], ids[1], ids[2]]
        assert [case.id for case in await store.cards_owed(GUILD, 3)] == [ids[3], ids[5], ids[0]]
        assert await store.cards_owed(GUILD, 0) == []
        with pytest.raises(ValueError, match="-1"):
            await store.cards_owed(GUILD, -1)

    async def test_guilds_owe_their_own_cards(self, store: Store) -> None:
        mine = await opened(store)
        for guild in (9, 8, 6):
            await store.keep_policy(guild, policy())
            await store.record(suspected(guild_id=guild))
        for claim in await store.claim(2, LEASE):
            await store.finish(claim, verdict(True))
        assert await store.guilds_owing_cards() == [GUILD, 8, 9]
        assert await owed(store) == [mine]
        assert await owed(store, 6) == []

    async def test_what_is_owed_can_be_worked_off(self, store: Store) -> None:
        await asyncio.gather(*(store.record(suspected(number)) for number in range(1, 61)))
        for claim in await store.claim(60, LEASE):
            await store.finish(claim, verdict(True))
        seen = []
        while cases := await store.cards_owed(GUILD, 7):
            for case in cases:
                await show(store, case.id, 1000 + case.id)
                seen.append(case.message.id)
        assert seen == list(range(1, 61))


class TestPlaces:
    async def test_a_card_that_is_begun_again_is_looked_for_from_its_first_try_on(
        self, store: Store, clock: Clock
    ) -> None:
        case_id = await opened(store)
        await store.begin_card(case_id, ROOM)
        clock.pass_by(timedelta(minutes=1))
        await store.begin_card(case_id, ROOM)
        assert await place(store, case_id) == CardPlace(ROOM, START, None)
        await store.begin_card(case_id, OTHER_ROOM)
        assert await place(store, case_id) == CardPlace(OTHER_ROOM, clock.now, None)

    async def test_a_confirmed_card_that_is_begun_anew_is_owed(self, store: Store, clock: Clock) -> None:
        case_id = await opened(store)
        await show(store, case_id)
        clock.pass_by(timedelta(minutes=1))
        await store.begin_card(case_id, ROOM)
        assert await place(store, case_id) == CardPlace(ROOM, clock.now, None)
        assert await owed(store) == [case_id]

    async def test_an_open_case_whose_card_was_removed_owes_a_new_one(self, store: Store) -> None:
        case_id = await opened(store)
        await show(store, case_id)
        await store.forget_card(case_id)
        assert await owed(store) == [case_id]
        assert await place(store, case_id) is None

    @pytest.mark.parametrize("enforced", [True, False])
    async def test_a_decided_case_whose_card_was_removed_owes_none(self, store: Store, enforced: bool) -> None:
        case_id = await opened(store)
        await show(store, case_id)
        await ended(store, case_id, Action.DISMISS, enforced=enforced)
        await store.forget_card(case_id)
        assert await owed(store) == []
        await recorded(store, text="edited")
        await store.finish(await claimed(store), verdict(True))
        assert await owed(store) == [case_id], "it was opened again"

    async def test_a_card_that_people_removed_can_be_left_away(self, store: Store) -> None:
        case_id = await opened(store)
        await show(store, case_id)
        await store.forget_card(case_id)
        await store.card_shown(case_id, (await store.case(case_id)).version, None)
        assert await owed(store) == []

    async def test_a_card_that_was_never_begun_has_no_place(self, store: Store) -> None:
        case_id = await opened(store)
        await update(store, case_id)
        assert await place(store, case_id) is None
        assert await owed(store) == [case_id]

    async def test_places_and_debts_are_there_after_a_restart(self, opener: Opener) -> None:
        async with opener() as store:
            await store.keep_policy(GUILD, policy())
            ids = [await opened(store, 100 + number) for number in range(3)]
            await store.begin_card(ids[0], ROOM)
            await show(store, ids[1])
            before = [await store.case(case_id) for case_id in ids]
        async with opener() as store:
            assert [await store.case(case_id) for case_id in ids] == before
            assert await owed(store) == [ids[0], ids[2]]
