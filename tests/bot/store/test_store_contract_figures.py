"""What every `Store` must do: figures of each day, digests that are sent once, and what the operator sees."""

from datetime import date, timedelta

import pytest

from bot.case import Action, CaseState, Claim, Suspected
from bot.ports import Store
from bot.records.figures import Counts, DecisionDay, GuildFigures, PolicyDay, QueueDay, RuleFigures
from bot.records.waits import Waits, bin_of
from bot.tallies import Traffic
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Effort, Mode
from policies.verdict import FirstLook, Timing
from tests.bot.store.conftest import Opener
from tests.bot.store.samples import GUILD, LEASE, START, Clock, decision, message, policy, suspected, verdict
from tests.bot.store.steps import claimed, ended, opened, recorded

TODAY = date(2030, 1, 1)
OTHER = 8
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def figures(store: Store, guild_id: int = GUILD, first: date = TODAY, days: int = 30) -> GuildFigures:
    return await store.figures(guild_id, first, first + timedelta(days=days))


async def counted(store: Store) -> Counts:
    (found,) = (await figures(store)).days
    return found.counts


async def decide(store: Store, case_id: int, action: Action, at: Clock) -> None:
    word = decision(case_id, action=action).model_copy(update={"decided_at": at.now})
    assert (await store.decide(word))[1]
    assert await store.settle(case_id, enforced=True, outcome="done")


class TestVerdicts:
    async def test_one_is_counted_with_what_it_took_on_the_day_on_which_it_came(
        self, store: Store, clock: Clock
    ) -> None:
        await recorded(store)
        clock.pass_by(DAY)
        timing = Timing(queued=1.5, prefill=20, reasoning=30.25, answer=4)
        looked = FirstLook(effort=Effort.LOW, probability=0.5, tokens=3)
        said = verdict(False).model_copy(update={"timing": timing, "first_look": looked})
        (claim,) = await store.claim(1, LEASE)
        await store.finish(claim, said)
        spent = {"queued": 1500, "prefill": 20_000, "reasoning": 30_250, "answer": 4000}
        expected = Counts(verdicts=1, second_looks=1, tokens=12, **spent)
        assert (await figures(store)).days == (PolicyDay(TODAY + DAY, "harassment", expected),)
        assert expected.computing == 54_250

    async def test_violations_are_counted_with_the_rules_that_they_cite(self, store: Store) -> None:
        await opened(store, 1)
        await opened(store, 2)
        assert await counted(store) == Counts(verdicts=2, violations=2, tokens=24)
        assert (await figures(store)).rules == (RuleFigures("harassment", "H1", cited=2),)

    async def test_what_was_just_written_is_counted_for_estimates(self, store: Store) -> None:
        await store.record(Suspected(**{**dict(suspected()), "just_written": True}))
        await store.finish(await claimed(store), verdict(True))
        assert (await counted(store)).tally.confirmed == 1

    @pytest.mark.parametrize("way", ["unreadable", "released", "leases end", "process ends"])
    async def test_what_stays_undecided_is_counted_once(self, store: Store, clock: Clock, way: str) -> None:
        await recorded(store)
        for _ in range(5):
            (claim,) = await store.claim(1, LEASE)
            if way == "unreadable":
                await store.finish(claim, verdict(None))
                break
            if way == "released":
                await store.release(claim, failed=True)
            elif way == "process ends":
                await store.end_leases()
            clock.pass_by(LEASE)
        assert await store.claim(1, LEASE) == []
        found = await counted(store)
        assert (found.verdicts, found.undecided, found.violations) == (1, 1, 0)
        assert len((await figures(store)).waiting_since) == 1

    @pytest.mark.parametrize(("said", "kind"), [(True, "missed"), (False, "cleared"), (None, "unsure")])
    async def test_random_checks_are_counted_apart(self, store: Store, said: bool | None, kind: str) -> None:
        await store.record(drawn())
        (claim,) = await store.claim(1, LEASE)
        await store.finish(claim, verdict(said))
        found = await counted(store)
        assert getattr(found, kind) == 1
        assert (found.verdicts, found.violations, found.undecided) == (0, 0, 0)

    async def test_messages_are_added_to_the_day_on_which_they_are_kept(self, store: Store, clock: Clock) -> None:
        for _ in range(2):
            await store.keep_traffic([Traffic(GUILD, "harassment", policy().digest, b"", looked_at=10, flagged=1)])
            clock.pass_by(DAY)
        found = (await figures(store)).days
        assert [(each.day, each.counts.looked_at, each.counts.flagged) for each in found] == [
            (TODAY, 10, 1),
            (TODAY + DAY, 10, 1),
        ]


