"""What every `Store` must do: what became of a message since, and what its author did before."""

import asyncio
from datetime import timedelta

import pytest

from bot.case import Action, AuthorRecord, CaseState, Claim
from bot.ports import Store, StoreError
from tests.bot.store.conftest import Opener
from tests.bot.store.samples import GUILD, START, message, policy, suspected, verdict
from tests.bot.store.steps import claimed, ended, opened, recorded

HARMLESS = message(text="you winner")


async def current(store: Store, case_id: int) -> str | None:
    """What the message says now, if not what its newest revision says."""
    now = (await store.case(case_id)).current
    return None if now is None else now.content


async def version(store: Store, case_id: int) -> int:
    return (await store.case(case_id)).version


class TestFinding:
    async def test_a_case_is_found_by_its_message(self, store: Store) -> None:
        case_id = await recorded(store)
        await recorded(store, 101)
        assert await store.find(GUILD, 100) == await store.case(case_id)

    @pytest.mark.parametrize(
        ("guild", "number"), [(GUILD, 101), (8, 100), (GUILD, 0), (GUILD, 2**63), (-1, 10**30)]
    )
    async def test_there_is_none_about_another_message(self, store: Store, guild: int, number: int) -> None:
        await recorded(store)
        assert await store.find(guild, number) is None


class TestHarmlessEdits:
    async def test_what_a_message_says_now_is_kept_whole(self, store: Store) -> None:
        case_id = await opened(store)
        assert await store.note_edit(HARMLESS) == case_id
        case = await store.case(case_id)
        assert (case.current, case.message, case.state) == (HARMLESS, message(), CaseState.OPEN)

    async def test_a_message_without_a_case_leaves_nothing(self, store: Store) -> None:
        await recorded(store)
        assert await store.note_edit(message(101)) is None
        assert await store.note_edit(message(100, guild_id=8)) is None

    async def test_the_same_words_again_are_no_news(self, store: Store) -> None:
        case_id = await recorded(store)
        assert await store.note_edit(message(edited_after=9)) is None
        await store.note_edit(HARMLESS)
        before = await store.case(case_id)
        assert await store.note_edit(HARMLESS) is None
        assert await store.case(case_id) == before

    async def test_each_further_edit_is_news(self, store: Store) -> None:
        case_id = await recorded(store)
        for text in ("one", "two", "one"):
            before = await version(store, case_id)
            assert await store.note_edit(message(text=text)) == case_id
            assert await current(store, case_id) == text
            assert await version(store, case_id) > before

    async def test_an_edit_back_to_the_newest_revision_clears_the_note(self, store: Store) -> None:
        case_id = await recorded(store)
        await store.note_edit(HARMLESS)
        assert await store.note_edit(message()) == case_id
        assert await current(store, case_id) is None

    async def test_a_new_revision_clears_the_note(self, store: Store) -> None:
        case_id = await recorded(store)
        await store.note_edit(HARMLESS)
        await recorded(store, text="you total loser")
        assert await current(store, case_id) is None

    async def test_an_edit_back_to_an_older_revision_is_what_it_says_now(self, store: Store) -> None:
        """The newest revision is what a card shows as flagged last; the card must not claim it is still there."""
        case_id = await recorded(store)
        await recorded(store, text="you total loser")
        assert await store.note_edit(message()) == case_id
        assert await current(store, case_id) == "you loser"

    async def test_a_suspected_edit_back_to_an_older_revision_is_noted_too(self, store: Store) -> None:
        case_id = await recorded(store)
        await recorded(store, text="you total loser")
        before = await version(store, case_id)
        assert await store.record(suspected()) is None
        assert await current(store, case_id) == "you loser"
        assert await version(store, case_id) > before
        assert await store.record(suspected(text="you total loser")) is None
        assert await current(store, case_id) is None

    async def test_a_redelivery_is_no_news(self, store: Store) -> None:
        case_id = await recorded(store)
        before = await store.case(case_id)
        assert await store.record(suspected()) is None
        assert await store.case(case_id) == before

    async def test_half_a_surrogate_pair_is_no_news_the_second_time(self, store: Store) -> None:
        case_id = await recorded(store, text="you \ud83d loser")
        assert await store.note_edit(message(text="you \ud83d loser")) is None
        assert await store.note_edit(message(text="\udc00 winner")) == case_id
        assert await store.note_edit(message(text="\udc00 winner")) is None


