"""What every `Store` must do: claims, escalations, the list of what happened, and what is taken back."""

from datetime import timedelta

import pytest

from bot.case import Action, CaseState, Holder
from bot.ports import Store, UnknownCase
from bot.records.events import CaseEvent, EventKind
from tests.bot.store.conftest import Opener
from tests.bot.store.samples import GUILD, START, decision, policy, verdict
from tests.bot.store.steps import claimed, ended, opened, recorded, state

ADA, BOB = 901, 902
LATER = START + timedelta(minutes=5)
UNKNOWN = (12345, 0, -1, 2**63, 10**30)


class TestClaims:
    async def test_whoever_takes_a_case_on_holds_it(self, store: Store) -> None:
        case_id = await opened(store)
        assert (await store.case(case_id)).holder is None
        assert await store.take_on(case_id, ADA, START) == Holder(ADA, START)
        assert (await store.case(case_id)).holder == Holder(ADA, START)

    async def test_claiming_twice_changes_nothing_and_somebody_else_takes_over(self, store: Store) -> None:
        case_id = await opened(store)
        await store.take_on(case_id, ADA, START)
        version = (await store.case(case_id)).version
        assert await store.take_on(case_id, ADA, LATER) == Holder(ADA, START)
        assert (await store.case(case_id)).version == version
        assert await store.take_on(case_id, BOB, LATER) == Holder(BOB, LATER)
        assert (await store.case(case_id)).version == version + 1
        kinds = [(event.kind, event.actor_id) for event in await store.events(case_id)]
        assert kinds == [(EventKind.CLAIM, ADA), (EventKind.CLAIM, BOB)]

    async def test_a_case_that_was_let_go_is_nobodys(self, store: Store) -> None:
        case_id = await opened(store)
        assert not await store.let_go(case_id, ADA, START)
        await store.take_on(case_id, ADA, START)
        assert await store.let_go(case_id, BOB, LATER)
        assert (await store.case(case_id)).holder is None
        assert [event.kind for event in await store.events(case_id)] == [EventKind.CLAIM, EventKind.RELEASE]

    async def test_a_case_that_nobody_knows_is_held_by_nobody(self, store: Store) -> None:
        for unknown in UNKNOWN:
            with pytest.raises(UnknownCase):
                await store.take_on(unknown, ADA, START)
            with pytest.raises(UnknownCase):
                await store.escalate(unknown, ADA, START)
            assert not await store.let_go(unknown, ADA, START)
            assert not await store.calm(unknown, ADA, START)


class TestEscalations:
    async def test_the_first_one_stands_until_it_is_taken_back(self, store: Store) -> None:
        case_id = await opened(store)
        assert await store.escalate(case_id, ADA, START)
        assert not await store.escalate(case_id, BOB, LATER)
        assert (await store.case(case_id)).escalated == Holder(ADA, START)
        assert await store.calm(case_id, ADA, LATER)
        assert not await store.calm(case_id, ADA, LATER)
        assert (await store.case(case_id)).escalated is None

    async def test_cards_hear_of_claims_and_escalations(self, store: Store) -> None:
        case_id = await opened(store)
        await store.begin_card(case_id, 70)
        await store.card_shown(case_id, (await store.case(case_id)).version, 700)
        for change in (store.take_on, store.let_go, store.escalate, store.calm):
            await change(case_id, ADA, START)
            (owed,) = await store.cards_owed(GUILD, 10)
            await store.card_shown(case_id, owed.version, 700)


class TestEvents:
    async def test_they_are_kept_in_order_with_all_that_is_known(self, opener: Opener) -> None:
        async with opener() as store:
            await store.keep_policy(GUILD, policy())
            case_id = await opened(store)
            noted = [
                CaseEvent(case_id, LATER, EventKind.NOTE, ADA, "half a pair \ud83d is mended"),
                CaseEvent(case_id, START, EventKind.NOTICE_FAILED, None, "They take no messages."),
            ]
            for event in noted:
                await store.add_event(event)
        async with opener() as store:
            first, second = await store.events(case_id)
        assert (first.at, first.kind, first.actor_id) == (LATER, EventKind.NOTE, ADA)
        assert first.text == "half a pair \ufffd is mended"
        assert second == noted[1]

    async def test_a_case_that_nobody_knows_has_none(self, store: Store) -> None:
        for unknown in UNKNOWN:
            assert await store.events(unknown) == []
            with pytest.raises(UnknownCase):
                await store.add_event(CaseEvent(unknown, START, EventKind.NOTE, ADA, "lost"))

    async def test_they_go_with_their_case(self, store: Store) -> None:
        case_id = await opened(store)
        await store.take_on(case_id, ADA, START)
        await store.purge(GUILD)
        assert await store.events(case_id) == []


