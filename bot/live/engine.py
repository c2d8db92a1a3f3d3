"""The engine of the running bot: loaded beside everything else, gone when its task is cancelled."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event

import structlog

from bot.judges.source import JudgeSource
from bot.live.late_judge import LateJudge
from bot.models.meter import Advance

_log = structlog.get_logger(__name__)
_LONG = 10**9
"""Bytes. Reading less is over before anybody wonders."""


class _Stopped(Exception):
    """Reading a model file was given up because the bot stops."""


class _StoppableMeter:
    """Says in the log what takes long, and ends it when the bot stops: a thread cannot be cancelled."""

    def __init__(self, stopped: Event) -> None:
        self._stopped = stopped

    def step(self, title: str, total: int, done: int) -> Advance:
        """See `Meter`."""
        if total - done >= _LONG:
            _log.info("a model file is new here and is read once", step=title, bytes=total)
        return self._advance

    def _advance(self, _: int) -> None:
        if self._stopped.is_set():
            raise _Stopped


async def serve_judge(source: JudgeSource, late: LateJudge, *, clock: Callable[[], datetime]) -> None:
    """Load the chosen model, hand it over, and keep it until cancelled.

    Raises:
        EnvironmentProblem: the model cannot be used.
    """
    stopped = Event()

    @contextmanager
    def meter() -> Iterator[_StoppableMeter]:
        yield _StoppableMeter(stopped)

    try:
        async with source.open(meter) as opened:
            late.arrive(opened.judge, opened.model, opened.health, clock())
            _log.info("the model is ready", model=opened.model.name, sha256=opened.model.digest, **opened.facts)
            await asyncio.get_running_loop().create_future()
    finally:
        stopped.set()
        late.leave()
