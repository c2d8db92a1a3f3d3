"""What every `Store` must do: whose memory it is, which guilds it knows, and how one is forgotten."""

import asyncio

import pytest

from bot.case import CaseState, JobState
from bot.ports import Backlog, LeaseLost, Store, StoreError, UnknownCase
from policies.policy import Mode
from tests.bot.store.conftest import Opener
from tests.bot.store.samples import GUILD, LEASE, START, decision, message, policy, suspected, verdict
from tests.bot.store.steps import claimed, listed, opened, recorded

OTHER = 8


class TestOwner:
    async def test_the_first_application_is_noted_for_good(self, opener: Opener) -> None:
        async with opener() as store:
            assert await store.bind(2**60) == 2**60
            assert await store.bind(5) == 2**60
        async with opener() as store:
            assert await store.bind(5) == 2**60

    async def test_of_many_at_once_one_is_noted(self, store: Store) -> None:
        assert len(set(await asyncio.gather(*(store.bind(number) for number in range(1, 20))))) == 1


class TestGuilds:
    async def test_a_guild_is_known_by_whatever_is_kept_of_it(self, opener: Opener) -> None:
        async with opener() as store:
            assert await store.guilds() == []
            await store.advance(30, {1: 1})
            await store.keep_policy(20, policy())
            await store.keep_policy(10, policy())
            await store.record(suspected(guild_id=10))
            await store.advance(10, {1: 1})
            assert await store.guilds() == [10, 20, 30]


class TestBacklog:
    async def test_an_unknown_guild_has_none(self, store: Store) -> None:
        await recorded(store)
        assert await store.backlog(OTHER) == Backlog(questions=0, cases=0)

    async def test_questions_are_the_guilds_own_and_count_until_they_are_answered(self, store: Store) -> None:
        await store.keep_policy(OTHER, policy())
        await store.record(suspected(guild_id=OTHER))
        await recorded(store, 1)
        await recorded(store, 2)
        assert (await store.backlog(GUILD)).questions == 2
        claims = await store.claim(3, LEASE)
        assert (await store.backlog(GUILD)).questions == 2, "one that is being judged still waits"
        for claim in claims:
            await store.finish(claim, verdict(False))
        assert await store.backlog(GUILD) == Backlog(questions=0, cases=0)

    async def test_a_case_waits_for_people_from_its_finding_until_they_decide(self, store: Store) -> None:
        case_id = await opened(store)
        assert (await store.backlog(GUILD), await store.backlog(OTHER)) == (Backlog(0, 1), Backlog(0, 0))
        await store.decide(decision(case_id))
        assert (await store.backlog(GUILD)).cases == 0

    async def test_an_answer_that_could_not_be_read_is_for_people(self, store: Store) -> None:
        await recorded(store)
        await store.finish(await claimed(store), verdict(None))
        assert (await store.backlog(GUILD)).cases == 1

    @pytest.mark.parametrize(("live_too", "cases"), [(False, 0), (True, 1)])
    async def test_what_only_shadow_policies_found_waits_for_nobody(
        self, store: Store, live_too: bool, cases: int
    ) -> None:
        await store.keep_policy(GUILD, policy("quiet", mode=Mode.SHADOW))
        await store.record(suspected(policies=("harassment", "quiet")))
        for claim in await store.claim(2, LEASE):
            await store.finish(claim, verdict(claim.policy.mode is Mode.SHADOW or live_too))
        assert (await store.case_counts())[CaseState.OPEN] == 1
        assert (await store.backlog(GUILD)).cases == cases

    async def test_the_mode_that_counts_is_the_one_under_which_it_was_flagged(self, store: Store) -> None:
        await opened(store)
        await store.keep_policy(GUILD, policy(mode=Mode.SHADOW))
        assert (await store.backlog(GUILD)).cases == 1


