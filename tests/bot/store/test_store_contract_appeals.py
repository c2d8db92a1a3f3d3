"""What every `Store` does with appeals, and with cases as lists."""

import asyncio
from datetime import timedelta

import pytest

from bot.case import Action, CaseState
from bot.ports import Store, UnknownCase
from bot.records.appeals import Answer, Appeal, AppealState, NewAppeal, Told
from bot.records.events import EventKind
from bot.records.people import CaseFilter
from policies.policy import Mode
from tests.bot.store.conftest import Opener
from tests.bot.store.samples import GUILD, LEASE, START, Clock, decision, policy, suspected, verdict
from tests.bot.store.steps import claimed, ended, opened

MEMBER, REVIEW = 55, 900


def new_appeal(case_id: int, decision: int = 1, guild_id: int = GUILD, text: str = "It was a joke.") -> NewAppeal:
    return NewAppeal(guild_id, case_id, decision, MEMBER, text, START)


def word(moderator_id: int = 901, *, granted: bool = True) -> Answer:
    return Answer(moderator_id, START + timedelta(hours=1), granted, "Sorry, ünd 🎉")


async def punished(store: Store, message_id: int = 100) -> int:
    case_id = await opened(store, message_id)
    await ended(store, case_id)
    return case_id


async def appealed(store: Store, message_id: int = 100) -> Appeal:
    made, mine = await store.add_appeal(new_appeal(await punished(store, message_id)))
    assert mine
    return made


async def now(store: Store, appeal: Appeal) -> Appeal:
    found = await store.appeal(appeal.id)
    assert found is not None
    return found


