"""The gateway: connections, heartbeats, and who gets which event."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from tests.discord_server.events import Event, Intent
from tests.discord_server.gateway_protocol import (
    EVENTS_PER_MINUTE,
    LARGEST_PAYLOAD,
    Close,
    Closing,
    GatewayRules,
    Op,
    decode,
    fields,
)
from tests.discord_server.handshake import Handshake
from tests.discord_server.session import Connection, Session
from tests.discord_server.world import World


@dataclass(slots=True)
class Gateway:
    """All connections. `received` keeps what the bot sent: (opcode, data)."""

    world: World
    rules: GatewayRules
    handshake: Handshake = field(init=False)
    connections: set[Connection] = field(default_factory=set)
    received: list[tuple[int, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.handshake = Handshake(self.world, self.rules)

    @property
    def sessions(self) -> dict[str, Session]:
        return self.handshake.sessions

    # Dispatch

    def publish(self, event: Event) -> None:
        """Give the event to every session that may have it."""
        if not self.sessions or not self._bot_may_have(event):
            return
        bot_id, guild_id = self.world.application.id, event.guild.id if event.guild else None
        encoded: dict[bool, bytes] = {}
        for session in self.sessions.values():
            if session.serves(guild_id) and event.wanted_by(session.intents):
                hidden = event.hides_content_from(session.intents, bot_id)
                if hidden not in encoded:
                    encoded[hidden] = orjson.dumps(event.without_content() if hidden else event.data)
                session.dispatch(event.name, encoded[hidden])

    def _bot_may_have(self, event: Event) -> bool:
        """Whether the bot is where the event is, and sees it."""
        if event.guild is None or event.name == "GUILD_DELETE":
            return True
        member = event.guild.bot_member
        if member is None or not event.guild.available or not member.can(event.needs):
            return False
        return event.channel is None or event.channel.visible_to(member)

    async def drain(self) -> None:
        """Let the queues be written."""
        await asyncio.sleep(0)
        for connection in list(self.connections):
            await connection.drain()

    # Faults

    async def drop(self, code: int, *, forget: bool = False) -> None:
        """Close all connections; with `forget` their sessions cannot be resumed."""
        if forget:
            self.sessions.clear()
        for connection in list(self.connections):
            await connection.close(code)

    def ask_to_reconnect(self) -> None:
        """Op 7 to everyone: come back and resume."""
        for connection in self.connections:
            connection.send(Op.RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9 to everyone; sessions that are not resumable are gone."""
        for connection in self.connections:
            connection.send(Op.INVALID_SESSION, resumable)
        if not resumable:
            self.sessions.clear()

    # Connections

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket until it ends."""
        if self.rules.refused is not None:
            return web.Response(status=self.rules.refused)
        if request.query.get("encoding", "json") != "json" or request.query.get("compress") not in {
            None,
            "zlib-stream",
        }:
            return web.Response(status=400, text="this gateway speaks JSON, plain or as zlib-stream")
        socket = web.WebSocketResponse(max_msg_size=LARGEST_PAYLOAD, compress=False)
        await socket.prepare(request)
        connection = Connection(socket, request.transport, compressed="compress" in request.query)
        async with self._kept(connection):
            connection.send(Op.HELLO, {"heartbeat_interval": int(self.rules.heartbeat_interval * 1000)})
            await self._converse(connection)
        return socket

    @asynccontextmanager
    async def _kept(self, connection: Connection) -> AsyncIterator[None]:
        self.connections.add(connection)
        tasks = [asyncio.create_task(connection.write()), asyncio.create_task(self._watch(connection))]
        try:
            yield
        finally:
            self.connections.discard(connection)
            connection.detach()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.world.changes.touch()

    async def _converse(self, connection: Connection) -> None:
        """Take what comes until the connection ends, or until the bot breaks a rule."""
        loop = asyncio.get_running_loop()
        times: deque[float] = deque(maxlen=EVENTS_PER_MINUTE)
        async for message in connection.socket:
            try:
                if len(times) == EVENTS_PER_MINUTE and loop.time() - times[0] < 60:
                    raise Closing(Close.RATE_LIMITED)  # noqa: TRY301  the handler below ends the connection
                times.append(loop.time())
                self._receive(connection, *decode(message))
            except Closing as closing:
                await connection.drain()
                await connection.close(closing.code)
                return

    async def _watch(self, connection: Connection) -> None:
        """Close a connection whose heartbeats stay away."""
        loop = asyncio.get_running_loop()
        patience = self.rules.heartbeat_interval * 1.5
        while (left := connection.last_heartbeat + patience - loop.time()) > 0:  # noqa: ASYNC110  sleeps exactly so long
            await asyncio.sleep(left)
        await connection.close(Close.SESSION_TIMED_OUT)

    def _receive(self, connection: Connection, op: int, data: Any) -> None:
        self.received.append((op, data))
        if op == Op.HEARTBEAT:
            self._beat(connection)
        elif op == Op.IDENTIFY:
            self.handshake.identify(connection, fields(data))
        elif op == Op.RESUME:
            self.handshake.resume(connection, fields(data))
        elif connection.session is None:
            raise Closing(Close.NOT_AUTHENTICATED)
        elif op == Op.REQUEST_MEMBERS:
            self._send_members(connection.session, fields(data))
        elif op not in {Op.PRESENCE, Op.VOICE_STATE}:
            raise Closing(Close.UNKNOWN_OPCODE)
        self.world.changes.touch()

    def _beat(self, connection: Connection) -> None:
        connection.last_heartbeat = asyncio.get_running_loop().time()
        if self.rules.acknowledges_heartbeats:
            connection.send(Op.HEARTBEAT_ACK)

    def _send_members(self, session: Session, data: dict[str, Any]) -> None:
        """Answer op 8 in one chunk; without a list of ids it takes the members intent."""
        guild = self.world.guilds[int(data["guild_id"])]
        wanted = data.get("user_ids")
        if wanted is None and not session.intents & Intent.GUILD_MEMBERS:
            raise Closing(Close.DISALLOWED_INTENTS)
        ids = (
            None if wanted is None else {int(each) for each in (wanted if isinstance(wanted, list) else [wanted])}
        )
        members = [each.payload() for each in guild.members.values() if ids is None or each.id in ids]
        missing = [str(each) for each in sorted((ids or set()) - guild.members.keys())]
        chunk = {"guild_id": str(guild.id), "members": members, "chunk_index": 0, "chunk_count": 1}
        chunk |= {"not_found": missing, "nonce": data.get("nonce")}
        session.dispatch("GUILD_MEMBERS_CHUNK", orjson.dumps(chunk))
