"""`Figures` on SQLite."""

from datetime import date

from bot.records.figures import DigestState, GuildFigures, Operation
from bot.records.latency import Latencies
from bot.store import figures_reading as reading
from bot.store.base import StoreBase


class SqliteFigures(StoreBase):
    """See `bot.records.figures`."""

    async def figures(self, guild_id: int, first: date, last: date) -> GuildFigures:
        """See `Figures`."""
        return await self._read(lambda db: reading.figures(db, guild_id, first, last))

    async def note_queue(self) -> None:
        """See `Figures`."""
        await self._writer.write(lambda db: reading.note_queue(db, self._clock()))

    async def digest(self, guild_id: int) -> DigestState | None:
        """See `Figures`."""
        return await self._read(lambda db: reading.digest(db, guild_id))

    async def begin_digest(self, guild_id: int, week: date, channel_id: int) -> None:
        """See `Figures`."""
        await self._writer.write(lambda db: reading.begin_digest(db, guild_id, week, channel_id, self._clock()))

    async def end_digest(self, guild_id: int, week: date) -> None:
        """See `Figures`."""
        await self._writer.write(lambda db: reading.end_digest(db, guild_id, week, self._clock()))

    async def forget_digest(self, guild_id: int) -> None:
        """See `Figures`."""
        await self._writer.write(lambda db: reading.forget_digest(db, guild_id))

    async def operation(self) -> Operation:
        """See `Figures`."""
        return await self._read(reading.operation)

    def write_times(self) -> Latencies:
        """See `Figures`."""
        return self._writer.times.read()

    def damaged_texts(self) -> int:
        """See `Figures`."""
        return self._damages.number