class TestTakingBack:
    @pytest.mark.parametrize("action", [action for action in Action if action is not Action.UNDO])
    async def test_an_undo_opens_the_case_again_with_what_was_decided(self, store: Store, action: Action) -> None:
        case_id = await opened(store)
        await ended(store, case_id, action)
        undo = decision(case_id, ADA, Action.UNDO)
        assert await store.decide(undo) == (undo, True)
        before = await store.case(case_id)
        assert (before.state, before.decision) == (CaseState.DECIDED, undo)
        assert [made.action for made in before.answers] == [action]
        assert await store.settle(case_id, enforced=True, outcome="lifted")
        after = await store.case(case_id)
        assert (after.state, after.decision, after.answers) == (CaseState.OPEN, None, ())
        assert [made.action for made in after.earlier_decisions] == [action, Action.UNDO]

    async def test_there_is_nothing_to_undo_in_an_open_case(self, store: Store) -> None:
        case_id = await opened(store)
        with pytest.raises(UnknownCase):
            await store.decide(decision(case_id, ADA, Action.UNDO))
        await ended(store, case_id)
        await ended(store, case_id, Action.UNDO)
        with pytest.raises(UnknownCase):
            await store.decide(decision(case_id, ADA, Action.UNDO))

    async def test_what_was_done_before_an_edit_can_be_taken_back_while_the_edit_waits(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.TIMEOUT)
        await recorded(store, text="edited")
        assert await store.finish(await claimed(store), verdict(True)) is CaseState.OPEN
        await ended(store, case_id, Action.UNDO)
        case = await store.case(case_id)
        assert (case.state, case.answers) == (CaseState.OPEN, ())
        await ended(store, case_id, Action.DELETE)
        assert await state(store, case_id) is CaseState.ENFORCED

    async def test_an_undo_that_failed_leaves_the_decision_and_may_be_tried_again(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.TIMEOUT)
        await ended(store, case_id, Action.UNDO, enforced=False)
        case = await store.case(case_id)
        assert case.state is CaseState.FAILED
        assert [made.action for made in case.answers] == [Action.TIMEOUT]
        await ended(store, case_id, Action.UNDO)
        assert await state(store, case_id) is CaseState.OPEN

    async def test_what_is_decided_after_an_undo_is_undone_alone(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.TIMEOUT)
        await ended(store, case_id, Action.UNDO)
        await ended(store, case_id, Action.BAN)
        assert await state(store, case_id) is CaseState.ENFORCED
        assert [made.action for made in (await store.case(case_id)).answers] == [Action.BAN]

    async def test_an_undo_leaves_what_was_decided_on_an_older_revision(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.TIMEOUT)
        await recorded(store, text="edited")
        assert await store.finish(await claimed(store), verdict(True)) is CaseState.OPEN
        await ended(store, case_id, Action.DISMISS)
        assert [made.action for made in (await store.case(case_id)).answers] == [Action.DISMISS]
        await ended(store, case_id, Action.UNDO)
        assert await state(store, case_id) is CaseState.OPEN
        await ended(store, case_id, Action.DELETE)
        assert await state(store, case_id) is CaseState.ENFORCED

    async def test_what_failed_is_not_taken_back_unless_half_of_it_may_have_been_done(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.KICK, enforced=False)
        both = decision(case_id, action=Action.BAN).model_copy(update={"also_delete": True})
        await store.decide(both)
        await store.settle(case_id, enforced=False, outcome="deleted, not banned")
        assert (await store.case(case_id)).answers == (both,)

    async def test_several_decisions_on_one_revision_are_taken_back_together(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.TIMEOUT)
        await ended(store, case_id, Action.DELETE)
        assert [made.action for made in (await store.case(case_id)).answers] == [Action.TIMEOUT, Action.DELETE]
        await ended(store, case_id, Action.UNDO)
        assert (await store.case(case_id)).answers == ()

    async def test_an_authors_record_does_not_count_what_was_taken_back(self, store: Store) -> None:
        first, second = await opened(store, 100), await opened(store, 101)
        await ended(store, first, Action.DELETE)
        assert (await store.case(second)).author_record.acted_on == 1
        await ended(store, first, Action.UNDO)
        record = (await store.case(second)).author_record
        assert (record.cases, record.acted_on, record.dismissed) == (1, 0, 0)


class TestWhatADecisionDeletes:
    async def test_it_is_kept(self, store: Store) -> None:
        case_id = await opened(store)
        word = decision(case_id, action=Action.BAN).model_copy(
            update={"also_delete": True, "delete_history": timedelta(days=7)}
        )
        assert await store.decide(word) == (word, True)
        assert (await store.case(case_id)).decision == word

    @pytest.mark.parametrize("action", [Action.WARN, Action.TIMEOUT, Action.KICK, Action.BAN, Action.HELP])
    async def test_a_message_that_was_spared_may_still_be_deleted_once(self, store: Store, action: Action) -> None:
        case_id = await opened(store)
        await ended(store, case_id, action)
        await ended(store, case_id, Action.DELETE)
        assert not (await store.decide(decision(case_id, 3, Action.DELETE)))[1]

    async def test_a_message_that_was_deleted_with_it_is_not_deleted_again(self, store: Store) -> None:
        case_id = await opened(store)
        word = decision(case_id, action=Action.TIMEOUT).model_copy(update={"also_delete": True})
        await store.decide(word)
        await store.settle(case_id, enforced=True, outcome="done")
        assert await store.decide(decision(case_id, 3, Action.DELETE)) == (word, False)