def drawn(number: int = 100) -> Suspected:
    evidence = Evidence(kind=EvidenceKind.AUDIT, name="", start=0, end=0, quote="")
    suspicion = Suspicion(policy_id="harassment", evidence=(evidence,))
    return Suspected(message=message(number, "hm"), suspicions=(suspicion,), just_written=True)


class TestDecisions:
    @pytest.mark.parametrize(("action", "confirmed"), [(Action.DELETE, 1), (Action.WARN, 1), (Action.DISMISS, 0)])
    async def test_they_confirm_or_overturn_the_verdict_and_its_rules(
        self, store: Store, clock: Clock, action: Action, confirmed: int
    ) -> None:
        case_id = await opened(store)
        clock.pass_by(2 * HOUR)
        await decide(store, case_id, action, clock)
        found = await counted(store)
        assert (found.agreed, found.overturned) == (confirmed, 1 - confirmed)
        waits = Waits({bin_of(2 * HOUR): 1})
        all_of_it = await figures(store)
        assert all_of_it.rules == (RuleFigures("harassment", "H1", 1, confirmed, 1 - confirmed, waits),)
        assert {each.policy_id: each.waits for each in all_of_it.waits} == {"": waits, "harassment": waits}
        assert all_of_it.decisions == tuple(
            DecisionDay(TODAY, policy_id, action, 1, 0) for policy_id in ("", "harassment")
        )
        assert all_of_it.waiting_since == ()

    async def test_a_case_under_two_policies_is_one_for_the_guild_and_one_for_each(
        self, store: Store, clock: Clock
    ) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        case_id = await store.record(suspected(policies=("harassment", "spam")))
        assert case_id is not None
        for claim in await store.claim(2, LEASE):
            await store.finish(claim, verdict(True))
            clock.pass_by(HOUR)
        await decide(store, case_id, Action.DELETE, clock)
        found = {each.policy_id: each.waits for each in (await figures(store)).waits}
        assert found == {
            "": Waits({bin_of(2 * HOUR): 1}),
            "harassment": Waits({bin_of(2 * HOUR): 1}),
            "spam": Waits({bin_of(HOUR): 1}),
        }

    async def test_an_answer_that_could_not_be_read_waits_for_people_and_agrees_with_nobody(
        self, store: Store, clock: Clock
    ) -> None:
        case_id = await recorded(store)
        await store.finish(await claimed(store), verdict(None))
        clock.pass_by(HOUR)
        await decide(store, case_id, Action.DELETE, clock)
        found = await figures(store)
        assert (found.days[0].counts.agreed, found.days[0].counts.overturned) == (0, 0)
        assert [each.waits.number for each in found.waits] == [1, 1]

    async def test_one_that_fails_and_is_made_otherwise_says_what_was_said_last(
        self, store: Store, clock: Clock
    ) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.BAN, enforced=False)
        clock.pass_by(DAY)
        await decide(store, case_id, Action.DISMISS, clock)
        found = await figures(store)
        assert (found.days[0].counts.agreed, found.days[0].counts.overturned) == (0, 1)
        assert found.days[0].day == TODAY
        whole = [(each.action, each.number, each.failed) for each in found.decisions if not each.policy_id]
        assert whole == [(Action.BAN, 1, 1), (Action.DISMISS, 1, 0)]
        assert [each.waits.number for each in found.waits if not each.policy_id] == [1]

    async def test_deleting_after_a_timeout_is_no_second_opinion(self, store: Store, clock: Clock) -> None:
        case_id = await opened(store)
        await decide(store, case_id, Action.TIMEOUT, clock)
        await decide(store, case_id, Action.DELETE, clock)
        assert (await counted(store)).agreed == 1

    async def test_what_is_written_anew_is_answered_anew(self, store: Store, clock: Clock) -> None:
        case_id = await opened(store)
        await decide(store, case_id, Action.DISMISS, clock)
        await recorded(store, text="loser again")
        assert await store.finish(await claimed(store), verdict(True)) is CaseState.OPEN
        await decide(store, case_id, Action.DELETE, clock)
        found = await counted(store)
        assert (found.agreed, found.overturned) == (1, 1)

    async def test_they_stay_when_the_case_is_forgotten_and_go_with_the_guild(
        self, store: Store, clock: Clock
    ) -> None:
        case_id = await opened(store)
        await decide(store, case_id, Action.DELETE, clock)
        await store.begin_digest(GUILD, TODAY, 5)
        await store.purge(GUILD)
        assert await figures(store) == GuildFigures(TODAY, TODAY + timedelta(days=30))
        assert await store.digest(GUILD) is None