class TestLateEdits:
    """Events may be delivered again, in their old order, after newer ones were seen."""

    async def test_an_older_state_of_the_message_changes_nothing(self, store: Store) -> None:
        case_id = await recorded(store)
        await store.record(suspected(text="you total loser", edited_after=5))
        before = await store.case(case_id)
        assert await store.note_edit(message(text="you winner", edited_after=4)) is None
        assert await store.record(suspected()) is None
        assert await store.case(case_id) == before

    async def test_an_older_note_does_not_displace_a_newer_one(self, store: Store) -> None:
        case_id = await recorded(store)
        await store.note_edit(message(text="newer", edited_after=9))
        assert await store.note_edit(message(text="older", edited_after=8)) is None
        assert await current(store, case_id) == "newer"

    async def test_an_older_revision_that_is_judged_late_is_not_what_the_message_says(self, store: Store) -> None:
        case_id = await store.record(suspected(text="newer", edited_after=9))
        assert await store.record(suspected(text="older", edited_after=8)) == case_id
        assert case_id is not None
        case = await store.case(case_id)
        assert [revision.content for revision in case.revisions] == ["newer", "older"]
        assert await current(store, case_id) == "newer"


class TestDeletions:
    async def test_a_deletion_is_noted_once(self, store: Store) -> None:
        ids = [await recorded(store, number) for number in (100, 101, 102)]
        before = await version(store, ids[0])
        at = START + timedelta(seconds=3)
        assert await store.note_deletion(GUILD, {100, 101, 999}, at) == ids[:2]
        assert await store.note_deletion(GUILD, [100, 101, 102], at + timedelta(hours=1)) == ids[2:]
        case = await store.case(ids[0])
        assert case.deleted_at == at
        assert case.version > before
        assert await store.note_deletion(GUILD, [], at) == []

    async def test_a_deletion_belongs_to_its_guild(self, store: Store) -> None:
        case_id = await recorded(store)
        assert await store.note_deletion(8, [100], START) == []
        assert (await store.case(case_id)).deleted_at is None

    async def test_a_deleted_message_is_judged_all_the_same(self, store: Store) -> None:
        case_id = await recorded(store)
        await store.note_deletion(GUILD, [100], START)
        assert await store.finish(await claimed(store), verdict(True)) is CaseState.OPEN
        assert (await store.case(case_id)).deleted_at == START

    async def test_what_arrives_after_it_does_not_bring_the_message_back(self, store: Store) -> None:
        case_id = await recorded(store)
        await store.note_deletion(GUILD, [100], START)
        await store.note_edit(HARMLESS)
        await recorded(store, text="edited")
        assert (await store.case(case_id)).deleted_at == START

    async def test_many_at_once_are_noted(self, store: Store) -> None:
        ids = await asyncio.gather(*(store.record(suspected(number)) for number in range(1, 301)))
        assert await store.note_deletion(GUILD, range(1, 2001), START) == sorted(ids)


