"""`Appeals` on SQLite."""

from datetime import datetime

from bot.records.appeals import Answer, Appeal, NewAppeal
from bot.store import appeals_rows as appeals
from bot.store.sqlite_people import SqlitePeople


class SqliteAppeals(SqlitePeople):
    """See `bot.records.appeals`."""

    async def add_appeal(self, appeal: NewAppeal) -> tuple[Appeal, bool]:
        """See `Appeals`."""
        return await self._writer.write(lambda db: appeals.add(db, appeal))

    async def appeal(self, appeal_id: int) -> Appeal | None:
        """See `Appeals`."""
        return await self._read(lambda db: appeals.find(db, appeal_id))

    async def appeals_of_case(self, case_id: int) -> list[Appeal]:
        """See `Appeals`."""
        return await self._read(lambda db: appeals.of_cases(db, [case_id]))

    async def appeals_since(self, guild_id: int, member_id: int, since: datetime) -> int:
        """See `Appeals`."""
        return await self._read(lambda db: appeals.count_since(db, guild_id, member_id, since))

    async def open_appeals(self, guild_id: int) -> int:
        """See `Appeals`."""
        return await self._read(lambda db: appeals.count_open(db, guild_id))

    async def has_other_deciders(self, guild_id: int, moderator_id: int) -> bool:
        """See `Appeals`."""
        return await self._read(lambda db: appeals.other_deciders(db, guild_id, moderator_id))

    async def answer_appeal(self, appeal_id: int, answer: Answer) -> tuple[Appeal, bool] | None:
        """See `Appeals`."""
        return await self._writer.write(lambda db: appeals.answer(db, appeal_id, answer))

    async def settle_appeal(self, appeal_id: int, outcome: str) -> bool:
        """See `Appeals`."""
        return await self._writer.write(lambda db: appeals.settle(db, appeal_id, outcome))

    async def begin_telling(self, appeal_id: int) -> bool:
        """See `Appeals`."""
        return await self._writer.write(lambda db: appeals.begin_telling(db, appeal_id))

    async def give_up_telling(self) -> None:
        """See `Appeals`."""
        await self._writer.write(appeals.give_up_telling)

    async def end_telling(self, appeal_id: int, failure: str | None) -> None:
        """See `Appeals`."""
        await self._writer.write(lambda db: appeals.end_telling(db, appeal_id, failure))

    async def unfinished_appeals(self, limit: int) -> list[Appeal]:
        """See `Appeals`."""
        return await self._read(lambda db: appeals.unfinished(db, limit))

    async def appeal_cards_owed(self, limit: int) -> list[Appeal]:
        """See `Appeals`."""
        return await self._read(lambda db: appeals.cards_owed(db, limit))

    async def begin_appeal_card(self, appeal_id: int, channel_id: int) -> bool:
        """See `Appeals`."""
        return await self._writer.write(lambda db: appeals.begin_card(db, appeal_id, channel_id, self._clock()))

    async def appeal_card_shown(self, appeal_id: int, version: int, message_id: int) -> None:
        """See `Appeals`."""
        await self._writer.write(lambda db: appeals.card_shown(db, appeal_id, version, message_id))

    async def forget_appeal_card(self, appeal_id: int) -> None:
        """See `Appeals`."""
        await self._writer.write(lambda db: appeals.forget_card(db, appeal_id))
