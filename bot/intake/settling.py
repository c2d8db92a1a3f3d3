"""Compares a guild's channels with their marks: what is current, and what has to be read from history."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from bot.intake.debts import Debts, Key
from bot.intake.patience import until_stored
from bot.moderation import Moderation
from bot.ports import Store

Newest = int | None
"""The id of a channel's last message; None if it has none, or if that is not told."""


class Settling:
    """Guilds that were seen wait here until their marks are loaded; until then no mark of theirs rises."""

    def __init__(self, moderation: Moderation, store: Store, debts: Debts, clock: Callable[[], datetime]) -> None:
        self._moderation = moderation
        self._store = store
        self._debts = debts
        self._clock = clock
        self._waiting: dict[int, dict[int, Newest]] = {}
        self._stale: set[Key] = set()
        """Channels in which there may be newer messages than was said."""
        self._seen: set[int] = set()
        self._stirred = asyncio.Event()

    def add(self, guild_id: int, channels: Mapping[int, Newest], *, stale: bool = False) -> None:
        """Settle these channels soon. `stale`: they may have newer messages than these."""
        self._moderation.window.pause(guild_id)
        waiting = self._waiting.setdefault(guild_id, {})
        for channel_id, last_id in channels.items():
            waiting[channel_id] = max(last_id or 0, waiting.get(channel_id) or 0) or None
            if stale:
                self._stale.add((guild_id, channel_id))
        self._stirred.set()

    def guild_seen(self, guild_id: int) -> None:
        """The guild is there in this session."""
        self._seen.add(guild_id)

    def has_seen(self, guild_id: int) -> bool:
        """Whether the guild was seen in this session."""
        return guild_id in self._seen

    def met_unawares(self, key: Key, message_id: int) -> None:
        """A message came from a channel that its guild did not name, such as a thread out of the archive."""
        guild_id, channel_id = key
        if guild_id in self._seen and channel_id not in self._waiting.get(guild_id, ()):
            self.add(guild_id, {channel_id: message_id - 1})

    def session_lost(self) -> None:
        """What was said of the guilds before is worth nothing now."""
        self._moderation.window.pause_all()
        self._waiting.clear()
        self._stale.clear()
        self._seen.clear()

    def forget(self, guild_id: int) -> None:
        """Drop what waits of a guild."""
        self._waiting.pop(guild_id, None)
        self._stale = {key for key in self._stale if key[0] != guild_id}
        self._seen.discard(guild_id)

    def forget_channel(self, key: Key) -> None:
        """Drop a channel that is gone."""
        self._stale.discard(key)
        if channels := self._waiting.get(key[0]):
            channels.pop(key[1], None)

    async def run(self) -> None:
        """Settle one guild after the other, until cancelled.

        Raises:
            StoreError: the memory is unusable.
        """
        while True:
            while not self._waiting:
                self._stirred.clear()
                await self._stirred.wait()
            await self._insist(next(iter(self._waiting)))

    async def _insist(self, guild_id: int) -> None:
        await until_stored(lambda: self._settle(guild_id), self._clock, lambda: guild_id in self._waiting)

    async def _settle(self, guild_id: int) -> None:
        marks = await self._store.watermarks(guild_id)
        starts = self._starts(guild_id, marks)
        if starts:
            await self._store.advance(guild_id, starts)
        if guild_id in self._waiting:
            self._settle_all(guild_id, starts, marks)

    def _settle_all(self, guild_id: int, starts: Mapping[int, int], known: Mapping[int, int]) -> None:
        """Channels that were added since the marks were loaded wait for the next time.

        A channel that was listened to before and has no last message is asked: not every server tells of it.
        """
        waiting, marks = self._waiting[guild_id], {**starts, **known}
        for channel_id in tuple(waiting):
            key = (guild_id, channel_id)
            if channel_id in marks or self._debts.is_known(key):
                last_id = waiting.pop(channel_id)
                unsure = key in self._stale or (last_id is None and channel_id not in starts)
                self._debts.settle(key, marks.get(channel_id, 0), last_id, unsure=unsure)
                self._stale.discard(key)
        if not waiting:
            del self._waiting[guild_id]
            self._moderation.window.resume(guild_id)

    def _starts(self, guild_id: int, marks: Mapping[int, int]) -> dict[int, int]:
        """From where on channels without a mark are looked at.

        They are stored before any other mark of the guild is (the window pauses): after a crash, a channel that
        was just made would look old beside those.
        """
        newest = max(marks.values(), default=None)
        return {
            channel_id: self._start((guild_id, channel_id), last_id, newest)
            for channel_id, last_id in self._waiting.get(guild_id, {}).items()
            if channel_id not in marks and not self._debts.is_known((guild_id, channel_id))
        }

    def _start(self, key: Key, last_id: Newest, newest: int | None) -> int:
        """A channel made since we last listened is read from its beginning, any other from its present on."""
        beginning = key[1] - 1  # a thread's first message may have the thread's own id
        if newest is not None and key[1] > newest:
            return beginning
        present = last_id if last_id is not None else beginning
        first = self._debts.first_of(key)
        return present if first is None else min(present, first - 1)
