"""What was erased is not in the database's files any more, once they are wiped. The files themselves are read."""

import random
import re
import sqlite3
from collections.abc import AsyncIterator, Collection
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ports import StoreUnavailable
from bot.store import open_store, sqlite_retention
from bot.store.migration import migrate, migrations
from bot.store.sqlite import SqliteStore
from bot.store.vault import Vault
from tests.bot.store.samples import GUILD, LEASE, SECRET, Clock, decision, message, policy, suspected, verdict

OTHER = 8
DAYS = timedelta(days=30)
TEXTS = {GUILD: "what another guild's member said", OTHER: SECRET}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
async def store(path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    async with open_store(path, clock=clock) as opened:
        assert isinstance(opened, SqliteStore)
        yield opened


@pytest.fixture
def nothing_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that traces of a text are seen wherever they are."""
    monkeypatch.setattr(Vault, "sealed", lambda _vault, _kind, text: text)
    for function in ("opened", "opened_whole"):
        monkeypatch.setattr(Vault, function, lambda _vault, _kind, text, *_row: text and text.decode())


def contents(path: Path) -> list[bytes]:
    files = [Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm")]
    return [file.read_bytes() for file in files if file.exists()]


def traces(path: Path, text: str) -> int:
    return sum(content.count(text.encode()) for content in contents(path))


def sealed_texts(path: Path, guild_id: int) -> set[bytes]:
    """What every sealed text of a guild begins with: its nonce is in it, so no two are the same."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(
            "SELECT message, earlier, suspicion, verdict FROM revision"
            " JOIN case_file ON case_file.id = revision.case_id JOIN job ON job.case_id = case_file.id"
            " WHERE guild_id = ?",
            (guild_id,),
        )
        return {text[:48].encode() for row in rows for text in row if text}


def found(path: Path, begins: Collection[bytes]) -> int:
    """How many of these are anywhere in the files."""
    there = {
        each for content in contents(path) for each in re.findall(rb"sealed1:[0-9a-f]{8}:[\w+/]{31}", content)
    }
    return len(there & set(begins))


