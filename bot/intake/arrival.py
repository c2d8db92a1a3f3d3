"""What travels through the lanes."""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto

from bot.case import Earlier, Message


class Source(Enum):
    """How a message came to us."""

    CREATED = auto()
    EDITED = auto()
    READ = auto()
    """From history: it may be new or known, edited or not, and does not tell its author's roles."""


class Batch:
    """Waits until every arrival of a page has been worked off."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._done = asyncio.Event()
        if size == 0:
            self._done.set()

    def one_done(self) -> None:
        """One more is through, or was dropped."""
        self._left -= 1
        if self._left <= 0:
            self._done.set()

    async def done(self) -> None:
        """Return when all are through."""
        await self._done.wait()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message on its way to the prefilter, with what came before it when it arrived."""

    message: Message
    earlier: tuple[Earlier, ...]
    source: Source
    batch: Batch | None = None

    @property
    def size(self) -> int:
        """Characters that it keeps in memory, its context aside."""
        message = self.message
        return len(message.content) + sum(map(len, message.embeds)) + sum(map(len, message.attachments))
