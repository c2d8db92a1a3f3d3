"""The gateway: handshake, heartbeats, resume, and who gets which event."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from tests.discord_server.events import HIGHEST_BIT, PRIVILEGED, Event, Intent, blanked
from tests.discord_server.session import Connection, Session
from tests.discord_server.world import World


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Close(IntEnum):
    """Gateway close codes."""

    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQUENCE = 4007
    RATE_LIMITED = 4008
    SESSION_TIMED_OUT = 4009
    INVALID_SHARD = 4010
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class Closing(Exception):
    """End this connection with a close code."""

    def __init__(self, code: Close) -> None:
        super().__init__(code.name)
        self.code = code


LARGEST_PAYLOAD = 4096
EVENTS_PER_MINUTE = 120


@dataclass(slots=True)
class GatewayRules:
    """What tests may set. Times in seconds."""

    heartbeat_interval: float = 41.25
    replay_limit: int = 20_000
    identifies: int = 1000
    identify_spacing: float = 0.0
    acknowledges_heartbeats: bool = True
    refused: int | None = None
    invalid_resumes: int = 0


@dataclass(slots=True)
class Gateway:
    """All sessions and connections. `url` is what READY tells the bot to come back to."""

    world: World
    rules: GatewayRules = field(default_factory=GatewayRules)
    url: str = ""
    sessions: dict[str, Session] = field(default_factory=dict)
    connections: set[Connection] = field(default_factory=set)
    received: list[tuple[int, Any]] = field(default_factory=list)
    _last_identify: float = float("-inf")

    # Dispatch

    def publish(self, event: Event) -> None:
        """Give the event to every session that may have it."""
        bot_id = self.world.application.id
        visible = event.channel is None or self.world.bot_sees(event.channel)
        if not visible or not self._bot_has(event):
            return
        encoded: dict[bool, bytes] = {}
        for session in self.sessions.values():
            if session.serves(event.guild.id if event.guild else None) and event.wanted_by(session.intents):
                hidden = event.hides_content_from(session.intents, bot_id)
                if hidden not in encoded:
                    encoded[hidden] = orjson.dumps(blanked(event.data) if hidden else event.data)
                session.dispatch(event.name, encoded[hidden])

    def _bot_has(self, event: Event) -> bool:
        if event.guild is None or event.name == "GUILD_DELETE":
            return True
        member = event.guild.bot_member
        return member is not None and event.guild.available and member.can(event.needs)

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
        """Op 7 to everyone."""
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
        socket = web.WebSocketResponse(max_msg_size=LARGEST_PAYLOAD, compress=False)
        await socket.prepare(request)
        connection = Connection(socket, compressed=request.query.get("compress") == "zlib-stream")
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
            if connection.session is not None and connection.session.connection is connection:
                connection.session.connection = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.world.changes.touch()

    async def _converse(self, connection: Connection) -> None:
        times: list[float] = []
        loop = asyncio.get_running_loop()
        async for message in connection.socket:
            times = [each for each in times if each > loop.time() - 60] + [loop.time()]
            try:
                if len(times) > EVENTS_PER_MINUTE:
                    raise Closing(Close.RATE_LIMITED)
                self._receive(connection, _decode(message))
            except Closing as closing:
                await connection.drain()
                await connection.close(closing.code)
                return

    async def _watch(self, connection: Connection) -> None:
        """Close a connection whose heartbeats stay away."""
        loop = asyncio.get_running_loop()
        patience = self.rules.heartbeat_interval * 1.5
        while (left := connection.last_heartbeat + patience - loop.time()) > 0:
            await asyncio.sleep(left)
        await connection.close(Close.SESSION_TIMED_OUT)

    def _receive(self, connection: Connection, payload: dict[str, Any]) -> None:
        op, data = payload.get("op"), payload.get("d")
        self.received.append((int(op) if isinstance(op, int) else -1, data))
        if op == Op.HEARTBEAT:
            self._beat(connection)
        elif op == Op.IDENTIFY:
            self._identify(connection, data)
        elif op == Op.RESUME:
            self._resume(connection, data)
        elif connection.session is None:
            raise Closing(Close.NOT_AUTHENTICATED)
        elif op == Op.REQUEST_MEMBERS:
            self._send_members(connection.session, data)
        elif op not in {Op.PRESENCE, Op.VOICE_STATE}:
            raise Closing(Close.UNKNOWN_OPCODE)
        self.world.changes.touch()

    def _beat(self, connection: Connection) -> None:
        connection.last_heartbeat = asyncio.get_running_loop().time()
        if self.rules.acknowledges_heartbeats:
            connection.send(Op.HEARTBEAT_ACK)

    def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        if connection.session is not None:
            raise Closing(Close.ALREADY_AUTHENTICATED)
        intents = self._checked_intents(data)
        if not self._may_identify():
            connection.send(Op.INVALID_SESSION, False)
            return
        index, count = data.get("shard") or (0, 1)
        if not 0 <= index < count:
            raise Closing(Close.INVALID_SHARD)
        session = Session(secrets.token_hex(16), intents, (index, count), self.rules.replay_limit)
        self.sessions[session.id] = session
        self._attach(session, connection)
        self._greet(session)

    def _checked_intents(self, data: dict[str, Any]) -> Intent:
        if data.get("token", "").removeprefix("Bot ") != self.world.application.token:
            raise Closing(Close.AUTHENTICATION_FAILED)
        wanted = int(data.get("intents", 0))
        if not 0 <= wanted < 1 << (HIGHEST_BIT + 1):
            raise Closing(Close.INVALID_INTENTS)
        if Intent(wanted) & PRIVILEGED & ~self.world.application.privileged:
            raise Closing(Close.DISALLOWED_INTENTS)
        return Intent(wanted)

    def _may_identify(self) -> bool:
        """Counts identifies; a day's worth used up, or one too soon, gets an invalid session."""
        now = asyncio.get_running_loop().time()
        in_time = now - self._last_identify >= self.rules.identify_spacing
        if not in_time or self.rules.identifies <= 0:
            return False
        self._last_identify = now
        self.rules.identifies -= 1
        return True

    def _attach(self, session: Session, connection: Connection) -> None:
        session.connection, connection.session = connection, session

    def _greet(self, session: Session) -> None:
        guilds = [each for each in self.world.guilds.values() if each.bot_member and session.serves(each.id)]
        application = self.world.application
        ready = {
            "v": 10,
            "user": application.bot.payload() | {"verified": True, "mfa_enabled": True, "email": None},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": str(application.id), "flags": application.flags},
        }
        session.dispatch("READY", orjson.dumps(ready))
        for guild in guilds:
            if guild.available and session.intents & Intent.GUILDS:
                session.dispatch("GUILD_CREATE", orjson.dumps(guild.create_payload()))

    def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        if data.get("token", "").removeprefix("Bot ") != self.world.application.token:
            raise Closing(Close.AUTHENTICATION_FAILED)
        session = self.sessions.get(data["session_id"])
        if self.rules.invalid_resumes > 0:
            self.rules.invalid_resumes -= 1
            session = None
        if session is None or not session.can_replay_from(data["seq"]):
            connection.send(Op.INVALID_SESSION, False)
            return
        if data["seq"] > session.sequence:
            raise Closing(Close.INVALID_SEQUENCE)
        self._attach(session, connection)
        session.replay_from(data["seq"])
        session.dispatch("RESUMED", b'{"_trace":[]}')

    def _send_members(self, session: Session, data: dict[str, Any]) -> None:
        """Answer op 8 in one chunk; without a list of ids it takes the members intent."""
        guild = self.world.guilds[int(data["guild_id"])]
        wanted = data.get("user_ids")
        if wanted is None and not session.intents & Intent.GUILD_MEMBERS:
            raise Closing(Close.DISALLOWED_INTENTS)
        ids = {int(each) for each in (wanted if isinstance(wanted, list) else [wanted])} if wanted else None
        members = [each.payload() for each in guild.members.values() if ids is None or each.id in ids]
        chunk = {
            "guild_id": str(guild.id),
            "members": members,
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        session.dispatch("GUILD_MEMBERS_CHUNK", orjson.dumps(chunk | {"nonce": data.get("nonce")}))


def _decode(message: Any) -> dict[str, Any]:
    if message.type is not WSMsgType.TEXT:
        raise Closing(Close.DECODE_ERROR)
    try:
        payload = orjson.loads(message.data)
    except orjson.JSONDecodeError:
        raise Closing(Close.DECODE_ERROR) from None
    if not isinstance(payload, dict):
        raise Closing(Close.DECODE_ERROR)
    return payload