class TestAppeals:
    async def test_an_appeal_can_be_read_back_as_it_was(self, store: Store, opener: Opener) -> None:
        made = await appealed(store)
        assert (made.text, made.member_id, made.made_at) == ("It was a joke.", MEMBER, START)
        assert (made.state, made.told, made.outcome, made.card) == (AppealState.OPEN, Told.NO, None, None)
        async with opener() as later:
            assert await later.appeal(made.id) == made
            assert await later.appeals_of_case(made.case_id) == [made]

    async def test_it_stands_in_its_case_s_history_once_with_it_in_one_write(self, store: Store) -> None:
        made = await appealed(store)
        again, mine = await store.add_appeal(new_appeal(made.case_id, text="once more"))
        assert (again, mine) == (made, False)
        (event,) = await store.events(made.case_id)
        assert (event.kind, event.at, event.actor_id, event.text) == (EventKind.APPEAL, START, None, "")

    async def test_a_decision_has_one_appeal_however_many_are_handed_in_at_once(self, store: Store) -> None:
        case_id = await punished(store)
        answers = await asyncio.gather(
            *(store.add_appeal(new_appeal(case_id, text=f"try {number}")) for number in range(10))
        )
        assert sum(mine for _, mine in answers) == 1
        assert len({standing.text for standing, _ in answers}) == 1

    async def test_each_decision_of_a_case_may_be_appealed(self, store: Store) -> None:
        case_id = await punished(store)
        assert (await store.add_appeal(new_appeal(case_id, 1)))[1]
        assert (await store.add_appeal(new_appeal(case_id, 2)))[1]
        assert [made.decision for made in await store.appeals_of_case(case_id)] == [1, 2]

    @pytest.mark.parametrize(("guild_id", "shift"), [(8, 0), (GUILD, 1), (GUILD, 2**64)])
    async def test_an_unknown_case_and_one_of_another_guild_take_none(
        self, store: Store, guild_id: int, shift: int
    ) -> None:
        case_id = await punished(store)
        await store.add_appeal(new_appeal(case_id))
        with pytest.raises(UnknownCase):
            await store.add_appeal(new_appeal(case_id + shift, guild_id=guild_id))

    async def test_the_first_answer_stands(self, store: Store) -> None:
        made = await appealed(store)
        answers = await asyncio.gather(*(store.answer_appeal(made.id, word(910 + n)) for n in range(5)))
        assert sum(mine for _, mine in filter(None, answers)) == 1
        standing = await now(store, made)
        assert standing.answer in [word(910 + n) for n in range(5)]
        assert standing.state is AppealState.GRANTED
        assert standing.version > made.version

    async def test_an_unknown_appeal_has_no_answer(self, store: Store) -> None:
        assert await store.answer_appeal(77, word()) is None
        assert await store.answer_appeal(2**64, word()) is None
        assert await store.appeal(2**64) is None

    async def test_an_answer_is_carried_to_its_end_in_steps_that_are_taken_once(self, store: Store) -> None:
        made = await appealed(store)
        assert not await store.settle_appeal(made.id, "too early")
        await store.answer_appeal(made.id, word(granted=False))
        assert [each.id for each in await store.unfinished_appeals(10)] == [made.id]
        assert await store.settle_appeal(made.id, "nothing to do")
        assert not await store.settle_appeal(made.id, "again")
        assert await store.begin_telling(made.id)
        assert not await store.begin_telling(made.id)
        assert (await now(store, made)).told is Told.BEGUN
        assert await store.unfinished_appeals(10) == [], "what may have been sent is not sent again"
        await store.end_telling(made.id, "takes no messages")
        end = await now(store, made)
        assert (end.outcome, end.told, end.not_told_because) == ("nothing to do", Told.FAILED, "takes no messages")
        assert end.is_finished
        await store.end_telling(made.id, None)
        assert (await now(store, made)).told is Told.YES

    async def test_what_was_begun_when_the_process_ended_stays_unsure(self, store: Store) -> None:
        begun, told = await appealed(store), await appealed(store, 101)
        for made in (begun, told):
            await store.begin_telling(made.id)
        await store.end_telling(told.id, None)
        version = (await now(store, begun)).version
        await store.give_up_telling()
        end = await now(store, begun)
        assert (end.told, end.version > version) == (Told.UNSURE, True), "its card says so"
        assert (await now(store, told)).told is Told.YES

    async def test_appeals_are_counted(self, store: Store) -> None:
        first, _ = await appealed(store), await appealed(store, 101)
        assert await store.open_appeals(GUILD) == 2
        assert await store.appeals_since(GUILD, MEMBER, START) == 2
        assert await store.appeals_since(GUILD, MEMBER, START + timedelta(seconds=1)) == 0
        assert await store.appeals_since(GUILD, 56, START) == 0
        await store.answer_appeal(first.id, word())
        assert (await store.open_appeals(GUILD), await store.open_appeals(8)) == (1, 0)

    async def test_who_else_decides_is_known(self, store: Store) -> None:
        assert not await store.has_other_deciders(GUILD, 900)
        await punished(store)
        assert not await store.has_other_deciders(GUILD, 900)
        assert await store.has_other_deciders(GUILD, 901)
        assert not await store.has_other_deciders(8, 901)

    async def test_purging_a_guild_takes_its_appeals_along(self, store: Store) -> None:
        made = await appealed(store)
        await store.purge(GUILD)
        assert await store.appeal(made.id) is None


