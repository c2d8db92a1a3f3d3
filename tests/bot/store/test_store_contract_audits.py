"""What every `Store` must do: random checks, the counts of policies, and how scores are spread."""

import pytest

from bot.case import CaseState, JobState, Suspected
from bot.ports import Backlog, Store, UnknownCase
from bot.tallies import Traffic
from inference.prefilter.budget.audit import Tally
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from tests.bot.store.conftest import Opener
from tests.bot.store.samples import GUILD, LEASE, Clock, message, policy, suspected, suspicion, verdict
from tests.bot.store.steps import listed, recorded

OTHER = 8
DIGEST = policy().digest


def drawn_for(policy_id: str) -> Suspicion:
    evidence = Evidence(kind=EvidenceKind.AUDIT, name="", start=0, end=0, quote="")
    return Suspicion(policy_id=policy_id, evidence=(evidence,))


def drawn(number: int = 100, text: str = "hm", guild: int = GUILD, *others: Suspicion) -> Suspected:
    suspicions = (drawn_for("harassment"), *others)
    return Suspected(message=message(number, text, guild), suspicions=suspicions, just_written=True)


async def counts(store: Store, policy_id: str = "harassment") -> Tally:
    return await store.tally(GUILD, policy_id, policy(policy_id).digest)


async def answered(store: Store, violation: bool | None, audits: int = 1) -> CaseState:
    (claim,) = await store.claim(1, LEASE, audits=audits)
    return await store.finish(claim, verdict(violation))


