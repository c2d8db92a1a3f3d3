"""`People` on SQLite."""

from datetime import datetime

from bot.case import CaseFile
from bot.records.people import CaseFilter, Made, MemberRecord
from bot.store import people_rows as people
from bot.store.base import StoreBase


class SqlitePeople(StoreBase):
    """See `bot.records.people`."""

    async def decisions(self, case_id: int) -> list[Made]:
        """See `People`."""
        return await self._read(lambda db: people.decisions(db, case_id))

    async def add_note(self, case_id: int, moderator_id: int, text: str, at: datetime) -> None:
        """See `People`."""
        await self._writer.write(lambda db: people.add_note(db, case_id, moderator_id, text, at))

    async def reopen(self, case_id: int, moderator_id: int, reason: str, at: datetime) -> bool:
        """See `People`."""
        return await self._writer.write(lambda db: people.reopen(db, case_id, moderator_id, reason, at))

    async def member_record(self, guild_id: int, member_id: int) -> MemberRecord:
        """See `People`."""
        return await self._read(lambda db: people.member_record(db, guild_id, member_id))

    async def member_cases(self, guild_id: int, member_id: int, limit: int, *, before: int = 0) -> list[CaseFile]:
        """See `People`."""
        return await self._read(lambda db: people.member_cases(db, guild_id, member_id, limit, before))

    async def newest_cases(self, guild_id: int, limit: int, *, digits: str = "") -> list[CaseFile]:
        """See `People`."""
        return await self._read(lambda db: people.newest_cases(db, guild_id, limit, digits))

    async def filtered_cases(self, wanted: CaseFilter, limit: int, *, after: int = 0) -> list[CaseFile]:
        """See `People`."""
        return await self._read(lambda db: people.filtered_cases(db, wanted, limit, after))
