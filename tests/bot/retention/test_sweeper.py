"""What is due is erased, in small steps, and members are told of what they asked for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.case import CaseState
from bot.ports import DiscordAway, Refused, StoreUnavailable
from bot.records.retention import ERASED_AT_LATEST, ErasureRequest
from bot.retention import sweeper as sweeping
from bot.retention.pace import Pace
from bot.retention.sweeper import Sweeper
from bot.retention.times import KeepingTimes
from bot.store import open_store
from bot.store.sqlite import SqliteStore
from tests.bot.store.samples import GUILD, LEASE, START, Clock, decision, policy, suspected, verdict

MEMBER = 55
DAY = timedelta(days=1)


class Letterbox:
    """Where confirmations arrive, unless Discord is in the way."""

    def __init__(self) -> None:
        self.confirmed: list[int] = []
        self.failure: Exception | None = None

    async def confirm(self, request: ErasureRequest) -> None:
        if self.failure:
            raise self.failure
        self.confirmed.append(request.member_id)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    async with open_store(tmp_path / "store.db", clock=clock) as opened:
        assert isinstance(opened, SqliteStore)
        await opened.keep_policy(GUILD, policy())
        yield opened


@pytest.fixture
def letters() -> Letterbox:
    return Letterbox()


@pytest.fixture
def changed() -> list[int]:
    """Guilds whose cards have to be brought up to date."""
    return []


@pytest.fixture
def sweeper(store: SqliteStore, letters: Letterbox, clock: Clock, changed: list[int]) -> Sweeper:
    times = KeepingTimes(lambda guild_id: 10 if guild_id == GUILD else 30, most_days=20, forget_days=400)
    return Sweeper(store, times, letters, clock=clock, erased_in=changed.append, pause_seconds=0)


async def fill(store: SqliteStore, cases: int, guild_id: int = GUILD, violation: bool = False) -> None:
    await store.keep_policy(guild_id, policy())
    for number in range(1, cases + 1):
        await store.record(suspected(1000 * guild_id + number, guild_id=guild_id))
    for claim in await store.claim(cases, LEASE):
        await store.finish(claim, verdict(violation))


async def texts(store: SqliteStore) -> list[str]:
    return [case.message.text async for case in store.cases(*CaseState)]


async def test_each_guild_has_its_own_time_and_the_operator_s_is_the_most(
    sweeper: Sweeper, store: SqliteStore, clock: Clock, changed: list[int]
) -> None:
    await fill(store, 2)
    await fill(store, 3, GUILD + 1)
    clock.pass_by(10 * DAY)
    await sweeper.sweep()
    assert sum(map(bool, await texts(store))) == 5
    clock.pass_by(timedelta(seconds=1))
    await sweeper.sweep()
    assert sum(map(bool, await texts(store))) == 3
    assert set(changed) == {GUILD}
    clock.pass_by(10 * DAY)
    await sweeper.sweep()
    assert not any(await texts(store)), "20 days, though the guild has set 30"


async def test_more_than_one_step_is_done_in_one_sweep(sweeper: Sweeper, store: SqliteStore, clock: Clock) -> None:
    await fill(store, 3 * sweeping.TOGETHER + 1)
    clock.pass_by(11 * DAY)
    await sweeper.sweep()
    assert not any(await texts(store))


async def test_old_cases_are_forgotten(sweeper: Sweeper, store: SqliteStore, clock: Clock) -> None:
    await fill(store, 2 * sweeping.TOGETHER + 1)
    clock.pass_by(400 * DAY)
    await sweeper.sweep()
    assert len(await texts(store)) == 21
    clock.pass_by(timedelta(seconds=1))
    await sweeper.sweep()
    assert await texts(store) == []


async def test_a_wish_is_fulfilled_and_its_member_told_once(
    sweeper: Sweeper, store: SqliteStore, letters: Letterbox
) -> None:
    await fill(store, 2 * sweeping.TOGETHER + 1)
    await store.ask_for_erasure(GUILD, MEMBER, "de")
    await sweeper.sweep()
    assert not any(await texts(store))
    await sweeper.sweep()
    assert letters.confirmed == [MEMBER]
    assert (await store.kept_of(GUILD, MEMBER)).request is None


async def test_a_wish_with_a_case_that_waits_is_fulfilled_later(
    sweeper: Sweeper, store: SqliteStore, letters: Letterbox, clock: Clock
) -> None:
    await fill(store, 1, violation=True)
    await store.ask_for_erasure(GUILD, MEMBER, "de")
    await sweeper.sweep()
    assert all(await texts(store))
    assert letters.confirmed == []
    (case,) = [case async for case in store.cases(CaseState.OPEN)]
    await store.decide(decision(case.id))
    await store.settle(case.id, enforced=True, outcome="done")
    await sweeper.sweep()
    assert not any(await texts(store))
    assert letters.confirmed == [MEMBER]
    assert clock() - START < ERASED_AT_LATEST


@pytest.mark.parametrize("failure", [Refused("closed"), DiscordAway("away")])
async def test_a_member_who_cannot_be_told_sees_it_later(
    sweeper: Sweeper, store: SqliteStore, letters: Letterbox, clock: Clock, failure: Exception
) -> None:
    letters.failure = failure
    await fill(store, 1)
    await store.ask_for_erasure(GUILD, MEMBER, "de")
    await sweeper.sweep()
    request = (await store.kept_of(GUILD, MEMBER)).request
    assert request is not None
    assert request.done_at == clock()
    letters.failure = None
    await sweeper.sweep()
    assert letters.confirmed == []
    clock.pass_by(sweeping.REQUESTS_KEPT + DAY)
    await sweeper.sweep()
    assert (await store.kept_of(GUILD, MEMBER)).request is None


async def test_a_store_that_is_away_is_asked_again_and_a_wish_wakes_the_sweeper(
    sweeper: Sweeper, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeps: asyncio.Queue[int] = asyncio.Queue()

    async def sweep() -> None:
        sweeps.put_nowait(1)
        raise StoreUnavailable("locked")

    monkeypatch.setattr(sweeper, "sweep", sweep)
    running = asyncio.create_task(sweeper.run())
    for _ in range(3):
        async with asyncio.timeout(2):
            await sweeps.get()
        sweeper.wake()
    await asyncio.sleep(0.05)
    assert sweeps.qsize() == 1, "it does not spin"
    running.cancel()


async def test_where_nothing_is_due_nothing_is_written(
    sweeper: Sweeper, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, 3, violation=True)
    await store.ask_for_erasure(GUILD, MEMBER, "de")
    await sweeper.sweep()
    written: list[object] = []
    monkeypatch.setattr(store._writer, "write", written.append)
    await sweeper.sweep()
    assert written == []


def test_a_person_may_ask_so_often_and_no_more(clock: Clock) -> None:
    pace = Pace(2, timedelta(minutes=1), clock)
    assert [pace.takes("ada") for _ in range(3)] == [True, True, False]
    assert pace.takes("bob")
    clock.pass_by(timedelta(minutes=1))
    assert [pace.takes("ada") for _ in range(3)] == [True, True, False]
