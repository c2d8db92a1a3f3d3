"""After a purge no byte of the guild is in SQLite's files. The files themselves are read."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.case import CaseState, Claim
from bot.ports import Store, StoreUnavailable
from bot.store import connection as connections
from bot.store import open_store, wiping
from bot.store.migration import migrate, migrations
from bot.store.sqlite import SqliteStore
from bot.store.vault import Vault
from tests.bot.store.samples import (
    GUILD,
    LEASE,
    SECRET,
    START,
    Clock,
    decision,
    message,
    policy,
    suspected,
    verdict,
)

OTHER = 8
KEPT = "what another guild's member said"
TEXTS = {GUILD: KEPT, OTHER: SECRET}


@pytest.fixture(autouse=True)
def nothing_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Traces of what is sealed would not be seen. What is wiped is wiped whether it is sealed or not."""
    monkeypatch.setattr(Vault, "sealed", lambda _vault, _kind, text: text)
    for function in ("opened", "opened_whole"):
        monkeypatch.setattr(Vault, function, lambda _vault, _kind, text, *_row: text and text.decode())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
async def store(path: Path, clock: Clock) -> AsyncIterator[Store]:
    async with open_store(path, clock=clock) as opened:
        yield opened


def size_of_log(path: Path) -> int:
    return Path(f"{path}-wal").stat().st_size


def traces(path: Path, text: str = SECRET) -> int:
    """How often a text is found in the database's files."""
    return sum(file.count(text.encode()) for file in contents(path))


