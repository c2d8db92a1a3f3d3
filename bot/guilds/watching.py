"""Notices when people change files by hand."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import structlog
from watchfiles import Change, awatch

_log = structlog.get_logger(__name__)

LOOK_AROUND = timedelta(minutes=1)
"""How often everything is looked at without a notice: network drives give none."""
_SETTLED_MILLISECONDS = 100
"""An editor writes a file in several steps: look only when nothing has happened for so long."""


async def changes(folder: Path, look_around: timedelta = LOOK_AROUND) -> AsyncIterator[frozenset[str]]:
    """The names of the files and folders in a folder in or below which something changed, until cancelled.

    An empty set means: nobody knows, look at everything; it is the first answer, since nobody looked until now.
    It comes when the watch has begun: what is changed while its receiver looks is told afterwards. The folder must
    exist. Hidden names are passed over.
    """
    real = await asyncio.to_thread(folder.resolve)
    try:
        async with aclosing(_noticed(real, look_around)) as noticed, _begun(noticed) as first:
            yield frozenset()
            yield await first
            async for names in noticed:
                yield names
    except* (
        OSError,
        RuntimeError,
    ) as group:  # no inotify watches left, a folder that vanished, a name of odd bytes
        kind = type(group.exceptions[0]).__name__
        _log.warning("hand edits are noticed late", error=kind, look_around=str(look_around))
    while True:
        yield frozenset()
        await asyncio.sleep(look_around.total_seconds())


@asynccontextmanager
async def _begun(noticed: AsyncGenerator[frozenset[str], None]) -> AsyncIterator["asyncio.Future[frozenset[str]]"]:
    """What is noticed first; the watch has begun when this is entered, unless it cannot begin at all."""
    first = asyncio.ensure_future(anext(noticed))
    try:
        await asyncio.sleep(0)  # watchfiles registers the folder before it waits for the first time
        yield first
    finally:
        first.cancel()
        await asyncio.wait([first])
        if not first.cancelled():
            first.exception()  # whoever awaited it has got it; nobody else has to hear of it


async def _noticed(folder: Path, look_around: timedelta) -> AsyncGenerator[frozenset[str], None]:
    timeout = round(look_around.total_seconds() * 1000)

    def is_meant(_: Change, path: str) -> bool:
        return not any(part.startswith(".") for part in _below(folder, path))

    async for found in awatch(
        folder, watch_filter=is_meant, step=_SETTLED_MILLISECONDS, rust_timeout=timeout, yield_on_timeout=True
    ):
        names = frozenset(_below(folder, path)[:1] for _, path in found)
        yield frozenset(name for parts in names for name in parts) if () not in names else frozenset()


def _below(folder: Path, path: str) -> tuple[str, ...]:
    """The parts of a path under the folder; () for the folder itself and for what is not in it."""
    return Path(path).relative_to(folder).parts if Path(path).is_relative_to(folder) else ()
