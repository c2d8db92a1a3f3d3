"""How much may wait in the lanes, shared fairly among guilds."""

import asyncio
from collections import Counter
from collections.abc import Callable

CHARACTERS = 16_000_000
"""Characters that may wait in all. At most four bytes each: 64 MB."""
GREED = 4
"""How many times what is still free one guild may take."""


class Room:
    """Bounds what waits, in messages and in characters.

    A guild is let in as long as it takes less than `GREED` times what is still free (dynamic thresholds, from the
    shared buffers of network switches: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998). One
    guild that floods gets 4/5 of the room, ten of them 4/41 each, and a quiet guild always finds some left: it is
    the flooding ones that are left to history first.

    Worst case with room for 5,000 messages: 64 MB of text, 11 MB for everything else about them (2.2 KB each,
    measured), and their context. Context is shared among a channel's messages and with `RecentMessages`; if
    nothing were shared, ten lines of 401 characters each would make 80 MB more. Measured: one guild that floods
    with messages of 4,000 emoji keeps 67 MB.
    """

    def __init__(self, messages: int, characters: int = CHARACTERS) -> None:
        self._messages = _Share(messages)
        self._characters = _Share(characters)
        self._left = asyncio.Event()

    def admits(self, guild_id: int, size: int) -> bool:
        """Whether a guild's message of `size` characters may come in."""
        return self._messages.admits(guild_id, 1) and self._characters.admits(guild_id, size)

    def enter(self, guild_id: int, size: int) -> None:
        """A message comes in. Pages of history come in without being asked: there are few of them at a time."""
        self._messages.add(guild_id, 1)
        self._characters.add(guild_id, size)

    def leave(self, guild_id: int, size: int) -> None:
        """A message is worked off, or dropped."""
        self._messages.add(guild_id, -1)
        self._characters.add(guild_id, -size)
        self._left.set()

    @property
    def waiting(self) -> int:
        """Messages inside."""
        return self._messages.used

    @property
    def is_calm(self) -> bool:
        """Whether more than half is free, so that what was put off can be fetched."""
        return self._messages.is_half_free and self._characters.is_half_free

    async def empty(self, guild_id: int | None = None) -> None:
        """Return when nothing of a guild, or nothing at all, is inside."""
        await self._until(lambda: not self._messages.used_by(guild_id))

    async def calm(self) -> None:
        """Return when more than half is free."""
        await self._until(lambda: self.is_calm)

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._left.clear()
            await self._left.wait()


class _Share:
    """One bounded thing, and how much of it each guild takes."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._by_guild: Counter[int] = Counter()
        self.used = 0

    def admits(self, guild_id: int, amount: int) -> bool:
        free = self._capacity - self.used
        return amount <= free and self._by_guild[guild_id] < GREED * free

    def add(self, guild_id: int, amount: int) -> None:
        self.used += amount
        self._by_guild[guild_id] += amount
        if not self._by_guild[guild_id]:
            del self._by_guild[guild_id]

    def used_by(self, guild_id: int | None) -> int:
        return self.used if guild_id is None else self._by_guild[guild_id]

    @property
    def is_half_free(self) -> bool:
        return self.used * 2 < self._capacity
