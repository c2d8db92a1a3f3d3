"""Waiting for a memory or a Discord that is away, longer after each try."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.outage import BackOff, Outage
from bot.ports import StoreUnavailable

_log = structlog.get_logger(__name__)
_Answer = TypeVar("_Answer")

STORE_BACK_OFF = BackOff(first=timedelta(milliseconds=250), longest=timedelta(seconds=15))


async def until_stored(
    call: Callable[[], Awaitable[_Answer]], clock: Callable[[], datetime], is_wanted: Callable[[], bool]
) -> _Answer | None:
    """What a call to the memory answers, as soon as it can; None once nobody wants it any more.

    Raises:
        StoreError: the memory is unusable; trying again does not help.
    """
    outage: Outage | None = None
    while is_wanted():
        try:
            return await call()
        except StoreUnavailable as error:
            outage = STORE_BACK_OFF.after(outage, str(error), clock())
            _log.warning("the store is away, nothing is lost", reason=outage.reason, tries=outage.tries)
            await asyncio.sleep(outage.retry_after.total_seconds())
    return None