class TestAuthors:
    async def test_the_first_case_of_an_author_stands_alone(self, store: Store) -> None:
        case_id = await opened(store)
        assert (await store.case(case_id)).author_record == AuthorRecord()

    async def test_other_cases_are_counted_by_how_they_ended(self, store: Store) -> None:
        ends = [
            (Action.DELETE, True),
            (Action.TIMEOUT, True),
            (Action.DISMISS, True),
            (Action.BAN, False),
            (Action.DISMISS, True),
            (Action.WARN, True),
        ]
        ids = [await opened(store, 100 + number) for number in range(len(ends) + 1)]
        for case_id, (action, enforced) in zip(ids, ends, strict=False):
            await ended(store, case_id, action, enforced=enforced)
        records = [(await store.case(case_id)).author_record for case_id in ids]
        assert records[-1] == AuthorRecord(cases=6, acted_on=3, dismissed=2)
        assert records[0] == AuthorRecord(cases=6, acted_on=2, dismissed=2)
        assert records[2] == AuthorRecord(cases=6, acted_on=3, dismissed=1)
        assert records[3] == AuthorRecord(cases=6, acted_on=3, dismissed=2)
        found = {case.id: case.author_record async for case in store.cases(*CaseState)}
        assert found == dict(zip(ids, records, strict=True)), "read together they say the same"

    async def test_what_no_person_has_to_look_at_does_not_count(self, store: Store) -> None:
        await store.finish(await self.claim_of_a_new_case(store, 101), verdict(False))
        await recorded(store, 102)
        await claimed(store)
        await recorded(store, 103)
        case_id = await recorded(store)
        assert (await store.case(case_id)).author_record == AuthorRecord()

    async def claim_of_a_new_case(self, store: Store, number: int) -> Claim:
        await recorded(store, number)
        return await claimed(store)

    async def test_authors_and_guilds_are_told_apart(self, store: Store) -> None:
        await store.keep_policy(8, policy())
        mine = await opened(store)
        for number, (guild, author) in enumerate([(GUILD, 56), (8, 55), (GUILD, 55)], 200):
            await store.record(suspected(number, guild_id=guild, author_id=author))
            await store.finish(await claimed(store), verdict(True))
        assert (await store.case(mine)).author_record == AuthorRecord(cases=1)

    async def test_what_was_taken_back_and_dismissed_then_counts_as_taken_back(self, store: Store) -> None:
        appealed = await opened(store)
        await ended(store, appealed, Action.DELETE)
        await ended(store, appealed, Action.UNDO)
        await ended(store, appealed, Action.DISMISS)
        other = await opened(store, 101)
        assert (await store.case(other)).author_record == AuthorRecord(cases=1, taken_back=1)
        assert (await store.case(appealed)).author_record == AuthorRecord(cases=1)
        record = await store.member_record(GUILD, 55)
        assert (record.acted_on, record.dismissed, record.taken_back) == (0, 0, 1)

    async def test_a_case_that_was_dismissed_and_acted_on_later_counts_as_acted_on(self, store: Store) -> None:
        twice = await opened(store)
        await ended(store, twice, Action.DISMISS)
        await recorded(store, text="edited")
        await store.finish(await claimed(store), verdict(True))
        await ended(store, twice, Action.DELETE)
        other = await opened(store, 101)
        assert (await store.case(other)).author_record == AuthorRecord(cases=1, acted_on=1)
        assert (await store.case(twice)).author_record == AuthorRecord(cases=1)


class TestLifeOfNotes:
    async def test_notes_are_there_after_a_restart(self, opener: Opener) -> None:
        async with opener() as store:
            await store.keep_policy(GUILD, policy())
            case_id = await recorded(store)
            await store.note_edit(HARMLESS)
            await store.note_deletion(GUILD, [100], START)
            before = await store.case(case_id)
        async with opener() as store:
            assert await store.case(case_id) == before
            assert (before.current, before.deleted_at) == (HARMLESS, START)

    async def test_a_refused_record_notes_nothing(self, store: Store) -> None:
        case_id = await recorded(store)
        await store.note_edit(HARMLESS)
        before = await store.case(case_id)
        with pytest.raises(StoreError, match="'spam'"):
            await store.record(suspected(text="edited", policies=("harassment", "spam")))
        assert await store.case(case_id) == before
