"""Gateway sessions and connections: sequence numbers, the replay buffer, compression, the sending queue."""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import ClientConnectionResetError, web

from tests.discord_server.events import Intent

CUT = 1006


class Connection:
    """One websocket. What is sent waits in a queue, so that a slow bot never holds up the world."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, *, compressed: bool
    ) -> None:
        self.socket = socket
        self.session: Session | None = None
        self.last_heartbeat = asyncio.get_running_loop().time()
        self._transport = transport
        self._deflate = zlib.compressobj() if compressed else None
        self._queue: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()

    def send(self, op: int, data: Any = None) -> None:
        """Queue a payload that is no dispatch."""
        self.send_raw(orjson.dumps({"op": op, "d": data, "s": None, "t": None}))

    def send_raw(self, payload: bytes) -> None:
        """Queue a finished payload."""
        self._queue.append(payload)
        self._filled.set()
        self._emptied.clear()

    async def write(self) -> None:
        """Send what is queued, until the connection ends."""
        try:
            while True:
                await self._filled.wait()
                while self._queue:
                    await self._write_one(self._queue.popleft())
                self._filled.clear()
                self._emptied.set()
        except (ClientConnectionResetError, ConnectionError):
            self._emptied.set()  # the bot is gone; its session keeps what it missed

    async def _write_one(self, payload: bytes) -> None:
        if self._deflate is None:
            await self.socket.send_str(payload.decode())
        else:
            packed = self._deflate.compress(payload) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
            await self.socket.send_bytes(packed)

    async def drain(self) -> None:
        """Wait until the queue was written, or the connection ended."""
        await self._emptied.wait()

    async def close(self, code: int) -> None:
        """Close with this code; 1006 cuts the connection without a close frame."""
        self.detach()
        if code != CUT:
            await self.socket.close(code=code)
        elif self._transport is not None:
            self._transport.abort()

    def detach(self) -> None:
        """The session goes on without this connection."""
        self._emptied.set()
        if self.session is not None and self.session.connection is self:
            self.session.detach()


@dataclass(slots=True, eq=False)
class Session:
    """What survives a lost connection: the sequence and the events to replay."""

    id: str
    intents: Intent
    shard: tuple[int, int]
    replay_limit: int
    sequence: int = 0
    connection: Connection | None = None
    detached_at: float = 0.0
    buffer: deque[tuple[int, bytes]] = field(default_factory=deque)

    def attach(self, connection: Connection) -> None:
        """Send to this connection from now on."""
        self.connection, connection.session = connection, self

    def detach(self) -> None:
        """Only keep events, until somebody resumes."""
        self.connection, self.detached_at = None, asyncio.get_running_loop().time()

    def dispatch(self, name: str, data: bytes) -> None:
        """Number an event, keep it for a resume and send it if somebody is there."""
        self.sequence += 1
        payload = b'{"t":"%s","s":%d,"op":0,"d":%s}' % (name.encode(), self.sequence, data)
        self.buffer.append((self.sequence, payload))
        if len(self.buffer) > self.replay_limit:
            self.buffer.popleft()
        if self.connection is not None:
            self.connection.send_raw(payload)

    def can_replay_from(self, sequence: int) -> bool:
        """Whether everything after this sequence is still there."""
        oldest = self.buffer[0][0] if self.buffer else self.sequence + 1
        return oldest <= sequence + 1

    def replay_from(self, sequence: int) -> None:
        """Send again what came after this sequence."""
        if self.connection is not None:
            for number, payload in self.buffer:
                if number > sequence:
                    self.connection.send_raw(payload)

    def serves(self, guild_id: int | None) -> bool:
        """Whether this shard is responsible; direct messages are shard 0's."""
        index, count = self.shard
        return index == (0 if guild_id is None else (guild_id >> 22) % count)