class TestCardsOfAppeals:
    async def test_an_open_appeal_owes_a_card_until_its_version_is_shown(self, store: Store) -> None:
        made = await appealed(store)
        assert [each.id for each in await store.appeal_cards_owed(5)] == [made.id]
        assert await store.begin_appeal_card(made.id, REVIEW)
        begun = await now(store, made)
        assert begun.card is not None
        assert (begun.card.channel_id, begun.card.message_id) == (REVIEW, None)
        await store.appeal_card_shown(made.id, begun.version, 4711)
        assert await store.appeal_cards_owed(5) == []
        await store.answer_appeal(made.id, word())
        (owed,) = await store.appeal_cards_owed(5)
        assert owed.card is not None
        assert owed.card.message_id == 4711

    async def test_a_posting_that_is_begun_again_keeps_the_time_of_its_first_try(
        self, store: Store, clock: Clock
    ) -> None:
        made = await appealed(store)
        await store.begin_appeal_card(made.id, REVIEW)
        first = (await now(store, made)).card
        clock.pass_by(timedelta(minutes=1))
        await store.begin_appeal_card(made.id, REVIEW)
        assert (await now(store, made)).card == first

    async def test_a_late_answer_does_not_hide_a_newer_version(self, store: Store) -> None:
        made = await appealed(store)
        await store.begin_appeal_card(made.id, REVIEW)
        await store.answer_appeal(made.id, word())
        await store.appeal_card_shown(made.id, made.version, 4711)
        assert [each.id for each in await store.appeal_cards_owed(5)] == [made.id]

    async def test_a_card_that_is_gone_is_owed_again_only_while_the_appeal_is_open(self, store: Store) -> None:
        made = await appealed(store)
        await store.begin_appeal_card(made.id, REVIEW)
        await store.appeal_card_shown(made.id, made.version, 4711)
        await store.forget_appeal_card(made.id)
        assert [each.id for each in await store.appeal_cards_owed(5)] == [made.id]
        await store.answer_appeal(made.id, word())
        assert await store.appeal_cards_owed(5) == []

    async def test_an_appeal_that_is_gone_gets_no_card(self, store: Store) -> None:
        assert not await store.begin_appeal_card(77, REVIEW)

    async def test_no_guild_hides_another_ones_debts(self, store: Store) -> None:
        for number in range(4):
            await appealed(store, 100 + number)
        await store.keep_policy(8, policy())
        case_id = await store.record(suspected(guild_id=8))
        assert case_id is not None
        other, _ = await store.add_appeal(new_appeal(case_id, guild_id=8))
        assert len(await store.appeal_cards_owed(2)) == 3
        assert other.id in [each.id for each in await store.appeal_cards_owed(2)]
        for appeal_id in (each.id for each in await store.appeal_cards_owed(5)):
            await store.answer_appeal(appeal_id, word())
        assert len(await store.unfinished_appeals(2)) == 3
        assert other.id in [each.id for each in await store.unfinished_appeals(2)]


class TestMembers:
    async def test_nothing_is_known_of_a_stranger(self, store: Store) -> None:
        record = await store.member_record(GUILD, 1)
        assert (record.cases, record.since, dict(record.actions)) == (0, None, {})
        assert await store.member_cases(GUILD, 1, 10) == []

    async def test_a_members_cases_are_counted_by_how_they_ended(self, store: Store) -> None:
        await opened(store, 100)
        await ended(store, await opened(store, 101), Action.TIMEOUT)
        await ended(store, await opened(store, 102), Action.DISMISS)
        await ended(store, await opened(store, 103), Action.BAN, enforced=False)
        await appealed(store, 104)
        record = await store.member_record(GUILD, MEMBER)
        assert (record.open, record.acted_on, record.dismissed) == (2, 2, 1)
        assert record.actions == {Action.TIMEOUT: 1, Action.DISMISS: 1, Action.DELETE: 1}
        assert (record.appeals_open, record.appeals_granted, record.appeals_rejected) == (1, 0, 0)
        assert record.since == START

    async def test_what_only_a_shadow_policy_found_is_not_counted(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy("quiet", mode=Mode.SHADOW))
        await store.record(suspected(policies=("quiet",)))
        await store.finish(await claimed(store), verdict(True))
        assert (await store.member_record(GUILD, MEMBER)).cases == 0

    async def test_a_members_cases_come_newest_first_in_pages(self, store: Store) -> None:
        ids = [await opened(store, 100 + number) for number in range(5)]
        page = await store.member_cases(GUILD, MEMBER, 2)
        assert [case.id for case in page] == ids[:2:-1]
        rest = await store.member_cases(GUILD, MEMBER, 9, before=page[-1].id)
        assert [case.id for case in rest] == ids[2::-1]
        assert await store.member_cases(8, MEMBER, 9) == []


