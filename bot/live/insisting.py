"""Parts that outlive a store that is away: a full disk must not end the bot."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.ports import StoreUnavailable

_log = structlog.get_logger(__name__)
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
"""Seconds before a part is started again."""
STEADY = 60.0
"""Seconds. A part that ran for this long had recovered: its next pause is the first one again."""


class Troubles:
    """Which parts wait for the store, and why."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    @property
    def reasons(self) -> Mapping[str, str]:
        """{part: why it waits}; empty when all is well."""
        return self._reasons

    async def insist(self, part: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run a part to its end; start it again, later and later, when the store was away.

        Every other error is the caller's.
        """
        pause = FIRST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            watching = asyncio.get_running_loop().call_later(STEADY, self._recovered, part)
            try:
                return await work()
            except StoreUnavailable as away:
                self._reasons[part] = str(away)
                _log.error(
                    "the store is away; a part is started again", part=part, reason=str(away), seconds=pause
                )
            finally:
                watching.cancel()
            if asyncio.get_running_loop().time() - began > STEADY:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _recovered(self, part: str) -> None:
        if self._reasons.pop(part, None):
            _log.info("a part has recovered", part=part)