class TestReading:
    async def test_only_the_guild_and_the_days_that_were_asked_for(self, store: Store, clock: Clock) -> None:
        await store.keep_policy(OTHER, policy())
        for day in range(3):
            await opened(store, 10 + day)
            clock.pass_by(DAY)
        assert (await figures(store, OTHER)).days == ()
        assert [each.day for each in (await figures(store, first=TODAY + DAY, days=0)).days] == [TODAY + DAY]
        assert len((await figures(store)).days) == 3

    async def test_versions_of_a_policy_are_added_up_and_told_as_changes(self, store: Store, clock: Clock) -> None:
        await opened(store, 1)
        clock.pass_by(HOUR)
        await store.keep_policy(GUILD, policy(goal="Be kinder."))
        await opened(store, 2)
        assert (await counted(store)).violations == 2
        changes = (await figures(store)).changes
        assert [(each.policy_id, each.at, each.is_new) for each in changes] == [
            ("harassment", START, True),
            ("harassment", START + HOUR, False),
        ]

    async def test_one_policys_part(self, store: Store, clock: Clock) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        await decide(store, await opened(store), Action.DELETE, clock)
        await store.record(suspected(2, policies=("spam",)))
        await store.finish(await claimed(store), verdict(True))
        part = (await figures(store)).of_policy("harassment")
        assert {each.policy_id for each in (*part.days, *part.rules)} == {"harassment"}
        assert [each.waits.number for each in part.waits if not each.policy_id] == [1]

    async def test_the_queue_is_what_people_are_shown(self, store: Store, clock: Clock) -> None:
        await store.keep_policy(GUILD, policy("quiet", mode=Mode.SHADOW))
        await store.record(suspected(1, policies=("quiet",)))
        await store.finish(await claimed(store), verdict(True))
        await store.note_queue()
        assert (await figures(store)).queue_days == ()
        await opened(store, 2)
        clock.pass_by(HOUR)
        await store.note_queue()
        case_id = await opened(store, 3)
        await decide(store, case_id, Action.DELETE, clock)
        await store.note_queue()
        found = await figures(store)
        assert found.waiting_since == (START,)
        assert found.queue_days == (QueueDay(TODAY, 1, 3_600_000_000),)


class TestDigests:
    async def test_one_that_is_begun_is_remembered_until_it_is_known_to_hang_there(
        self, opener: Opener, clock: Clock
    ) -> None:
        async with opener() as store:
            assert await store.digest(GUILD) is None
            await store.begin_digest(GUILD, TODAY, 5)
        clock.pass_by(HOUR)
        async with opener() as store:
            found = await store.digest(GUILD)
            assert found is not None
            assert (found.week, found.channel_id, found.begun_at, found.done) == (TODAY, 5, START, False)
            await store.end_digest(GUILD, TODAY)
            done = await store.digest(GUILD)
            assert done is not None
            assert done.done
            await store.forget_digest(GUILD)
            assert await store.digest(GUILD) == done, "what is done is not forgotten"

    async def test_one_that_was_refused_is_owed_as_before(self, store: Store) -> None:
        await store.begin_digest(GUILD, TODAY, 5)
        await store.forget_digest(GUILD)
        assert await store.digest(GUILD) is None

    async def test_a_week_without_anything_to_tell_is_over_too(self, store: Store) -> None:
        await store.end_digest(GUILD, TODAY)
        found = await store.digest(GUILD)
        assert found is not None
        assert (found.done, found.channel_id) == (True, None)


class TestOperation:
    async def test_what_waits_and_since_when(self, store: Store, clock: Clock) -> None:
        await opened(store, 1)
        clock.pass_by(HOUR)
        await recorded(store, 2)
        await store.record(drawn(3))
        clock.pass_by(HOUR)
        await recorded(store, 4)
        found = await store.operation()
        assert (found.waiting, found.judging, found.audits) == (2, 0, 1)
        assert (found.oldest_waiting, found.oldest_open) == (START + HOUR, START)
        assert (found.open_cases, found.cards_owed, found.pending_decisions) == (1, 1, 0)
        held: list[Claim] = await store.claim(1, LEASE)
        await store.decide(decision(held[0].case_id - 1))
        found = await store.operation()
        assert (found.waiting, found.judging, found.pending_decisions) == (1, 1, 1)
        assert found.oldest_waiting == START + 2 * HOUR

    async def test_commits_are_timed(self, store: Store) -> None:
        before = store.write_times().number
        await recorded(store)
        after = store.write_times()
        assert after.number == before + 1
        assert after.total > 0
