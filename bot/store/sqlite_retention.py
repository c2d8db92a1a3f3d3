"""`Retention` on SQLite."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.records.retention import Erased, ErasureRequest, Kept, KeptText
from bot.store import erasure, retention_rows, rows
from bot.store import retention_queries as queries
from bot.store.base import StoreBase
from bot.store.wiping import write_anew


class SqliteRetention(StoreBase):
    """See `bot.records.retention`. What is due is looked for by reading: where nothing is, nothing is written."""

    async def erase_expired(self, guild_id: int, before: datetime, limit: int) -> int:
        """See `Retention`."""
        if not await self._read(lambda db: retention_rows.expired(db, guild_id, before, 1)):
            return 0
        return await self._writer.write(lambda db: _erase_expired(db, guild_id, before, limit, self._clock()))

    async def forget_expired(self, guild_id: int, before: datetime, limit: int) -> int:
        """See `Retention`."""
        if not await self._read(lambda db: retention_rows.forgotten(db, guild_id, before, 1)):
            return 0
        return await self._writer.write(lambda db: _forget_expired(db, guild_id, before, limit))

    async def kept_of(self, guild_id: int, member_id: int) -> Kept:
        """See `Retention`."""
        return await self._read(lambda db: retention_rows.kept(db, guild_id, member_id))

    async def texts_of(self, guild_id: int, member_id: int) -> Sequence[KeptText]:
        """See `Retention`. Up to `MOST_TEXTS` of each kind."""
        return await self._read(lambda db: retention_rows.texts(db, guild_id, member_id))

    async def ask_for_erasure(self, guild_id: int, member_id: int, language: str) -> tuple[ErasureRequest, bool]:
        """See `Retention`."""
        return await self._writer.write(
            lambda db: retention_rows.ask(db, guild_id, member_id, language, self._clock())
        )

    async def erasure_requests(self, limit: int) -> Sequence[ErasureRequest]:
        """See `Retention`."""
        return await self._read(lambda db: retention_rows.requests(db, limit))

    async def carry_out(self, request: ErasureRequest, limit: int) -> Erased:
        """See `Retention`."""
        now = self._clock()
        if stands := await self._read(lambda db: retention_rows.left_alone(db, request, now)):
            return stands
        return await self._writer.write(lambda db: retention_rows.carry_out(db, request, limit, now))

    async def erasure_done(self, request: ErasureRequest) -> ErasureRequest | None:
        """See `Retention`."""
        return await self._writer.write(lambda db: retention_rows.note_done(db, request, self._clock()))

    async def told_of_erasure(self, request: ErasureRequest) -> None:
        """See `Retention`."""
        await self._writer.write(lambda db: retention_rows.forget_request(db, request))

    async def forget_requests(self, before: datetime) -> None:
        """See `Retention`."""
        old = {"before": rows.to_micros(before)}
        if await self._read(lambda db: db.execute(queries.OLD_REQUEST, old).fetchone()):
            await self._writer.write(lambda db: db.execute(queries.FORGET_REQUESTS, old))

    async def forget_erasures(self, before: datetime) -> None:
        """See `Retention`."""
        old = {"before": rows.to_micros(before)}
        if await self._read(lambda db: db.execute(queries.OLD_ERASURE, old).fetchone()):
            await self._writer.write(lambda db: db.execute(queries.FORGET_ERASURES, old))

    async def wipe(self, *, at_most_every: timedelta) -> bool:
        """See `Retention`. The file is written anew: that takes free space for two more copies of the database."""
        now = self._clock()
        row = await self._read(lambda db: db.execute(queries.WIPING).fetchone())
        if not row["owed"] or now - rows.from_micros(row["wiped_at"]) < at_most_every:
            return False
        await write_anew(self._writer)
        wiped = {"now": rows.to_micros(now), "owed": row["owed"]}
        await self._writer.write(lambda db: db.execute(queries.WIPED, wiped))
        return True


def _erase_expired(db: sqlite3.Connection, guild_id: int, before: datetime, limit: int, now: datetime) -> int:
    due = retention_rows.expired(db, guild_id, before, limit)
    erasure.erase(db, due, now)
    return len(due)


def _forget_expired(db: sqlite3.Connection, guild_id: int, before: datetime, limit: int) -> int:
    due = retention_rows.forgotten(db, guild_id, before, limit)
    erasure.forget(db, due)
    return len(due)
