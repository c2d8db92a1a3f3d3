"""Waiting for something to become true in the world, without polling."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
DEFAULT_TIMEOUT = 10.0


class Changes:
    """Wakes those who wait whenever anything changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def touch(self) -> None:
        """Something changed: let the waiting look again."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def until(
        self,
        look: Callable[[], Found | None],
        within: float = DEFAULT_TIMEOUT,
        what: str = "what the test waits for",
    ) -> Found:
        """The first truthy value of `look()`; TimeoutError names `what` after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while not (found := look()):
                    await self._next()
        except TimeoutError:
            raise TimeoutError(f"{what} did not happen within {within:g} s") from None
        return found

    async def _next(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)
