"""Has charts drawn, in a process that is gone afterwards."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from bot.figures.plots import Order, Sheet

_log = structlog.get_logger(__name__)

SECONDS: Final = 60.0
"""An order takes 2 or 3 on a small machine; the first one ever, while fonts are looked for, some more."""
MODULE: Final = "bot.figures.charts"
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT")
"""Of the environment: the bot's token is none of a drawing program's business."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG."""

    name: str
    """Of the file."""
    data: bytes
    alt: str
    """What it shows, for whoever does not see it."""


Paint = Callable[[Iterable[Sheet]], Awaitable[list[Picture]]]
"""Draws sheets, or gives nothing where that failed."""


class Painter:
    """Draws one order after the other: whoever asks at the same time waits."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where matplotlib may keep what it knows of fonts."""
        self._folder = folder
        self._turn = asyncio.Lock()

    async def paint(self, sheets: Iterable[Sheet]) -> list[Picture]:
        """The sheets as pictures; none if drawing failed, which the log tells of. Numbers can be told without."""
        wanted = tuple(sheets)
        async with self._turn:
            try:
                async with asyncio.timeout(SECONDS):
                    drawn = await self._drawn(Order(sheets=wanted))
            except (TimeoutError, OSError) as error:
                _log.error("charts could not be drawn", error=type(error).__name__)
                return []
        return [Picture(f"{sheet.name}.png", data, sheet.alt) for sheet, data in zip(wanted, drawn, strict=False)]

    async def _drawn(self, order: Order) -> Sequence[bytes]:
        await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment(),
        )
        try:
            said, complaint = await process.communicate(order.model_dump_json().encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            # A traceback's last line may quote a policy's title: of the others, only where it was.
            _log.error("charts could not be drawn", status=process.returncode, at=_places(complaint))
            return []
        return _parts(said)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name in _PASSED_ON if (value := os.environ.get(name)) is not None}
        return kept | {"MPLCONFIGDIR": str(self._folder), "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}


def _parts(said: bytes) -> list[bytes]:
    parts, at = [], 0
    while at < len(said):
        size = int.from_bytes(said[at : at + 4], "big")
        parts.append(said[at + 4 : at + 4 + size])
        at += 4 + size
    return parts


def _places(complaint: bytes) -> list[str]:
    lines = complaint.decode("utf-8", "replace").splitlines()
    return [line.strip() for line in lines if line.startswith('  File "')][-3:]
