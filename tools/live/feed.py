"""What the open pages are told: a full picture first, then every change."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

_MOST_WAITING = 5000
"""Changes kept for a page that reads slowly. Beyond that it gets a new picture instead."""


def server_sent(name: str, data: Any) -> bytes:
    """One server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


class Reader:
    """One open page."""

    def __init__(self, picture: Callable[[], Any]) -> None:
        self._picture = picture
        self._waiting: deque[bytes] = deque([self._whole()])
        self._filled = asyncio.Event()
        self._filled.set()

    def put(self, event: bytes) -> None:
        """Keep a change until the page takes it."""
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting = deque([self._whole()])
        else:
            self._waiting.append(event)
        self._filled.set()

    async def next(self) -> bytes:
        """All that is new, as soon as something is."""
        await self._filled.wait()
        self._filled.clear()
        new, self._waiting = b"".join(self._waiting), deque()
        return new

    def _whole(self) -> bytes:
        return server_sent("picture", self._picture())


class Feed:
    """Passes changes on to every open page, and never waits for one."""

    def __init__(self, picture: Callable[[], Any]) -> None:
        self._picture = picture
        self._readers: set[Reader] = set()

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A page that is open as long as the block runs. Nothing happens between its picture and its changes."""
        reader = Reader(self._picture)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    def tell(self, name: str, data: Any) -> None:
        """Something changed."""
        if self._readers:
            event = server_sent(name, data)
            for reader in self._readers:
                reader.put(event)