class TestLists:
    async def test_cases_are_chosen_by_the_digits_that_their_ids_begin_with(self, store: Store) -> None:
        ids = [await opened(store, 100 + number) for number in range(12)]
        assert [case.id for case in await store.newest_cases(GUILD, 3)] == ids[:-4:-1]
        assert [case.id for case in await store.newest_cases(GUILD, 9, digits="1")] == [12, 11, 10, 1]
        assert await store.newest_cases(GUILD, 9, digits="%") == []
        assert await store.newest_cases(8, 9) == []

    async def test_cleared_cases_are_not_listed_unless_they_are_asked_for(self, store: Store) -> None:
        await store.record(suspected(100))
        await store.finish(await claimed(store), verdict(False))
        assert await store.newest_cases(GUILD, 9) == []
        assert await store.filtered_cases(CaseFilter(GUILD), 9) == []
        assert len(await store.filtered_cases(CaseFilter(GUILD, state=CaseState.CLEARED), 9)) == 1

    async def test_cases_are_filtered(self, store: Store, clock: Clock) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        first = await opened(store, 100)
        clock.pass_by(timedelta(days=1))
        second = await store.record(suspected(101, policies=("spam",), author_id=56))
        await store.finish((await store.claim(1, LEASE))[0], verdict(True))
        assert second is not None
        tomorrow = START + timedelta(days=1)

        async def found(**wanted: object) -> list[int]:
            return [case.id for case in await store.filtered_cases(CaseFilter(GUILD, **wanted), 9)]  # type: ignore[arg-type]

        assert await found() == [first, second]
        assert await found(since=tomorrow) == [second]
        assert await found(until=tomorrow) == [first]
        assert await found(policy_id="spam") == [second]
        assert await found(policy_id="harassment") == [first]
        assert await found(member_id=56) == [second]
        assert await found(state=CaseState.OPEN) == [first, second]
        assert await found(state=CaseState.ENFORCED) == []

    async def test_pages_of_a_filter_follow_the_ages_of_the_messages(self, store: Store) -> None:
        for message_id in (103, 101, 102):
            await opened(store, message_id)
        page = await store.filtered_cases(CaseFilter(GUILD), 2)
        assert [case.message.id for case in page] == [101, 102]
        rest = await store.filtered_cases(CaseFilter(GUILD), 2, after=102)
        assert [case.message.id for case in rest] == [103]


class TestReopening:
    async def test_a_reopened_case_is_decided_anew_and_what_was_done_is_remembered(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.TIMEOUT)
        before = await store.case(case_id)
        assert await store.reopen(case_id, 901, "a second look", START)
        case = await store.case(case_id)
        assert (case.state, case.decision) == (CaseState.OPEN, None)
        assert [made.action for made in case.earlier_decisions] == [Action.TIMEOUT]
        assert [made.action for made in case.answers] == [Action.TIMEOUT], "it can still be undone"
        assert case.version > before.version
        (made,) = await store.decisions(case_id)
        assert (made.number, made.enforced, made.outcome, made.taken_back, made.reopened) == (
            1, True, "done", False, True,
        )  # fmt: skip
        (event,) = [event for event in await store.events(case_id) if event.kind is EventKind.REOPEN]
        assert (event.actor_id, event.text) == (901, "a second look")
        await ended(store, case_id, Action.DISMISS)
        assert (await store.case(case_id)).state is CaseState.ENFORCED

    async def test_a_failed_decision_can_be_reopened_too(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, enforced=False)
        assert await store.reopen(case_id, 901, "", START)
        assert (await store.case(case_id)).state is CaseState.OPEN

    async def test_only_what_is_decided_and_over_is_reopened(self, store: Store) -> None:
        case_id = await opened(store)
        assert not await store.reopen(case_id, 901, "", START)
        await store.decide(decision(case_id))
        assert not await store.reopen(case_id, 901, "", START)
        assert not await store.reopen(77, 901, "", START)
        assert not await store.reopen(2**64, 901, "", START)
        assert [event.kind for event in await store.events(case_id)].count(EventKind.REOPEN) == 0

    async def test_nothing_was_decided_about_an_unknown_case(self, store: Store) -> None:
        assert await store.decisions(2**64) == []


class TestNotes:
    async def test_a_note_is_counted_and_makes_the_card_outdated(self, store: Store) -> None:
        case_id = await opened(store)
        before = await store.case(case_id)
        await store.add_note(case_id, 901, "he did this before", START)
        case = await store.case(case_id)
        assert (case.notes, before.notes) == (1, 0)
        assert case.version > before.version
        assert [event.text for event in await store.events(case_id)] == ["he did this before"]

    async def test_an_unknown_case_takes_no_note(self, store: Store) -> None:
        with pytest.raises(UnknownCase):
            await store.add_note(77, 901, "x", START)