async def live(store: SqliteStore, cases: int = 120) -> None:
    """Two guilds write side by side; rows grow later, and are spread over more and more pages."""
    chance = random.Random(1)
    for guild in TEXTS:
        await store.keep_policy(guild, policy())
    for number in range(1, cases + 1):
        guild = GUILD if number % 2 else OTHER
        await store.record(suspected(number, f"{number} " + f"{TEXTS[guild]} " * chance.randint(1, 20), guild))
    claims = await store.claim(cases, LEASE)
    for claim in chance.sample(claims, cases):
        text = TEXTS[claim.message.guild_id]
        told = {"reasoning": f"{text} " * chance.randint(1, 20), "rationale": text, "quotes": (text,)}
        await store.finish(claim, verdict(True).model_copy(update=told))
    for claim in claims[: cases // 2]:
        text = TEXTS[claim.message.guild_id]
        await store.note_edit(message(claim.message.id, f"now: {text}", claim.message.guild_id))
        await store.decide(decision(claim.case_id).model_copy(update={"reason": text}))
        await store.settle(claim.case_id, enforced=True, outcome="done")


async def erase(store: SqliteStore, clock: Clock) -> None:
    clock.pass_by(DAYS)
    while await store.erase_expired(OTHER, clock(), 10):
        pass


@pytest.mark.usefixtures("nothing_is_sealed")
async def test_no_trace_of_a_text_is_left(store: SqliteStore, path: Path, clock: Clock) -> None:
    await live(store)
    assert traces(path, SECRET) > 500
    await erase(store, clock)
    assert await store.wipe(at_most_every=timedelta(days=1))
    assert traces(path, SECRET) == 0
    assert traces(path, TEXTS[GUILD]) > 500


async def test_no_trace_of_what_was_sealed_is_left(store: SqliteStore, path: Path, clock: Clock) -> None:
    """Not even what only the key would open: keys get lost to others."""
    await live(store)
    gone, kept = sealed_texts(path, OTHER), sealed_texts(path, GUILD)
    assert found(path, gone) == len(gone) > 200
    await erase(store, clock)
    assert await store.wipe(at_most_every=timedelta(days=1))
    assert found(path, gone) == 0
    assert found(path, kept) == len(kept)


@pytest.mark.usefixtures("nothing_is_sealed")
async def test_a_wish_leaves_no_trace_either(store: SqliteStore, path: Path, clock: Clock) -> None:
    await live(store)
    wish, _ = await store.ask_for_erasure(OTHER, 55, "en")
    clock.pass_by(timedelta(days=8))
    while (await store.carry_out(wish, 10)).more:
        pass
    assert await store.wipe(at_most_every=timedelta(days=1))
    assert traces(path, SECRET) == 0


async def test_what_is_forgotten_is_wiped_too(store: SqliteStore, path: Path, clock: Clock) -> None:
    await live(store, 20)
    await erase(store, clock)
    assert await store.wipe(at_most_every=timedelta(0))
    mark = b"erased 1"
    assert any(mark in content for content in contents(path))
    while await store.forget_expired(OTHER, clock(), 10):
        pass
    assert await store.wipe(at_most_every=timedelta(0))
    assert not any(mark in content for content in contents(path))


async def test_what_is_erased_while_the_file_is_written_anew_stays_owed(
    store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def meanwhile(_: object) -> None:
        await store.erase_expired(GUILD, clock(), 1)

    await live(store, 10)
    await erase(store, clock)
    with monkeypatch.context() as patches:
        patches.setattr(sqlite_retention, "write_anew", meanwhile)
        assert await store.wipe(at_most_every=timedelta(0))
    assert await store.wipe(at_most_every=timedelta(0))
    assert not await store.wipe(at_most_every=timedelta(0))


async def test_fingerprints_of_words_are_forgotten_with_the_words(
    store: SqliteStore, path: Path, clock: Clock
) -> None:
    await live(store, 4)
    await erase(store, clock)
    with closing(sqlite3.connect(path)) as db:
        left = db.execute("SELECT DISTINCT guild_id FROM likeness").fetchall()
        digests = {row[0] for row in db.execute("SELECT digest FROM revision")}
    assert left == [(GUILD,)]
    assert "erased 1" in digests


async def test_a_wipe_that_fails_stays_owed(
    store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(_: object) -> None:
        raise StoreUnavailable("somebody reads")

    await live(store, 10)
    await erase(store, clock)
    with monkeypatch.context() as patches:
        patches.setattr(sqlite_retention, "write_anew", failing)
        with pytest.raises(StoreUnavailable):
            await store.wipe(at_most_every=timedelta(days=1))
    assert await store.wipe(at_most_every=timedelta(days=1))


async def test_context_of_bystanders_from_before_is_known(path: Path, clock: Clock) -> None:
    """A database of the third schema: whose texts stand as context is read out of it once."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        migrate(db, migrations()[:3])
        db.execute(
            "INSERT INTO case_file (id, guild_id, message_id, author_id, state, opened_at)"
            " VALUES (1, 7, 100, 55, 'cleared', 0)"
        )
        seen = suspected()
        said = f"[{','.join(item.model_dump_json() for item in seen.earlier)}]"
        revision = (seen.message.digest, seen.message.model_dump_json(), said)
        db.execute("INSERT INTO revision VALUES (1, 1, ?, ?, ?, 1000000)", revision)
    async with open_store(path, clock=clock) as store:
        assert (await store.kept_of(GUILD, 56)).context == 1
        assert [text.content for text in await store.texts_of(GUILD, 56)] == ["gg"]
        kept = await store.kept_of(GUILD, 55)
        assert (kept.cases, kept.context) == (1, 0)
        assert kept.since is not None
        assert kept.since[0].timestamp() == 1
