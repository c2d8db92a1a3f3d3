"""How a running bot is told to stop: SIGTERM and Ctrl-C ask for a clean end, a second signal gets a quick one."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.errors import ExitCode

_log = structlog.get_logger(__name__)
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that the first signal sets. Until the end of the block the signals do nothing else."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, _on_signal, stop, signal.Signals(number).name)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _on_signal(stop: asyncio.Event, name: str) -> None:
    if stop.is_set():
        _log.warning("stopped at once: work in progress is done again after the next start", signal=name)
        # Neither `sys.exit` nor an exception ends a process whose threads are busy.
        os._exit(ExitCode.STOPPED)
    _log.info("stopping", signal=name)
    stop.set()
