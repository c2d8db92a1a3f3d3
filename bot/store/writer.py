"""Group commit: everything that waits is written in one transaction, so that many callers share one fsync."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from bot.ports import StoreUnavailable
from bot.records.latency import LatencyMeter
from bot.store.connection import Connection, Work
from bot.store.errors import explain

T = TypeVar("T")

MAX_TOGETHER: Final = 512
"""How many calls share a transaction at most: it bounds how long the first one waits for the last."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call inside a transaction."""

    value: Any = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    work: Work[Any]
    answer: "asyncio.Future[Any]"

    def settle(self, outcome: Outcome) -> None:
        if self.answer.done():  # its caller was cancelled meanwhile
            return
        if outcome.error is None:
            self.answer.set_result(outcome.value)
        else:
            self.answer.set_exception(explain(outcome.error))


class GroupWriter:
    """The one place that writes. Opened with `group_writer`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._calls: asyncio.Queue[_Call | None] = asyncio.Queue()
        self._unanswered: set[_Call] = set()
        self._closed = False
        self.times = LatencyMeter()
        """How long commits took."""

    async def write(self, work: Work[T]) -> T:
        """Run `work` and return its answer, once it is safe on the disk.

        A caller that is cancelled does not tear the transaction: its work is done as a whole or not at all.

        Raises:
            StoreUnavailable: nothing was written.
        """
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        call = _Call(work, asyncio.get_running_loop().create_future())
        self._unanswered.add(call)
        self._calls.put_nowait(call)
        try:
            answer: T = await call.answer
        finally:
            self._unanswered.discard(call)
        return answer

    async def between(self, work: Work[T]) -> T:
        """Run `work`, which handles transactions itself, while nothing else is written.

        Raises:
            StoreUnavailable: the store is closed, or the disk or a lock stood in the way.
        """
        try:
            return await self._connection.run(work)  # its thread takes one group or one such work at a time
        except sqlite3.Error as error:
            raise explain(error) from error

    async def serve(self) -> None:
        """Commit what waits, group by group, until the writer is closed and nothing is left."""
        last = False
        try:
            while not last:
                group = await self._next_group()
                last = group[-1] is None
                await self._commit([call for call in group if call is not None and not call.answer.done()])
        finally:
            self._leave_nobody_waiting()

    def close(self) -> None:
        """Take no more calls; `serve` ends after those that wait."""
        self._closed = True
        self._calls.put_nowait(None)

    async def _next_group(self) -> list[_Call | None]:
        group = [await self._calls.get()]
        while len(group) < MAX_TOGETHER and not self._calls.empty():
            group.append(self._calls.get_nowait())
        return group

    def _leave_nobody_waiting(self) -> None:
        """However `serve` ended, by cancellation too: no caller hangs."""
        self._closed = True
        for call in self._unanswered:
            call.settle(Outcome(error=StoreUnavailable("The store was closed before it had confirmed the write.")))

    async def _commit(self, calls: Sequence[_Call]) -> None:
        if not calls:
            return
        works = [call.work for call in calls]
        begun = time.perf_counter()
        try:
            outcomes = await self._connection.run(lambda db: commit_together(db, works))
        except Exception as error:  # noqa: BLE001 # every caller gets it
            outcomes = [Outcome(error=error) for _ in calls]
        self.times.observe(time.perf_counter() - begun)
        for call, outcome in zip(calls, outcomes, strict=True):
            call.settle(outcome)


@asynccontextmanager
async def group_writer(connection: Connection) -> AsyncIterator[GroupWriter]:
    """Start a writer; at the end, what was handed in is still written."""
    writer = GroupWriter(connection)
    serving = asyncio.create_task(writer.serve(), name="store writer")
    try:
        yield writer
    finally:
        writer.close()
        await serving


def commit_together(db: sqlite3.Connection, works: Sequence[Work[Any]]) -> list[Outcome]:
    """Run all `works` in one transaction. One that fails is undone alone; the others are committed.

    Raises:
        sqlite3.Error: the transaction as a whole failed and nothing was written.
    """
    if db.in_transaction:  # an earlier ROLLBACK failed
        db.execute("ROLLBACK")
    db.execute("BEGIN IMMEDIATE")
    try:
        outcomes = [_run_apart(db, work) for work in works]
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return outcomes


def _run_apart(db: sqlite3.Connection, work: Work[Any]) -> Outcome:
    db.execute("SAVEPOINT call")
    try:
        value = work(db)
    except Exception as error:
        if not db.in_transaction:  # a full disk, for instance: SQLite has undone everybody's work
            raise
        db.execute("ROLLBACK TO call")
        db.execute("RELEASE call")
        return Outcome(error=error)
    db.execute("RELEASE call")
    return Outcome(value)
