"""Log lines about what goes on beside the messages: catching up on history, and how the engine is doing."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict

import structlog

from bot.health import JudgeHealth
from bot.intake.state import IntakeState

_log = structlog.get_logger(__name__)
LOOK_EVERY = 1.0
"""Seconds."""
ENGINE_EVERY = 600.0
"""Seconds between two lines about an engine that has work."""


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


async def tell_of_engine(health: Callable[[], JudgeHealth | None]) -> None:
    """Say when the model is started again and is back, and now and then how its work goes, until cancelled."""
    was_restarting, told_at, told = False, asyncio.get_running_loop().time(), None
    while True:
        await asyncio.sleep(LOOK_EVERY)
        now = health()
        if now is None:
            continue
        if now.restarting and not was_restarting:
            _log.warning("the model's process has ended and is started again", restarts=now.restarts)
        elif was_restarting and not now.restarting:
            _log.info("the model is ready again")
        was_restarting = now.restarting
        time = asyncio.get_running_loop().time()
        if time - told_at >= ENGINE_EVERY:
            if now != told:
                _log.info("how the engine is doing", **_figures(now))
            told_at, told = time, now


def _figures(health: JudgeHealth) -> dict[str, float]:
    """What is known, with two decimals."""
    return {name: round(value, 2) for name, value in asdict(health).items() if value and value is not True}
