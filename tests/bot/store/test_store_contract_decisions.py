"""What every `Store` must do: decisions, further decisions, and edits that come after one."""

import asyncio
from datetime import timedelta

import pytest

from bot.case import Action, CaseState
from bot.ports import Store, UnknownCase
from tests.bot.store.samples import GUILD, LEASE, decision, policy, suspected, verdict
from tests.bot.store.steps import claimed, ended, opened, recorded, state


class TestDecisions:
    async def test_the_first_decision_stands(self, store: Store) -> None:
        case_id = await opened(store)
        first = decision(case_id, moderator_id=1, action=Action.DELETE)
        assert await store.decide(first) == (first, True)
        assert await store.decide(decision(case_id, moderator_id=2, action=Action.BAN)) == (first, False)
        case = await store.case(case_id)
        assert (case.state, case.decision, case.outcome) == (CaseState.DECIDED, first, None)

    async def test_of_many_clicks_at_once_exactly_one_wins(self, store: Store) -> None:
        case_id = await opened(store)
        answers = await asyncio.gather(*(store.decide(decision(case_id, moderator)) for moderator in range(1, 31)))
        assert sum(won for _, won in answers) == 1
        assert len({stands for stands, _ in answers}) == 1

    async def test_only_an_open_case_can_be_decided(self, store: Store) -> None:
        for unknown in (12345, 0, -1, 2**63, 10**30):
            with pytest.raises(UnknownCase):
                await store.decide(decision(unknown))
        case_id = await recorded(store)
        with pytest.raises(UnknownCase):
            await store.decide(decision(case_id))
        claim = await claimed(store)
        with pytest.raises(UnknownCase):
            await store.decide(decision(case_id))
        await store.finish(claim, verdict(False))
        with pytest.raises(UnknownCase):
            await store.decide(decision(case_id))

    @pytest.mark.parametrize(("enforced", "end"), [(True, CaseState.ENFORCED), (False, CaseState.FAILED)])
    async def test_a_decision_is_settled_once(self, store: Store, enforced: bool, end: CaseState) -> None:
        case_id = await opened(store)
        assert not await store.settle(case_id, enforced=enforced, outcome="too early")
        await store.decide(decision(case_id))
        settled = await asyncio.gather(
            *(store.settle(case_id, enforced=enforced, outcome="done") for _ in range(5))
        )
        assert sum(settled) == 1
        assert not await store.settle(case_id, enforced=not enforced, outcome="again")
        case = await store.case(case_id)
        assert (case.state, case.outcome, case.decision) == (end, "done", decision(case_id))

    async def test_settling_an_unknown_case_does_nothing(self, store: Store) -> None:
        assert not await store.settle(12345, enforced=True, outcome="done")

    async def test_a_second_policys_violation_does_not_reopen_what_people_decided(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        case_id = await store.record(suspected(policies=("harassment", "spam")))
        assert case_id is not None
        first, second = await store.claim(2, LEASE)
        await store.finish(first, verdict(True))
        await store.decide(decision(case_id))
        assert await store.finish(second, verdict(True)) is CaseState.DECIDED
        await store.settle(case_id, enforced=True, outcome="deleted")
        assert await state(store, case_id) is CaseState.ENFORCED


class TestEditsAfterADecision:
    async def test_a_new_violation_reaches_people_again(self, store: Store) -> None:
        case_id = await opened(store)
        await store.decide(decision(case_id, moderator_id=1))
        await store.settle(case_id, enforced=True, outcome="warned")
        assert await recorded(store, text="edited") == case_id
        assert await state(store, case_id) is CaseState.ENFORCED
        assert await store.finish(await claimed(store), verdict(True)) is CaseState.OPEN
        case = await store.case(case_id)
        assert (case.decision, case.outcome) == (None, None)
        assert case.earlier_decisions == (decision(case_id, moderator_id=1),)

    async def test_a_reopened_case_is_decided_like_any_other(self, store: Store) -> None:
        case_id = await opened(store)
        await store.decide(decision(case_id, moderator_id=1))
        await store.settle(case_id, enforced=True, outcome="warned")
        await recorded(store, text="edited")
        await store.finish(await claimed(store), verdict(True))
        second = decision(case_id, moderator_id=2, action=Action.BAN)
        assert await store.decide(second) == (second, True)
        assert await store.settle(case_id, enforced=False, outcome="no permission")
        case = await store.case(case_id)
        assert (case.state, case.decision, case.outcome) == (CaseState.FAILED, second, "no permission")
        assert case.earlier_decisions == (decision(case_id, moderator_id=1),)

    async def test_a_harmless_edit_leaves_the_decision_alone(self, store: Store) -> None:
        case_id = await opened(store)
        await store.decide(decision(case_id))
        await store.settle(case_id, enforced=True, outcome="warned")
        await recorded(store, text="edited")
        assert await store.finish(await claimed(store), verdict(False)) is CaseState.ENFORCED

    async def test_a_decision_is_carried_out_before_the_case_opens_again(self, store: Store) -> None:
        case_id = await opened(store)
        await store.decide(decision(case_id))
        await recorded(store, text="edited")
        assert await store.finish(await claimed(store), verdict(True)) is CaseState.DECIDED
        assert await store.settle(case_id, enforced=True, outcome="warned")
        assert await state(store, case_id) is CaseState.OPEN

    async def test_a_decision_does_not_answer_a_revision_that_was_still_being_judged(self, store: Store) -> None:
        case_id = await opened(store)
        await recorded(store, text="edited")
        await store.decide(decision(case_id, action=Action.DISMISS))
        await store.settle(case_id, enforced=True, outcome="dismissed")
        assert await store.finish(await claimed(store), verdict(True)) is CaseState.OPEN

    async def test_an_older_revisions_late_verdict_opens_nothing(self, store: Store) -> None:
        case_id = await recorded(store)
        await recorded(store, text="edited")
        older, newer = await store.claim(2, LEASE)
        await store.finish(newer, verdict(True))
        await store.decide(decision(case_id))
        await store.settle(case_id, enforced=True, outcome="deleted")
        assert await store.finish(older, verdict(True)) is CaseState.ENFORCED


class TestFurtherDecisions:
    @pytest.mark.parametrize("action", [action for action in Action if action is not Action.UNDO])
    async def test_what_was_carried_out_stands(self, store: Store, action: Action) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.DELETE)
        assert await store.decide(decision(case_id, 3, action)) == (decision(case_id), False)
        assert await state(store, case_id) is CaseState.ENFORCED

    @pytest.mark.parametrize("action", list(Action))
    async def test_after_a_failure_anything_may_be_decided(self, store: Store, action: Action) -> None:
        case_id = await opened(store)
        await ended(store, case_id, enforced=False)
        second = decision(case_id, 3, action)
        assert await store.decide(second) == (second, True)
        case = await store.case(case_id)
        assert (case.state, case.decision, case.outcome) == (CaseState.DECIDED, second, None)
        assert case.earlier_decisions == (decision(case_id),)

    async def test_a_failed_decision_may_be_tried_again_and_again(self, store: Store) -> None:
        case_id = await opened(store)
        words = [decision(case_id, moderator_id) for moderator_id in range(1, 13)]
        for word in words:
            assert await store.decide(word) == (word, True)
            assert await store.settle(case_id, enforced=False, outcome=f"failed for {word.moderator_id}")
            assert await state(store, case_id) is CaseState.FAILED
        case = await store.case(case_id)
        assert (case.decision, case.earlier_decisions) == (words[-1], tuple(words[:-1]))
        assert case.outcome == "failed for 12"

    async def test_a_second_try_that_works_ends_the_case(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, enforced=False)
        await ended(store, case_id)
        case = await store.case(case_id)
        assert (case.state, case.outcome) == (CaseState.ENFORCED, "done")

    async def test_the_message_may_be_deleted_after_a_timeout(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.TIMEOUT)
        assert (await store.decide(decision(case_id, 3, Action.BAN)))[1] is False
        await ended(store, case_id, Action.DELETE)
        case = await store.case(case_id)
        assert case.state is CaseState.ENFORCED
        assert [made.action for made in case.earlier_decisions] == [Action.TIMEOUT]
        assert (await store.decide(decision(case_id, 3, Action.DELETE)))[1] is False

    async def test_while_one_is_carried_out_no_other_is_taken(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, enforced=False)
        answers = await asyncio.gather(*(store.decide(decision(case_id, moderator)) for moderator in range(1, 21)))
        assert sum(won for _, won in answers) == 1
        assert len({stands for stands, _ in answers}) == 1

    async def test_a_retried_case_opens_again_only_for_a_later_revision(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, enforced=False)
        await recorded(store, text="edited")
        assert await state(store, case_id) is CaseState.FAILED
        await store.decide(decision(case_id))
        assert await store.finish(await claimed(store), verdict(True)) is CaseState.DECIDED
        await store.settle(case_id, enforced=True, outcome="done")
        assert await state(store, case_id) is CaseState.OPEN
        await ended(store, case_id)
        case = await store.case(case_id)
        assert (case.state, len(case.earlier_decisions)) == (CaseState.ENFORCED, 2)

    async def test_a_timeouts_length_is_kept_to_the_microsecond(self, store: Store) -> None:
        case_id = await opened(store)
        word = decision(case_id, action=Action.TIMEOUT).model_copy(
            update={"timeout": timedelta(days=28, microseconds=1)}
        )
        assert await store.decide(word) == (word, True)
        assert (await store.case(case_id)).decision == word
        assert await store.decide(decision(case_id)) == (word, False)
