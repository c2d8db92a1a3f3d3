"""`Events` on SQLite."""

from datetime import datetime

from bot.case import Holder
from bot.records.events import CaseEvent
from bot.store import events_rows
from bot.store.base import StoreBase


class SqliteEvents(StoreBase):
    """See `bot.records.events`."""

    async def add_event(self, event: CaseEvent) -> None:
        """See `Events`."""
        await self._writer.write(lambda db: events_rows.add(db, event))

    async def events(self, case_id: int) -> list[CaseEvent]:
        """See `Events`."""
        return await self._read(lambda db: events_rows.of_case(db, case_id))

    async def take_on(self, case_id: int, moderator_id: int, at: datetime) -> Holder:
        """See `Events`."""
        return await self._writer.write(lambda db: events_rows.take_on(db, case_id, moderator_id, at))

    async def let_go(self, case_id: int, moderator_id: int, at: datetime) -> bool:
        """See `Events`."""
        return await self._writer.write(lambda db: events_rows.let_go(db, case_id, moderator_id, at))

    async def escalate(self, case_id: int, moderator_id: int, at: datetime) -> bool:
        """See `Events`."""
        return await self._writer.write(lambda db: events_rows.escalate(db, case_id, moderator_id, at))

    async def calm(self, case_id: int, moderator_id: int, at: datetime) -> bool:
        """See `Events`."""
        return await self._writer.write(lambda db: events_rows.calm(db, case_id, moderator_id, at))