def contents(path: Path) -> list[bytes]:
    files = [Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm")]
    return [file.read_bytes() for file in files if file.exists()]


async def live(store: Store, cases: int = 60, seed: int = 1) -> None:
    """Two guilds write side by side; rows grow later, in any order, and are spread over more and more pages."""
    chance = random.Random(seed)
    for guild, text in TEXTS.items():
        await store.keep_policy(guild, policy(goal=text))
    for number in range(1, cases + 1):
        guild = GUILD if number % 3 else OTHER
        long = f"{number} " + f"{TEXTS[guild]} " * chance.randint(1, 20)
        await store.record(suspected(number, long, guild))
    claims = await store.claim(cases, LEASE)
    for claim in chance.sample(claims, cases):
        reasoning = f"{TEXTS[claim.message.guild_id]} " * chance.randint(1, 20)
        await store.finish(claim, verdict(True).model_copy(update={"reasoning": reasoning}))
    for claim in claims[:60]:
        await edit_and_decide(store, claim)


async def edit_and_decide(store: Store, claim: Claim) -> None:
    text = TEXTS[claim.message.guild_id]
    await store.note_edit(message(claim.message.id, f"now: {text}", claim.message.guild_id))
    await store.decide(decision(claim.case_id).model_copy(update={"reason": text}))
    await store.settle(claim.case_id, enforced=True, outcome=text * 3)


@pytest.mark.parametrize("seed", [1, 3])
async def test_no_trace_is_left_in_the_files(store: Store, path: Path, seed: int) -> None:
    """Without writing the file anew, the first seed leaves traces (SQLite 3.40) though all is overwritten."""
    await live(store, 600, seed)
    assert traces(path) > 1000
    await store.purge(OTHER)
    assert traces(path) == 0
    assert traces(path, KEPT) > 1000
    assert size_of_log(path) == 0
    assert await store.guilds() == [GUILD]
    assert len([case async for case in store.cases(*CaseState)]) == 400


async def test_no_trace_is_left_of_what_the_first_schema_had_written(path: Path) -> None:
    """It did not overwrite what it deleted, but where SQLite was built to do so anyway."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA secure_delete = OFF")
        migrate(db, migrations()[:1])
        for number in range(400):
            guild = (GUILD, OTHER)[number % 2]
            row = (number + 1, guild, str(number), "digest", TEXTS[guild] * 20)
            db.execute("INSERT INTO policy_version VALUES (?, ?, ?, ?, ?, 0)", row)
        db.execute("UPDATE policy_version SET document = '{}' WHERE guild_id = ?", (OTHER,))
    assert traces(path) > 0
    async with open_store(path) as store:
        await store.purge(OTHER)
        assert traces(path) == 0
        assert traces(path, KEPT) > 0
    assert traces(path) == 0


async def test_readers_of_our_own_do_not_hinder_it(store: Store, path: Path) -> None:
    await live(store)

    async def read() -> None:
        while True:
            assert [case async for case in store.cases(*CaseState)]

    reading = [asyncio.create_task(read()) for _ in range(4)]
    await store.purge(OTHER)
    assert traces(path) == 0
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)


async def test_a_stranger_who_reads_for_a_moment_is_waited_for(store: Store, path: Path) -> None:
    await live(store, 20)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM case_file").fetchone()
        purging = asyncio.create_task(store.purge(OTHER))
        await asyncio.sleep(0.3)
        assert not purging.done()
        await asyncio.wait_for(store.advance(GUILD, {5: 1}), timeout=2)
        other.execute("COMMIT")
        await purging
    assert traces(path) == 0


async def test_a_stranger_who_does_not_stop_reading_is_named(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiping, "TRIES", 2)
    await live(store, 20)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM case_file").fetchone()
        with pytest.raises(StoreUnavailable, match="Stop that program and try again"):
            await store.purge(OTHER)
    assert await store.find(OTHER, 3) is None
    assert await store.guilds() == [GUILD, OTHER], "the files still hold traces of it"
    await store.purge(OTHER)
    assert traces(path) == 0
    assert await store.guilds() == [GUILD]


@pytest.mark.parametrize("steps", range(5))
async def test_a_purge_that_a_crash_breaks_off_is_taken_up_by_the_next_one(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """As long as there is a trace, the guild is known: whoever compares guilds at a start purges it again."""
    async with open_store(path, clock=clock) as store:
        assert isinstance(store, SqliteStore)
        await live(store)
        left = iter([None] * steps)
        monkeypatch.setattr(store._writer, "write", stopping(store._writer.write, left))
        monkeypatch.setattr(store._writer, "between", stopping(store._writer.between, left))
        with pytest.raises(KeyboardInterrupt):
            await store.purge(OTHER)
        assert traces(path) > 0
        monkeypatch.undo()
        assert OTHER in await store.guilds()
        await store.purge(OTHER)
        assert traces(path) == 0
        assert await store.guilds() == [GUILD]


def stopping(call: Any, left: Iterator[None]) -> Any:
    """A call that stops the program after some uses."""

    async def use(work: Any) -> Any:
        for _ in left:
            return await call(work)
        raise KeyboardInterrupt

    return use


async def test_an_unknown_guild_costs_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    vacuumed: list[object] = []
    monkeypatch.setattr(wiping, "vacuum", vacuumed.append)
    await live(store, 5)
    await store.purge(999)
    assert vacuumed == []


async def test_a_guild_is_known_by_its_watermarks_alone(store: Store, path: Path) -> None:
    await store.advance(OTHER, {5: 10**18 + 1})
    await store.purge(OTHER)
    assert await store.guilds() == []
    assert not any((10**18 + 1).to_bytes(8, "big") in file for file in contents(path))


async def test_afterwards_a_lock_is_waited_for_as_before(store: SqliteStore) -> None:
    await store.purge(GUILD)
    timeout = await store._writer.between(lambda db: db.execute("PRAGMA busy_timeout").fetchone()[0])
    assert timeout == connections.BUSY_SECONDS * 1000


async def test_a_closed_store_purges_nothing(path: Path) -> None:
    async with open_store(path) as store:
        await store.keep_policy(GUILD, policy())
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.purge(GUILD)


async def test_a_locked_database_is_told_and_can_be_purged_later(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    async with open_store(path, clock=clock) as store:
        await live(store, 10)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="another program holds its lock"):
                await store.purge(OTHER)
        await store.note_deletion(GUILD, [1], START)
        await store.purge(OTHER)
        assert traces(path) == 0
