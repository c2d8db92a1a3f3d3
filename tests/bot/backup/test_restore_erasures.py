"""What members had erased stays erased when a backup from before it is put back."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.backup.making import make_backup
from bot.backup.restoring import Restored, restore
from bot.case import Action, CaseState
from bot.ports import Store
from bot.records.retention import ErasureRequest
from bot.retention.sweeper import ERASURES_KNOWN, Sweeper
from bot.retention.times import KeepingTimes
from bot.settings import Settings
from bot.store import DATABASE, open_store
from tests.bot.store.samples import GUILD, decision, message, policy, suspected

ANN, BOB = 55, 56
DAY = timedelta(days=1)


@dataclass
class Letters:
    """Direct messages that arrived."""

    to: list[int] = field(default_factory=list)

    async def confirm(self, request: ErasureRequest) -> None:
        self.to.append(request.member_id)


@dataclass
class House:
    """A data folder, and the bot that works in it now and then."""

    folder: Path
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    letters: Letters = field(default_factory=Letters)

    def clock(self) -> datetime:
        return self.now

    def open(self) -> AbstractAsyncContextManager[Store]:
        return open_store(self.folder / DATABASE, clock=self.clock)

    def settings(self) -> Settings:
        return Settings(data_folder=self.folder)

    def backup(self) -> Path:
        return make_backup(self.settings(), self.folder.parent / f"{self.now:%j-%H%M%S}.tar", with_key=True).path

    def restored(self, archive: Path) -> Restored:
        return restore(self.settings(), archive, replace=True)

    async def sweep(self, store: Store) -> None:
        times = KeepingTimes(lambda _: 365)
        sweeper = Sweeper(
            store, times, self.letters, clock=self.clock, erased_in=lambda _: None, pause_seconds=0.0
        )
        await sweeper.sweep()

    async def asked(self, member_id: int, *, swept: bool = True) -> None:
        self.now += timedelta(hours=1)
        async with self.open() as store:
            await store.ask_for_erasure(GUILD, member_id, "de")
            if swept:
                await self.sweep(store)
        self.now += timedelta(hours=1)

    async def texts(self, *, swept: bool = True) -> dict[int, str]:
        """{author: text} as the bot knows them after its start."""
        async with self.open() as store:
            if swept:
                await self.sweep(store)
            return {case.message.author_id: case.message.content async for case in store.cases(*CaseState)}


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """Ann's and Bob's messages, both decided."""
    (tmp_path / "data").mkdir(mode=0o700)
    made = House(tmp_path / "data")
    async with made.open() as store:
        await store.keep_policy(GUILD, policy())
        for author in (ANN, BOB):
            written = suspected(author).model_copy(update={"message": message(author, author_id=author)})
            case_id = await store.record(written)
            assert case_id is not None
            (claim,) = await store.claim(1, DAY)
            await store.release(claim, failed=False)
            for _ in range(5):
                (claim,) = await store.claim(1, DAY)
                await store.release(claim, failed=True)
            await store.decide(decision(case_id, action=Action.DISMISS))
            await store.settle(case_id, enforced=True, outcome="done")
    return made


async def test_it_is_erased_again_and_nobody_is_told_twice(house: House) -> None:
    archive = house.backup()
    await house.asked(ANN)
    assert (await house.texts())[ANN] == ""
    assert house.letters.to == [ANN]
    assert house.restored(archive).erasures == 1
    assert (await house.texts(swept=False))[ANN] == "you loser", "what the backup brings"
    assert await house.texts() == {ANN: "", BOB: "you loser"}
    assert house.letters.to == [ANN]


async def test_a_wish_that_waited_is_fulfilled_and_told_as_ever(house: House) -> None:
    archive = house.backup()
    await house.asked(ANN, swept=False)
    assert house.restored(archive).erasures == 1
    assert (await house.texts())[ANN] == ""
    assert house.letters.to == [ANN]


async def test_what_the_backup_knows_is_not_counted(house: House) -> None:
    await house.asked(ANN)
    archive = house.backup()
    house.now += timedelta(hours=1)
    with closing(sqlite3.connect(house.folder / DATABASE)) as db, db:  # the backup's time is the machine's
        db.execute("UPDATE erasure_ledger SET done_at = done_at - 86400000000")
    assert house.restored(archive).erasures == 0
    assert await house.texts() == {ANN: "", BOB: "you loser"}


async def test_it_holds_for_a_second_older_backup_too(house: House) -> None:
    first = house.backup()
    house.now += timedelta(hours=1)
    second = house.backup()
    await house.asked(ANN)
    house.restored(second)
    assert (await house.texts())[ANN] == ""
    assert house.restored(first).erasures == 1
    assert (await house.texts())[ANN] == ""
    assert house.letters.to == [ANN]


async def test_restored_twice_before_a_start_it_holds(house: House) -> None:
    archive = house.backup()
    await house.asked(ANN)
    house.restored(archive)
    assert house.restored(archive).erasures == 1
    assert (await house.texts())[ANN] == ""
    assert house.letters.to == [ANN]


async def test_who_asks_again_meanwhile_is_told_of_it(house: House) -> None:
    archive = house.backup()
    await house.asked(ANN)
    house.restored(archive)
    async with house.open() as store:
        wish, mine = await store.ask_for_erasure(GUILD, ANN, "de")
    assert (mine, wish.silent) == (True, False)
    assert (await house.texts())[ANN] == ""
    assert house.letters.to == [ANN, ANN]


def spoil(path: Path) -> None:
    path.write_bytes(b"no database at all" * 500)


def empty(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)):
        pass


def without_ledger(path: Path) -> None:
    """As the version before left it."""
    with closing(sqlite3.connect(path)) as db, db:
        for end in ("entered", "done", "forgotten"):
            db.execute(f"DROP TRIGGER erasure_request_is_{end}")
        db.execute("DROP TABLE erasure_ledger")
        db.execute("ALTER TABLE erasure_request DROP COLUMN silent")
        db.execute("ALTER TABLE bulk DROP COLUMN undoes")
        db.execute("PRAGMA user_version = 11")


@pytest.mark.parametrize("change", [spoil, empty, without_ledger, Path.unlink])
async def test_where_the_database_that_was_here_does_not_tell_it_this_is_said(
    house: House, change: Callable[[Path], None]
) -> None:
    archive = house.backup()
    await house.asked(ANN)
    change(house.folder / DATABASE)
    assert house.restored(archive).erasures is None
    assert (await house.texts())[ANN] == "you loser"


async def test_an_older_database_still_tells_the_wishes_that_wait(house: House) -> None:
    archive = house.backup()
    await house.asked(ANN, swept=False)
    without_ledger(house.folder / DATABASE)
    assert house.restored(archive).erasures is None
    assert (await house.texts())[ANN] == ""


async def test_a_backup_of_the_version_before_is_brought_up_to_date(house: House) -> None:
    kept = (house.folder / DATABASE).read_bytes()
    without_ledger(house.folder / DATABASE)
    archive = house.backup()
    (house.folder / DATABASE).write_bytes(kept)
    await house.asked(ANN)
    house.restored(archive)
    assert await house.texts() == {ANN: "", BOB: "you loser"}


async def test_what_was_erased_and_told_before_there_was_a_ledger_is_not_said_to_be_nothing(house: House) -> None:
    without_ledger(house.folder / DATABASE)
    archive = house.backup()
    await house.asked(ANN)  # told, and so forgotten: of that the older version kept nothing
    without_ledger(house.folder / DATABASE)
    await house.texts()
    assert house.restored(archive).erasures is None
    assert (await house.texts())[ANN] == "you loser"


async def test_it_is_known_as_long_as_a_backup_can_bring_a_text_back(house: House) -> None:
    await house.asked(ANN)

    def known() -> int:
        with closing(sqlite3.connect(house.folder / DATABASE)) as db:
            return int(db.execute("SELECT count(*) FROM erasure_ledger").fetchone()[0])

    house.now += ERASURES_KNOWN - DAY
    await house.texts()
    assert known() == 1
    house.now += 2 * DAY
    await house.texts()
    assert known() == 0


async def test_a_server_that_is_left_leaves_no_entry(house: House) -> None:
    await house.asked(ANN)
    async with house.open() as store:
        await store.purge(GUILD)
    with closing(sqlite3.connect(house.folder / DATABASE)) as db:
        assert db.execute("SELECT count(*) FROM erasure_ledger").fetchone() == (0,)
