"""Deletions: small, many at a time, and never before the message that they are about."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice

from bot.intake.patience import until_stored
from bot.moderation import Moderation

MAX_WAITING = 50_000
"""Ids kept at most, about 5 MB. More are forgotten and counted: their cases do not say that they were deleted."""
AT_ONCE = 500
"""Ids handed to the store in one call."""


class Removals:
    """Keeps the ids of deleted messages per guild until the store has them."""

    def __init__(self, moderation: Moderation, clock: Callable[[], datetime], limit: int = MAX_WAITING) -> None:
        self._moderation = moderation
        self._clock = clock
        self._limit = limit
        self._waiting: dict[int, set[int]] = {}
        self._doomed: set[int] = set()
        self._count = 0
        self._busy_with: int | None = None
        self._stirred = asyncio.Event()
        self._handed_over = asyncio.Event()
        self.dropped = 0

    def note(self, guild_id: int, message_id: int) -> None:
        """A message is gone."""
        waiting = self._waiting.setdefault(guild_id, set())
        if message_id in waiting:
            return
        if self._count >= self._limit:
            self.dropped += 1
            return
        waiting.add(message_id)
        self._count += 1
        self._stirred.set()

    def note_later(self, message_id: int) -> None:
        """A message is gone that is still in a lane: it is noted when the lane is done with it."""
        self._doomed.add(message_id)

    def lane_is_done(self, guild_id: int, message_id: int) -> None:
        """No lane holds this message any more."""
        if message_id in self._doomed:
            self._doomed.discard(message_id)
            self.note(guild_id, message_id)

    def forget(self, guild_id: int) -> None:
        """Drop what waits of a guild."""
        self._count -= len(self._waiting.pop(guild_id, ()))

    async def idle(self, guild_id: int | None = None) -> None:
        """Return when nothing of a guild, or nothing at all, waits or is being stored."""
        while self._is_pending(guild_id):
            self._handed_over.clear()
            await self._handed_over.wait()

    async def run(self) -> None:
        """Hand ids over until cancelled."""
        while True:
            self._stirred.clear()
            for guild_id in tuple(self._waiting):
                await self._hand_over(guild_id)
            if not any(self._waiting.values()):
                await self._stirred.wait()

    def _is_pending(self, guild_id: int | None) -> bool:
        if guild_id is None:
            return self._count > 0 or self._busy_with is not None
        return bool(self._waiting.get(guild_id)) or self._busy_with == guild_id

    async def _hand_over(self, guild_id: int) -> None:
        """Some of a guild's ids; they are let go of only when the store has them."""
        ids = frozenset(islice(self._waiting.get(guild_id, ()), AT_ONCE))
        self._busy_with = guild_id
        try:
            if ids:
                await until_stored(
                    lambda: self._moderation.removed(guild_id, ids), self._clock, lambda: guild_id in self._waiting
                )
        finally:
            self._busy_with = None
            self._let_go(guild_id, ids)
            self._handed_over.set()

    def _let_go(self, guild_id: int, ids: Iterable[int]) -> None:
        waiting = self._waiting.get(guild_id)
        if waiting is None:
            return
        before = len(waiting)
        waiting.difference_update(ids)
        self._count -= before - len(waiting)
        if not waiting:
            del self._waiting[guild_id]
