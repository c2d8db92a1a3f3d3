"""`Labels` on SQLite."""

from collections.abc import Sequence
from datetime import datetime

from bot.case import Suspected
from bot.records.labels import Cleared, Draw, KnownText, Label, SampleAnswer
from bot.store import label_rows, sample_rows
from bot.store.base import StoreBase
from policies.verdict import Verdict


class SqliteLabels(StoreBase):
    """See `bot.records.labels`."""

    async def labels(
        self, guild_id: int, policy_id: str | None = None, *, since: datetime | None = None
    ) -> list[Label]:
        """See `Labels`."""
        return await self._read(lambda db: label_rows.labels(db, guild_id, policy_id, since))

    async def labelled_texts(self, guild_id: int, policy_id: str, limit: int) -> list[KnownText]:
        """See `Labels`."""
        return await self._read(lambda db: label_rows.labelled_texts(db, guild_id, policy_id, limit))

    async def unlabelled_texts(self, guild_id: int, policy_id: str, limit: int) -> list[KnownText]:
        """See `Labels`. Looks among the guild's newest 5,000 cases."""
        return await self._read(lambda db: label_rows.unlabelled_texts(db, guild_id, policy_id, limit))

    async def cleared_cases(self, guild_id: int, policy_id: str, limit: int) -> list[Cleared]:
        """See `Labels`. Draws from the guild's newest 5,000 cleared cases."""
        return await self._read(lambda db: sample_rows.cleared_cases(db, guild_id, policy_id, limit))

    async def sampled(self, guild_id: int, policy_id: str) -> frozenset[int]:
        """See `Labels`."""
        return await self._read(lambda db: sample_rows.sampled(db, guild_id, policy_id))

    async def add_draws(self, draws: Sequence[Draw]) -> None:
        """See `Labels`."""
        await self._writer.write(lambda db: sample_rows.add_draws(db, draws, self._clock()))

    async def draws(self, guild_id: int, policy_id: str, moderator_id: int) -> list[Draw]:
        """See `Labels`."""
        return await self._read(lambda db: sample_rows.draws(db, guild_id, policy_id, moderator_id))

    async def draw(self, draw_id: int) -> Draw | None:
        """See `Labels`."""
        return await self._read(lambda db: sample_rows.draw(db, draw_id))

    async def answer_draw(
        self, draw_id: int, answer: SampleAnswer, *, rule_id: str | None = None, shown: Suspected | None = None
    ) -> bool:
        """See `Labels`."""
        return await self._writer.write(
            lambda db: sample_rows.answer(db, draw_id, answer, rule_id, shown, self._clock())
        )

    async def unjudged_samples(self, limit: int) -> list[KnownText]:
        """See `Labels`."""
        return await self._read(lambda db: label_rows.unjudged_samples(db, limit))

    async def note_verdict(self, label: Label, verdict: Verdict | None) -> None:
        """See `Labels`."""
        await self._writer.write(lambda db: label_rows.note_verdict(db, label, verdict))
