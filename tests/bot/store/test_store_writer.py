"""Group commit: one transaction for many callers, and nobody hears of success before it is on the disk."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.ports import StoreUnavailable
from bot.store.connection import Connection, connected
from bot.store.writer import MAX_TOGETHER, GroupWriter, group_writer


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Connection]:
    async with connected(tmp_path / "some.db") as opened:
        await opened.run(lambda db: db.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (n UNIQUE)"))
        yield opened


@pytest.fixture
async def writer(connection: Connection) -> AsyncIterator[GroupWriter]:
    async with group_writer(connection) as opened:
        yield opened


def add(db: sqlite3.Connection, number: int) -> int:
    db.execute("INSERT INTO t VALUES (?)", (number,))
    return number


def numbers(path: Path) -> set[int]:
    """What another process would see."""
    with closing(sqlite3.connect(path)) as db:
        return {row[0] for row in db.execute("SELECT n FROM t")}


async def test_concurrent_calls_share_a_transaction(connection: Connection, writer: GroupWriter) -> None:
    statements: list[str] = []
    await connection.set_trace_callback(statements.append)
    answers = await asyncio.gather(*(writer.write(lambda db, n=n: add(db, n)) for n in range(MAX_TOGETHER)))
    await connection.set_trace_callback(None)
    assert answers == list(range(MAX_TOGETHER))
    assert statements.count("COMMIT") <= 2


async def test_a_transaction_is_bounded(connection: Connection, writer: GroupWriter) -> None:
    statements: list[str] = []
    await connection.set_trace_callback(statements.append)
    await asyncio.gather(*(writer.write(lambda db, n=n: add(db, n)) for n in range(MAX_TOGETHER * 2 + 1)))
    await connection.set_trace_callback(None)
    assert statements.count("COMMIT") == 3


async def test_an_answer_comes_after_the_commit(writer: GroupWriter, tmp_path: Path) -> None:
    async def write_and_look(number: int) -> None:
        await writer.write(lambda db: add(db, number))
        assert number in numbers(tmp_path / "some.db")

    await asyncio.gather(*map(write_and_look, range(50)))


async def test_a_failing_call_is_undone_alone(writer: GroupWriter, tmp_path: Path) -> None:
    def add_two_and_fail(db: sqlite3.Connection) -> None:
        add(db, 1000)
        add(db, 1)

    calls = [writer.write(lambda db, n=n: add(db, n)) for n in (1, 2)]
    answers = await asyncio.gather(*calls, writer.write(add_two_and_fail), return_exceptions=True)
    assert answers[:2] == [1, 2]
    assert isinstance(answers[2], sqlite3.IntegrityError)
    assert numbers(tmp_path / "some.db") == {1, 2}


async def test_when_the_transaction_is_lost_every_caller_is_told(writer: GroupWriter, tmp_path: Path) -> None:
    """SQLite undoes a whole transaction by itself when the disk fails it."""

    def lose_everything(db: sqlite3.Connection) -> None:
        db.execute("ROLLBACK")
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise error

    calls = [writer.write(lambda db, n=n: add(db, n)) for n in (1, 2)]
    answers = await asyncio.gather(*calls, writer.write(lose_everything), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 3
    assert len(set(map(id, answers))) == 3, "an exception is raised in one task only"
    assert numbers(tmp_path / "some.db") == set()
    assert await writer.write(lambda db: add(db, 3)) == 3


async def test_a_transaction_that_was_left_open_does_not_block_the_next(
    connection: Connection, writer: GroupWriter
) -> None:
    await connection.run(lambda db: db.execute("BEGIN"))
    assert await writer.write(lambda db: add(db, 1)) == 1


async def test_a_cancelled_callers_work_is_not_begun_or_whole(writer: GroupWriter, tmp_path: Path) -> None:
    def add_both(db: sqlite3.Connection, number: int) -> None:
        add(db, number)
        add(db, -number)

    calls = [asyncio.create_task(writer.write(lambda db, n=n: add_both(db, n))) for n in range(1, 101)]
    await asyncio.sleep(0.0005)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    assert await writer.write(lambda db: add(db, 0)) == 0
    found = numbers(tmp_path / "some.db")
    assert {-number for number in found} == found


async def test_the_last_calls_are_written_before_the_writer_ends(connection: Connection, tmp_path: Path) -> None:
    async with group_writer(connection) as writer:
        calls = [asyncio.create_task(writer.write(lambda db, n=n: add(db, n))) for n in range(1000)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*calls) == list(range(1000))
    assert len(numbers(tmp_path / "some.db")) == 1000
    with pytest.raises(StoreUnavailable, match="closed"):
        await writer.write(lambda db: add(db, -1))


async def test_no_caller_hangs_when_the_writer_is_cancelled(connection: Connection) -> None:
    writer = GroupWriter(connection)
    serving = asyncio.create_task(writer.serve())
    calls = [asyncio.create_task(writer.write(lambda db, n=n: add(db, n))) for n in range(10)]
    await asyncio.sleep(0)
    serving.cancel()
    answers = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 5)
    assert {type(answer) for answer in answers} == {StoreUnavailable}
