"""`Histories` on SQLite."""

from collections.abc import Sequence
from datetime import datetime

from bot.records.histories import NewVersion, ShadowRecord, Version
from bot.store import history_rows
from bot.store.base import StoreBase


class SqliteHistories(StoreBase):
    """See `bot.records.histories`."""

    async def keep_versions(self, versions: Sequence[NewVersion]) -> None:
        """See `Histories`."""
        await self._writer.write(lambda db: history_rows.keep(db, versions))

    async def versions(
        self, guild_id: int, policy_id: str, *, before: int | None = None, limit: int = 10
    ) -> list[Version]:
        """See `Histories`."""
        return await self._read(lambda db: history_rows.versions(db, guild_id, policy_id, before, limit))

    async def version_source(self, guild_id: int, policy_id: str, number: int) -> bytes | None:
        """See `Histories`."""
        return await self._read(lambda db: history_rows.source(db, guild_id, policy_id, number))

    async def newest_versions(self, guild_id: int | None = None) -> list[Version]:
        """See `Histories`."""
        return await self._read(lambda db: history_rows.newest(db, guild_id))

    async def shadow_record(
        self, guild_id: int, policy_id: str, digest: str, since: datetime, *, newest: int = 5
    ) -> ShadowRecord:
        """See `Histories`."""
        return await self._read(
            lambda db: history_rows.shadow_record(db, guild_id, policy_id, digest, since, newest)
        )
