"""A queue that serves guilds in turn."""

import asyncio
from collections import OrderedDict, deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """First in, first out within a guild; one item of each guild in turn. For one taker."""

    def __init__(self) -> None:
        self._guilds: OrderedDict[int, deque[Item]] = OrderedDict()
        self._filled = asyncio.Event()

    def put(self, guild_id: int, item: Item) -> None:
        """Add an item. Never waits; whoever puts items in keeps them few."""
        self._guilds.setdefault(guild_id, deque()).append(item)
        self._filled.set()

    async def take(self) -> Item:
        """The next item, of the guild whose turn it is; waits for one."""
        while not self._guilds:
            self._filled.clear()
            await self._filled.wait()
        guild_id, items = self._guilds.popitem(last=False)
        item = items.popleft()
        if items:
            self._guilds[guild_id] = items
        return item

    def drop(self, guild_id: int) -> tuple[Item, ...]:
        """Take out everything of a guild, to be forgotten."""
        return tuple(self._guilds.pop(guild_id, ()))
