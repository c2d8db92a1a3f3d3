"""A log line when the bot has caught up with what was written while nobody listened."""

import asyncio
from collections.abc import Callable

import structlog

from bot.intake.state import IntakeState

_log = structlog.get_logger(__name__)
LOOK_EVERY = 1.0
"""Seconds."""


async def tell_of_catching_up(state: Callable[[], IntakeState]) -> None:
    """Look now and then whether channels are behind, until cancelled."""
    behind, began = 0, 0
    while True:
        now = state()
        if now.behind and not behind:
            began = now.caught_up
            _log.info("catching up", channels=now.behind)
        elif behind and not now.behind:
            _log.info("caught up", messages=now.caught_up - began)
        behind = now.behind
        await asyncio.sleep(LOOK_EVERY)