class TestPurging:
    @pytest.fixture
    async def full(self, store: Store) -> Store:
        """Two guilds, each with a case in every state and all that there can be of one."""
        for guild in (GUILD, OTHER):
            await store.keep_policy(guild, policy(goal="An older one."))
            await store.keep_policy(guild, policy())
            await store.advance(guild, {5: 100, 6: 101})
            for number in range(100, 107):
                await store.record(suspected(number, guild_id=guild))
        for claim in await store.claim(12, LEASE):
            await store.finish(claim, verdict(claim.message.id > 100))
        for case in await listed(store, CaseState.OPEN):
            await self.live_through(store, case.id, case.guild_id, case.message.id)
        assert len(await store.claim(1, LEASE)) == 1
        return store

    async def live_through(self, store: Store, case_id: int, guild: int, number: int) -> None:
        await store.begin_card(case_id, 800)
        await store.card_shown(case_id, 1, 900)
        await store.note_edit(message(number, "edited", guild))
        await store.note_deletion(guild, [number], START)
        if number > 102:
            await store.decide(decision(case_id))
        if number > 103:
            await store.settle(case_id, enforced=number > 104, outcome="done")

    async def test_nothing_of_the_guild_is_left(self, full: Store) -> None:
        await full.purge(OTHER)
        assert await full.guilds() == [GUILD]
        assert await full.watermarks(OTHER) == {}
        assert await full.find(OTHER, 103) is None
        assert await full.cards_owed(OTHER, 10) == []
        assert await full.guilds_owing_cards() == [GUILD]
        assert {case.guild_id for case in await listed(full, *CaseState)} == {GUILD}
        assert sum((await full.job_counts()).values()) == 7
        with pytest.raises(StoreError, match="'harassment'"):
            await full.record(suspected(guild_id=OTHER))

    async def test_other_guilds_keep_everything(self, full: Store) -> None:
        before = [case for case in await listed(full, *CaseState) if case.guild_id == GUILD]
        owing = await full.cards_owed(GUILD, 10)
        await full.purge(OTHER)
        assert await listed(full, *CaseState) == before
        assert await full.cards_owed(GUILD, 10) == owing
        assert await full.watermarks(GUILD) == {5: 100, 6: 101}
        await full.record(suspected(500))
        assert [claim.message.id for claim in await full.claim(5, LEASE)][-1] == 500

    async def test_a_leased_job_of_the_guild_is_lost(self, store: Store) -> None:
        case_id = await recorded(store)
        claim = await claimed(store)
        await store.purge(GUILD)
        assert await store.renew([claim], LEASE) == []
        with pytest.raises(LeaseLost):
            await store.finish(claim, verdict(True))
        with pytest.raises(LeaseLost):
            await store.release(claim, failed=True)
        with pytest.raises(UnknownCase):
            await store.case(case_id)
        assert sum((await store.job_counts()).values()) == 0

    async def test_a_pending_decision_and_a_begun_card_of_the_guild_are_lost(self, store: Store) -> None:
        case_id = await opened(store)
        await store.begin_card(case_id, 800)
        await store.decide(decision(case_id))
        await store.purge(GUILD)
        assert not await store.settle(case_id, enforced=True, outcome="deleted")
        await store.card_shown(case_id, 2, 900)
        await store.forget_card(case_id)
        for call in (store.begin_card(case_id, 800), store.decide(decision(case_id))):
            with pytest.raises(UnknownCase):
                await call
        assert await store.note_edit(message()) is None
        assert await store.note_deletion(GUILD, [100], START) == []

    async def test_a_guild_that_comes_back_starts_anew(self, store: Store) -> None:
        old = await opened(store)
        await store.purge(GUILD)
        await store.keep_policy(GUILD, policy())
        assert await recorded(store) > old, "an id on a button never comes to mean another case"
        assert (await claimed(store)).attempt == 1

    async def test_purging_an_unknown_guild_or_one_twice_is_fine(self, store: Store) -> None:
        case_id = await recorded(store)
        await store.purge(OTHER)
        assert (await store.case(case_id)).state is CaseState.QUEUED
        await asyncio.gather(store.purge(GUILD), store.purge(GUILD))
        assert await store.guilds() == []

    async def test_it_goes_on_while_others_are_busy(self, store: Store) -> None:
        await store.keep_policy(OTHER, policy())
        await asyncio.gather(*(store.record(suspected(number, guild_id=OTHER)) for number in range(1, 1201)))

        async def work() -> None:
            for number in range(1, 101):
                await recorded(store, number)
                for claim in await store.claim(3, LEASE):
                    try:
                        await store.finish(claim, verdict(True))
                    except LeaseLost:
                        assert claim.message.guild_id == OTHER

        await asyncio.gather(store.purge(OTHER), work())
        assert await store.guilds() == [GUILD]
        assert len(await listed(store, *CaseState)) == 100
        counts = await store.job_counts()
        assert counts[JobState.QUEUED] + counts[JobState.JUDGED] == 100
