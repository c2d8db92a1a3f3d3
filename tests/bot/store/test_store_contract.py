"""What every `Store` must do. An implementation joins by a branch in the fixture `opener`."""

import asyncio
from datetime import timedelta

import pytest

from bot.case import CaseState, JobState
from bot.ports import LeaseLost, Store, StoreError, StoreUnavailable, UnknownCase
from tests.bot.store.conftest import Opener
from tests.bot.store.samples import (
    GUILD,
    LEASE,
    START,
    Clock,
    decision,
    message,
    policy,
    suspected,
    suspicion,
    verdict,
)
from tests.bot.store.steps import claimed, listed, opened, recorded, state


class TestRecording:
    async def test_a_recorded_case_can_be_read_back_as_it_was(self, store: Store) -> None:
        case = await store.case(await recorded(store))
        assert case.message == message()
        assert case.earlier == suspected().earlier
        assert (case.guild_id, case.state, case.opened_at) == (GUILD, CaseState.QUEUED, START)
        (finding,) = case.findings
        assert (finding.revision, finding.state, finding.verdict) == (1, JobState.QUEUED, None)
        assert finding.suspicion == suspicion()
        assert finding.policy == policy()
        assert (case.decision, case.outcome, case.earlier_decisions) == (None, None, ())

    async def test_a_case_has_one_job_per_suspicion(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        case_id = await store.record(suspected(policies=("harassment", "spam")))
        assert case_id is not None
        assert {finding.policy.id for finding in (await store.case(case_id)).findings} == {"harassment", "spam"}
        assert (await store.job_counts())[JobState.QUEUED] == 2

    async def test_the_same_text_of_a_message_is_stored_once(self, store: Store) -> None:
        await recorded(store)
        assert await store.record(suspected()) is None
        assert (await store.job_counts())[JobState.QUEUED] == 1

    async def test_concurrent_records_of_one_message_make_one_case(self, store: Store) -> None:
        answers = await asyncio.gather(*(store.record(suspected()) for _ in range(20)))
        assert sum(answer is not None for answer in answers) == 1
        assert sum((await store.case_counts()).values()) == 1

    async def test_a_message_id_belongs_to_its_guild(self, store: Store) -> None:
        await store.keep_policy(8, policy())
        assert await recorded(store) != await store.record(suspected(guild_id=8))

    async def test_a_suspicion_by_an_unknown_policy_is_refused_and_leaves_nothing(self, store: Store) -> None:
        with pytest.raises(StoreError, match="'spam'"):
            await store.record(suspected(policies=("harassment", "spam")))
        assert sum((await store.case_counts()).values()) == 0
        assert sum((await store.job_counts()).values()) == 0

    @pytest.mark.parametrize("policies", [(), ("harassment", "harassment")])
    async def test_a_message_without_clear_suspicions_is_refused(
        self, store: Store, policies: tuple[str, ...]
    ) -> None:
        with pytest.raises(ValueError, match="one suspicion per policy"):
            await store.record(suspected(policies=policies))

    async def test_half_a_surrogate_pair_in_a_text_is_stored_as_a_replacement(self, store: Store) -> None:
        case = await store.case(await recorded(store, text="you \ud83d loser é 🎉"))
        assert case.message.content == "you � loser é 🎉"
        assert await store.record(suspected(text="you \ud83d loser é 🎉")) is None


class TestPolicies:
    async def test_a_claim_carries_the_version_that_flagged(self, store: Store) -> None:
        await recorded(store)
        await store.keep_policy(GUILD, policy(goal="Another goal."))
        assert (await claimed(store)).policy == policy()

    async def test_a_new_version_is_used_from_then_on(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy(goal="Another goal."))
        await recorded(store)
        assert (await claimed(store)).policy.goal == "Another goal."

    async def test_an_old_version_that_is_kept_again_is_in_force_again(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy(goal="Another goal."))
        await store.keep_policy(GUILD, policy())
        await recorded(store)
        assert (await claimed(store)).policy == policy()

    async def test_a_policy_holds_in_its_guild_only(self, store: Store) -> None:
        with pytest.raises(StoreError):
            await store.record(suspected(guild_id=8))


class TestWatermarks:
    async def test_watermarks_only_rise(self, store: Store) -> None:
        await store.advance(GUILD, {1: 10, 2: 20})
        await store.advance(GUILD, {1: 9, 2: 21, 3: 1})
        assert await store.watermarks(GUILD) == {1: 10, 2: 21, 3: 1}

    async def test_guilds_have_watermarks_of_their_own(self, store: Store) -> None:
        await store.advance(GUILD, {1: 10})
        assert await store.watermarks(8) == {}


class TestLeases:
    async def test_a_claim_carries_all_that_is_needed_to_judge(self, store: Store) -> None:
        case_id = await recorded(store)
        claim = await claimed(store)
        assert (claim.case_id, claim.revision, claim.attempt) == (case_id, 1, 1)
        assert claim.leased_until == START + LEASE
        assert (claim.message, claim.earlier, claim.suspicion) == (message(), suspected().earlier, suspicion())
        assert await state(store, case_id) is CaseState.JUDGING

    async def test_a_leased_job_is_not_given_to_a_second_worker(self, store: Store) -> None:
        for number in range(10):
            await recorded(store, 100 + number)
        answers = await asyncio.gather(*(store.claim(3, LEASE) for _ in range(10)))
        claims = [claim for answer in answers for claim in answer]
        assert sorted(claim.message.id for claim in claims) == list(range(100, 110))
        assert len({claim.token for claim in claims}) == 10

    async def test_no_more_is_claimed_than_asked_for(self, store: Store) -> None:
        await recorded(store, 100)
        await recorded(store, 101)
        assert await store.claim(0, LEASE) == []
        assert len(await store.claim(1, LEASE)) == 1
        assert len(await store.claim(5, LEASE)) == 1
        with pytest.raises(ValueError, match="-1"):
            await store.claim(-1, LEASE)

    async def test_a_job_whose_lease_has_ended_is_claimed_again(self, store: Store, clock: Clock) -> None:
        await recorded(store)
        first = await claimed(store)
        clock.pass_by(LEASE - timedelta(microseconds=1))
        assert await store.claim(1, LEASE) == []
        clock.pass_by(timedelta(microseconds=1))
        second = await claimed(store)
        assert (second.job_id, second.attempt) == (first.job_id, 2)
        assert second.token != first.token

    async def test_all_leases_end_when_nobody_else_works_on_the_memory(self, store: Store) -> None:
        case_id = await recorded(store)
        for attempt in range(1, 6):
            assert (await claimed(store)).attempt == attempt
            assert await store.claim(1, LEASE) == []
            await store.end_leases()
        assert await store.claim(1, LEASE) == [], "a job that ends the process each time is tried five times"
        assert await state(store, case_id) is CaseState.OPEN

    async def test_a_result_that_comes_after_the_job_was_given_away_is_refused(
        self, store: Store, clock: Clock
    ) -> None:
        case_id = await recorded(store)
        late = await claimed(store)
        clock.pass_by(LEASE)
        current = await claimed(store)
        with pytest.raises(LeaseLost):
            await store.finish(late, verdict(True))
        with pytest.raises(LeaseLost):
            await store.release(late, failed=True)
        assert await state(store, case_id) is CaseState.JUDGING
        assert await store.finish(current, verdict(False)) is CaseState.CLEARED

    async def test_a_late_result_counts_while_nobody_else_has_the_job(self, store: Store, clock: Clock) -> None:
        await recorded(store)
        claim = await claimed(store)
        clock.pass_by(LEASE * 2)
        assert await store.claim(0, LEASE) == []
        assert await store.finish(claim, verdict(False)) is CaseState.CLEARED
        assert await store.claim(1, LEASE) == []

    async def test_a_renewed_lease_lasts_longer(self, store: Store, clock: Clock) -> None:
        await recorded(store)
        claim = await claimed(store)
        clock.pass_by(LEASE / 2)
        (renewed,) = await store.renew([claim], LEASE)
        assert renewed.leased_until == clock.now + LEASE
        clock.pass_by(LEASE / 2)
        assert await store.claim(1, LEASE) == []
        assert await store.finish(renewed, verdict(False)) is CaseState.CLEARED

    async def test_a_lost_claim_is_missing_from_the_renewed_ones(self, store: Store, clock: Clock) -> None:
        await recorded(store, 100)
        lost = await claimed(store)
        clock.pass_by(LEASE)
        await recorded(store, 101)
        again, other = await store.claim(2, LEASE)
        assert [claim.job_id for claim in await store.renew([lost, other], LEASE)] == [other.job_id]
        await store.finish(again, verdict(False))
        assert await store.renew([again], LEASE) == []

    async def test_a_verdict_is_stored_once(self, store: Store) -> None:
        case_id = await recorded(store)
        claim = await claimed(store)
        await store.finish(claim, verdict(False))
        with pytest.raises(LeaseLost):
            await store.finish(claim, verdict(True))
        assert await state(store, case_id) is CaseState.CLEARED

    async def test_a_job_that_is_given_back_without_fault_keeps_its_attempts(self, store: Store) -> None:
        case_id = await recorded(store)
        for _ in range(20):
            claim = await claimed(store)
            assert claim.attempt == 1
            assert await store.release(claim, failed=False) is JobState.QUEUED
        assert await state(store, case_id) is CaseState.QUEUED

    async def test_the_fifth_failure_opens_the_case_as_undecided(self, store: Store) -> None:
        case_id = await recorded(store)
        ends = [await store.release(await claimed(store), failed=True) for _ in range(5)]
        assert ends == [JobState.QUEUED] * 4 + [JobState.UNDECIDED]
        assert await state(store, case_id) is CaseState.OPEN
        assert await store.claim(1, LEASE) == []

    async def test_a_job_that_ends_five_workers_opens_the_case_as_undecided(
        self, store: Store, clock: Clock
    ) -> None:
        case_id = await recorded(store)
        for _ in range(5):
            last = await claimed(store)
            clock.pass_by(LEASE)
        assert await store.claim(1, LEASE) == []
        assert await state(store, case_id) is CaseState.OPEN
        (finding,) = (await store.case(case_id)).findings
        assert (finding.state, finding.verdict) == (JobState.UNDECIDED, None)
        with pytest.raises(LeaseLost):
            await store.finish(last, verdict(False))


class TestFairness:
    async def test_a_flood_in_one_guild_does_not_starve_the_others(self, store: Store) -> None:
        quiet = range(1000, 1099)
        await asyncio.gather(*(store.keep_policy(guild, policy()) for guild in quiet))
        await asyncio.gather(*(store.record(suspected(number)) for number in range(1, 5001)))
        await asyncio.gather(*(store.record(suspected(1, guild_id=guild)) for guild in quiet))
        served = [claim.message.guild_id for _ in range(10) for claim in await store.claim(10, LEASE)]
        assert set(served) == {GUILD, *quiet}

    async def test_a_guild_that_comes_late_is_served_next(self, store: Store) -> None:
        await asyncio.gather(*(store.record(suspected(number)) for number in range(1, 301)))
        await store.claim(200, LEASE)
        await store.keep_policy(8, policy())
        await store.record(suspected(guild_id=8))
        assert 8 in {claim.message.guild_id for claim in await store.claim(2, LEASE)}

    async def test_a_new_guild_does_not_overtake_a_served_one_for_long(self, store: Store) -> None:
        await asyncio.gather(*(store.record(suspected(number)) for number in range(1, 101)))
        await store.claim(100, LEASE)  # the queue is empty now, and what was served must not be forgotten
        await store.keep_policy(8, policy())
        await asyncio.gather(*(store.record(suspected(number, guild_id=8)) for number in range(1, 51)))
        await store.record(suspected(500))
        assert GUILD in {claim.message.guild_id for claim in await store.claim(2, LEASE)}

    async def test_a_guild_that_was_quiet_for_long_has_saved_up_nothing(self, store: Store) -> None:
        await store.keep_policy(8, policy())
        await store.record(suspected(1, guild_id=8))
        await asyncio.gather(*(store.record(suspected(number)) for number in range(1, 101)))
        await store.claim(101, LEASE)
        await asyncio.gather(*(store.record(suspected(number, guild_id=8)) for number in range(2, 51)))
        await store.record(suspected(500))
        assert GUILD in {claim.message.guild_id for claim in await store.claim(2, LEASE)}

    async def test_an_old_job_that_comes_back_does_not_turn_the_clock_back(self, store: Store) -> None:
        await asyncio.gather(*(store.record(suspected(number)) for number in range(1, 101)))
        oldest, *_ = await store.claim(100, LEASE)
        await store.release(oldest, failed=False)
        assert (await claimed(store)).job_id == oldest.job_id
        await store.keep_policy(8, policy())
        await asyncio.gather(*(store.record(suspected(number, guild_id=8)) for number in range(1, 51)))
        await store.record(suspected(500))
        assert GUILD in {claim.message.guild_id for claim in await store.claim(2, LEASE)}

    async def test_within_a_guild_the_first_comes_first(self, store: Store) -> None:
        for number in (30, 10, 20):
            await recorded(store, number)
        assert [claim.message.id for claim in await store.claim(3, LEASE)] == [30, 10, 20]


class TestVerdicts:
    @pytest.mark.parametrize(
        ("violation", "job", "case"),
        [
            (True, JobState.JUDGED, CaseState.OPEN),
            (False, JobState.JUDGED, CaseState.CLEARED),
            (None, JobState.UNDECIDED, CaseState.OPEN),
        ],
    )
    async def test_the_verdict_moves_the_case_and_is_kept_whole(
        self, store: Store, violation: bool | None, job: JobState, case: CaseState
    ) -> None:
        case_id = await recorded(store)
        assert await store.finish(await claimed(store), verdict(violation)) is case
        found = await store.case(case_id)
        assert found.state is case
        assert [(finding.state, finding.verdict) for finding in found.findings] == [(job, verdict(violation))]

    async def test_a_case_is_cleared_only_when_its_last_job_is(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        await store.record(suspected(policies=("harassment", "spam")))
        first, second = await store.claim(2, LEASE)
        assert await store.finish(first, verdict(False)) is CaseState.JUDGING
        await store.release(second, failed=False)
        assert (await store.case(first.case_id)).state is CaseState.QUEUED
        assert await store.finish(await claimed(store), verdict(False)) is CaseState.CLEARED

    async def test_one_violation_opens_the_case_whatever_the_other_policies_say(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        await store.record(suspected(policies=("harassment", "spam")))
        first, second = await store.claim(2, LEASE)
        assert await store.finish(first, verdict(True)) is CaseState.OPEN
        assert await store.finish(second, verdict(False)) is CaseState.OPEN


class TestRevisions:
    async def test_an_edit_is_a_new_revision_of_the_same_case(self, store: Store) -> None:
        case_id = await recorded(store)
        assert await recorded(store, text="you total loser") == case_id
        case = await store.case(case_id)
        assert [revision.content for revision in case.revisions] == ["you loser", "you total loser"]
        assert [finding.revision for finding in case.findings] == [1, 2]

    async def test_a_cleared_case_that_is_edited_waits_again(self, store: Store) -> None:
        case_id = await recorded(store)
        await store.finish(await claimed(store), verdict(False))
        await recorded(store, text="edited")
        assert await state(store, case_id) is CaseState.QUEUED
        assert await store.finish(await claimed(store), verdict(True)) is CaseState.OPEN

    async def test_an_open_case_that_is_edited_stays_open(self, store: Store) -> None:
        case_id = await opened(store)
        await recorded(store, text="edited")
        assert await state(store, case_id) is CaseState.OPEN
        assert await store.finish(await claimed(store), verdict(False)) is CaseState.OPEN

    async def test_every_flagged_revision_is_judged(self, store: Store) -> None:
        await recorded(store)
        await recorded(store, text="edited")
        claims = await store.claim(5, LEASE)
        assert [(claim.revision, claim.message.content) for claim in claims] == [(1, "you loser"), (2, "edited")]

    async def test_going_back_to_an_earlier_text_is_no_new_revision(self, store: Store) -> None:
        await recorded(store)
        await recorded(store, text="edited")
        assert await store.record(suspected()) is None


class TestReading:
    async def test_an_unknown_case_is_said_so(self, store: Store) -> None:
        for unknown in (12345, 0, -1, 2**63, 10**30):
            with pytest.raises(UnknownCase, match=str(unknown)):
                await store.case(unknown)

    async def test_cases_come_by_id_and_each_once_over_many_pages(self, store: Store) -> None:
        ids = await asyncio.gather(*(store.record(suspected(number)) for number in range(1, 201)))
        for claim in await store.claim(130, LEASE):
            await store.finish(claim, verdict(claim.message.id > 20))
        wanted = (CaseState.QUEUED, CaseState.OPEN)
        found = await listed(store, *wanted)
        assert [case.id for case in found] == sorted(ids)[20:]
        assert {case.state for case in found} == set(wanted)

    async def test_no_state_asked_for_gives_no_case(self, store: Store) -> None:
        await recorded(store)
        assert await listed(store) == []

    async def test_cases_may_change_while_they_are_read(self, store: Store) -> None:
        await asyncio.gather(*(store.record(suspected(number)) for number in range(1, 121)))
        for claim in await store.claim(120, LEASE):
            await store.finish(claim, verdict(True))
        seen = []
        async for case in store.cases(CaseState.OPEN):
            seen.append(case.id)
            await store.decide(decision(case.id))
        assert len(seen) == len(set(seen)) == 120

    async def test_counts_name_every_state(self, store: Store) -> None:
        await opened(store)
        assert await store.job_counts() == dict.fromkeys(JobState, 0) | {JobState.JUDGED: 1}
        assert await store.case_counts() == dict.fromkeys(CaseState, 0) | {CaseState.OPEN: 1}


class TestLife:
    async def test_everything_is_there_after_a_restart(self, opener: Opener) -> None:
        async with opener() as store:
            await store.keep_policy(GUILD, policy())
            case_id = await opened(store)
            await store.decide(decision(case_id))
            await recorded(store, 101)
            claim = await claimed(store)
            await store.advance(GUILD, {5: 101})
            before = await store.case(case_id)
        async with opener() as store:
            assert await store.case(case_id) == before
            assert await store.watermarks(GUILD) == {5: 101}
            assert await store.finish(claim, verdict(False)) is CaseState.CLEARED

    async def test_what_was_handed_in_before_the_end_is_written(self, opener: Opener) -> None:
        async with opener() as store:
            await store.keep_policy(GUILD, policy())
            waiting = [asyncio.create_task(recorded(store, number)) for number in range(1, 51)]
            await asyncio.sleep(0)
        assert len(set(await asyncio.gather(*waiting))) == 50
        async with opener() as store:
            assert (await store.case_counts())[CaseState.QUEUED] == 50

    async def test_a_closed_store_says_so(self, opener: Opener) -> None:
        async with opener() as store:
            pass
        with pytest.raises(StoreUnavailable, match="closed"):
            await store.record(suspected())
        with pytest.raises(StoreUnavailable, match="closed"):
            await store.case(1)

    async def test_a_failing_call_does_not_harm_those_beside_it(self, store: Store) -> None:
        answers = await asyncio.gather(
            *(store.record(suspected(number, guild_id=GUILD + number % 2)) for number in range(1, 41)),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, StoreError) for answer in answers) == 20
        assert (await store.case_counts())[CaseState.QUEUED] == 20

    async def test_a_cancelled_call_is_done_whole_or_not_at_all(self, store: Store) -> None:
        calls = [asyncio.create_task(store.record(suspected(number))) for number in range(1, 201)]
        await asyncio.sleep(0.001)
        for call in calls[::2]:
            call.cancel()
        kept = [a for a in await asyncio.gather(*calls, return_exceptions=True) if isinstance(a, int)]
        assert len(kept) >= 100
        found = await listed(store, CaseState.QUEUED)
        assert set(kept) <= {case.id for case in found}
        assert all(len(case.revisions) == len(case.findings) == 1 for case in found)
