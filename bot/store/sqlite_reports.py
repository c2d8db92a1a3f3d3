"""What people point at, in SQLite. A part of `SqliteStore`."""

from datetime import datetime

from bot.case import Action, CardPlace, Report, ReportKind, Suspected
from bot.records.reports import (
    Alike,
    Bulk,
    BulkExtent,
    ItemEnd,
    Pace,
    Posted,
    QueuePage,
    QueueView,
    Reported,
    Waiting,
)
from bot.store import bulk_rows, queue_rows, reports_rows
from bot.store.base import StoreBase


class SqliteReports(StoreBase):
    """See `bot.records.reports.Reports`."""

    async def report(self, suspected: Suspected, report: Report) -> Reported:
        """See `Reports`."""
        return await self._writer.write(lambda db: reports_rows.report(db, suspected, report, self._clock()))

    async def report_pace(self, guild_id: int, kind: ReportKind, reporter_id: int, since: datetime) -> Pace:
        """See `Reports`."""
        return await self._read(lambda db: reports_rows.pace(db, guild_id, kind, reporter_id, since))

    async def queue_page(self, view: QueueView, offset: int, limit: int) -> QueuePage:
        """See `Reports`."""
        return await self._read(lambda db: queue_rows.page(db, view, offset, limit))

    async def take_free(self, case_id: int, moderator_id: int, at: datetime) -> bool:
        """See `Reports`."""
        return await self._writer.write(lambda db: queue_rows.take_free(db, case_id, moderator_id, at))

    async def waiting_cases(self, guild_id: int) -> Waiting:
        """See `Reports`."""
        return await self._read(lambda db: queue_rows.waiting(db, guild_id))

    async def held_cards(self, guild_id: int) -> Waiting:
        """See `Reports`."""
        return await self._read(lambda db: queue_rows.held(db, guild_id))

    async def posted_cards(self, guild_id: int, minute: datetime, day: datetime) -> Posted:
        """See `Reports`."""
        return await self._read(lambda db: queue_rows.posted(db, guild_id, minute, day))

    async def queue_line(self, guild_id: int) -> CardPlace | None:
        """See `Reports`."""
        return await self._read(lambda db: queue_rows.line(db, guild_id))

    async def begin_queue_line(self, guild_id: int, channel_id: int) -> None:
        """See `Reports`."""
        await self._writer.write(lambda db: queue_rows.begin_line(db, guild_id, channel_id, self._clock()))

    async def queue_line_shown(self, guild_id: int, message_id: int) -> None:
        """See `Reports`."""
        await self._writer.write(lambda db: queue_rows.line_shown(db, guild_id, message_id))

    async def forget_queue_line(self, guild_id: int) -> None:
        """See `Reports`."""
        await self._writer.write(lambda db: queue_rows.forget_line(db, guild_id))

    async def guilds_with_queue_line(self) -> list[int]:
        """See `Reports`."""
        return await self._read(queue_rows.guilds_with_line)

    async def alike(self, case_id: int, by: Alike, hidden: frozenset[int] = frozenset()) -> BulkExtent:
        """See `Reports`."""
        return await self._read(lambda db: queue_rows.alike(db, case_id, by, hidden))

    async def begin_bulk(
        self,
        guild_id: int,
        moderator_id: int,
        action: Action,
        case_ids: tuple[int, ...],
        at: datetime,
        *,
        undoes: int | None = None,
    ) -> Bulk:
        """See `Reports`."""
        word = bulk_rows.Word(guild_id, moderator_id, action, at, undoes)
        return await self._writer.write(lambda db: bulk_rows.begin(db, word, case_ids))

    async def bulk(self, bulk_id: int) -> Bulk | None:
        """See `Reports`."""
        return await self._read(lambda db: bulk_rows.bulk(db, bulk_id))

    async def bulks_under_way(self) -> list[Bulk]:
        """See `Reports`."""
        return await self._read(bulk_rows.under_way)

    async def bulk_waiting(self, bulk_id: int, limit: int) -> list[int]:
        """See `Reports`."""
        return await self._read(lambda db: bulk_rows.waiting(db, bulk_id, limit))

    async def bulk_done(self, bulk_id: int) -> tuple[int, ...]:
        """See `Reports`."""
        return await self._read(lambda db: bulk_rows.done(db, bulk_id))

    async def end_bulk_item(self, bulk_id: int, case_id: int, end: ItemEnd) -> None:
        """See `Reports`."""
        await self._writer.write(lambda db: bulk_rows.end_item(db, bulk_id, case_id, end))

    async def last_bulk(self, guild_id: int, moderator_id: int) -> Bulk | None:
        """See `Reports`."""
        return await self._read(lambda db: bulk_rows.last(db, guild_id, moderator_id))
