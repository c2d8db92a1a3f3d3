"""Requests that run to their end, whoever has stopped waiting for the answer."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class WholeRequests:
    """Lets whoever asks give up without cancelling the request.

    discord.py 2.7.1 never sends anything again if a request is cancelled while it waits out a global rate limit:
    the event that all other requests wait for stays unset. So no request is made under a deadline without this.
    """

    def __init__(self) -> None:
        self._asked: set[asyncio.Task[Any]] = set()

    async def finish(self, asked: Coroutine[Any, Any, _T]) -> _T:
        """What the request answers. Cancelling the caller leaves it running."""
        task = asyncio.ensure_future(asked)
        self._asked.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._asked.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be left to hear of it