class TestRandomChecks:
    async def test_they_are_claimed_after_everything_else_and_as_many_as_asked_for(self, store: Store) -> None:
        for number in (1, 2, 3):
            await store.record(drawn(number))
        await recorded(store, 4)
        assert [claim.message.id for claim in await store.claim(9, LEASE, audits=1)] == [4, 1]
        assert await store.claim(9, LEASE, audits=0) == []
        await recorded(store, 5)
        assert [claim.message.id for claim in await store.claim(2, LEASE, audits=9)] == [5, 2]
        with pytest.raises(ValueError, match="random checks"):
            await store.claim(1, LEASE, audits=-1)

    async def test_they_make_no_guild_wait_for_its_turn(self, store: Store) -> None:
        await store.keep_policy(OTHER, policy())
        for number in range(1, 30):
            await store.record(drawn(number))
        await recorded(store, 50)
        await store.record(suspected(60, guild_id=OTHER))
        await recorded(store, 51)
        assert [claim.message.id for claim in await store.claim(3, LEASE)] == [50, 60, 51]

    async def test_nobody_is_told_that_they_wait(self, store: Store) -> None:
        await store.record(drawn())
        assert (await store.job_counts())[JobState.QUEUED] == 0
        assert await store.backlog(GUILD) == Backlog(0, 0)
        assert await store.waiting_audits() == 1
        assert await store.waiting_suspicions() == 0
        await recorded(store, 200)
        assert (await store.waiting_audits(), await store.waiting_suspicions()) == (1, 1)
        await store.claim(1, LEASE)
        assert await store.waiting_suspicions() == 0, "it is being judged"

    async def test_one_that_finds_nothing_leaves_its_count_only(self, store: Store) -> None:
        case_id = await store.record(drawn())
        assert case_id is not None
        assert await counts(store) == Tally(drawn=1)
        assert await answered(store, False) is CaseState.CLEARED
        assert await counts(store) == Tally(drawn=1, cleared=1)
        assert await listed(store, *CaseState) == []
        assert await store.find(GUILD, 100) is None
        with pytest.raises(UnknownCase):
            await store.case(case_id)

    async def test_one_that_finds_a_violation_is_a_case_like_any_other(self, store: Store) -> None:
        case_id = await store.record(drawn())
        assert await answered(store, True) is CaseState.OPEN
        (case,) = await store.cards_owed(GUILD, 5)
        assert (case.id, case.findings[0].suspicion.is_audit) == (case_id, True)
        assert await counts(store) == Tally(drawn=1, missed=1)

    async def test_one_whose_answer_cannot_be_read_is_counted_and_shown_to_nobody(self, store: Store) -> None:
        await store.record(drawn())
        assert await answered(store, None) is CaseState.CLEARED
        assert await listed(store, *CaseState) == []
        assert await counts(store) == Tally(drawn=1, unsure=1)

    @pytest.mark.parametrize("way", ["released", "leases end"])
    async def test_one_that_fails_five_times_is_given_up(self, store: Store, clock: Clock, way: str) -> None:
        await store.record(drawn())
        for _ in range(5):
            (claim,) = await store.claim(1, LEASE)
            if way == "released":
                await store.release(claim, failed=True)
            clock.pass_by(LEASE)
        assert await store.claim(1, LEASE) == []
        assert await listed(store, *CaseState) == []
        assert await counts(store) == Tally(drawn=1, unsure=1)

    async def test_what_something_else_suspects_stays(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        case_id = await store.record(drawn(100, "hm", GUILD, suspicion("spam")))
        assert case_id is not None
        assert await answered(store, True) is CaseState.OPEN
        before = await store.case(case_id)
        assert await answered(store, False) is CaseState.OPEN
        after = await store.case(case_id)
        assert [finding.policy.id for finding in after.findings] == ["spam"]
        assert after.version > before.version, "its card no longer says that something waits"
        assert await counts(store, "spam") == Tally(confirmed=1)

    async def test_those_that_wait_can_be_dropped_uncounted(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        for number in (1, 2):
            await store.record(drawn(number))
        both = await store.record(drawn(3, "hm", GUILD, suspicion("spam")))
        assert [claim.message.id for claim in await store.claim(2, LEASE)] == [3, 1]
        assert await store.drop_audits() == 2
        assert [case.message.id for case in await listed(store, *CaseState)] == [1, 3]
        assert both is not None
        assert [finding.policy.id for finding in (await store.case(both)).findings] == ["spam"]
        assert await counts(store) == Tally(drawn=1)
        assert await store.waiting_audits() == 0

    async def test_a_known_text_is_not_drawn_again(self, store: Store) -> None:
        await recorded(store, 100, "hm")
        assert await store.record(drawn(100, "hm")) is None
        assert await counts(store) == Tally()


class TestCounts:
    async def test_only_what_was_counted_when_written_confirms_a_policy(self, store: Store) -> None:
        await store.record(suspected(1).model_copy(update={"just_written": True}))
        await store.record(suspected(2))
        for _ in range(2):
            await answered(store, True)
        assert await counts(store) == Tally(confirmed=1)

    async def test_counts_add_up_per_version_and_outlive_a_restart(self, opener: Opener) -> None:
        async with opener() as store:
            await store.keep_traffic([Traffic(GUILD, "spam", "v1", b"one", 10, 2), Traffic(OTHER, "a", "v", b"")])
            await store.keep_traffic([Traffic(GUILD, "spam", "v1", b"two", 5, 1)])
            await store.keep_traffic([Traffic(GUILD, "spam", "v2", b"three", 7, 0)])
        async with opener() as store:
            assert await store.tally(GUILD, "spam", "v1") == Tally(looked_at=15, flagged=3)
            assert await store.tally(GUILD, "spam", "v2") == Tally(looked_at=7)
            assert await store.tally(GUILD, "spam", "v3") == Tally()
            assert sorted(await store.traffic(), key=lambda kept: kept.guild_id) == [
                Traffic(GUILD, "spam", "v2", b"three"),
                Traffic(OTHER, "a", "v", b""),
            ]

    async def test_a_purge_takes_them_along(self, store: Store) -> None:
        for guild in (GUILD, OTHER):
            await store.keep_traffic([Traffic(guild, "spam", "v1", b"x", 10, 2)])
        await store.record(drawn())
        assert await store.guilds() == [GUILD, OTHER]
        await store.purge(GUILD)
        assert await store.guilds() == [OTHER]
        assert await store.tally(GUILD, "spam", "v1") == Tally()
        assert await store.traffic() == [Traffic(OTHER, "spam", "v1", b"x")]
        assert await store.waiting_audits() == 0
        await store.purge(OTHER)
        assert await store.guilds() == []
