"""The connection to the gateway, kept up through whatever Discord and the network do.

discord.py 2.7.1 has a loop of its own, `Client.connect`. It is not used, because with it
- a first connection that fails ends in an AttributeError (it asks a websocket that never was for its session);
- a gateway that accepts and closes at once is tried again without a pause;
- after a long outage the pause between two tries grows to 17 minutes.
Nor does it read a READY or a RESUMED that leaves out what other servers than Discord may leave out.
"""

import asyncio
import json
import random
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import structlog
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from yarl import URL

from bot.cogs.gateway_events import UNREADABLE
from bot.pace import TokenBucket

_log = structlog.get_logger(__name__)
CONNECT_SECONDS = 60.0
"""How long a connection may take until the gateway has greeted."""
LEAVE_SECONDS = 1.0
"""How long a connection's end is waited for."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries, after many that failed."""
STEADY_SECONDS = 30.0
"""A connection that lasted this long was a good one: the next pause is short again."""
TRIES_TO_RESUME = 5
"""In a row, before a new session is begun: the address that a session is resumed at may be gone for good."""
SESSIONS_A_DAY = 700
"""New sessions in the long run, with `SESSIONS_AT_ONCE` on top. After 1,000 a day Discord resets a bot's token."""
SESSIONS_AT_ONCE = 20

_LOST = (
    OSError,
    aiohttp.ClientError,
    zlib.error,
    discord.HTTPException,
    discord.ConnectionClosed,
    *UNREADABLE,
)
"""How a connection ends, besides the gateway's own wish. What cannot be read at all is a broken connection too."""
_STILL_THERE = 4000
"""A close code that leaves the session to be resumed."""
_FOR_GOOD = frozenset({4004, 4010, 4011, 4012, 4013, 4014})
"""After these the same try would only fail again (Discord's reference, "Gateway Close Event Codes")."""


class SteadySocket(DiscordWebSocket):
    """A connection that takes a READY without an address to resume at, and a RESUMED that says nothing."""

    async def received_message(self, msg: Any, /) -> None:
        """Read what the gateway sent."""
        if isinstance(msg, bytes):
            msg = self._decompressor.decompress(msg)
        if msg is not None:
            await super().received_message(self._completed(msg))

    def _completed(self, text: str) -> str:
        if '"READY"' not in text and '"RESUMED"' not in text:
            return text
        told = json.loads(text)
        if told["t"] == "READY":
            told["d"].setdefault("resume_gateway_url", str(self.gateway))
        elif told["t"] == "RESUMED":
            told["d"] = told["d"] or {}
        return json.dumps(told)


def session_bucket() -> TokenBucket:
    """Keeps a gateway that breaks every session from using up the day's sessions."""
    return TokenBucket(SESSIONS_A_DAY / 86_400, SESSIONS_AT_ONCE, time.monotonic)


@dataclass(frozen=True, slots=True)
class _Interrupted:
    """A session to go on with."""

    session: str
    sequence: int | None
    gateway: URL
    tries: int = 0
    """How often in a row resuming it has failed."""


async def stay_connected(
    client: discord.Client, new_sessions: TokenBucket, closing: asyncio.Event, *, reconnect: bool = True
) -> None:
    """Keep a client that is logged in connected until it is closed, and resume its session where that can be done.

    Args:
        client: what events are handed to.
        new_sessions: asked before each new session.
        closing: set when the client is being closed; ends a pause.
        reconnect: whether to try again at all.

    Raises:
        discord.PrivilegedIntentsRequired: the application may not read messages (close code 4014).
        discord.ConnectionClosed: the gateway closed for good; 4004 means that the token is not valid any more.
        OSError, aiohttp.ClientError: the connection failed; only without `reconnect`.
    """
    pauses = _pauses()
    interrupted: _Interrupted | None = None
    while not client.is_closed():
        began = time.monotonic()
        try:
            await _serve(client, interrupted, new_sessions)
        except ReconnectWebSocket as request:
            interrupted = _session_of(client.ws, interrupted) if request.resume else None
        except _LOST as error:
            if client.is_closed():
                return
            _raise_if_for_good(error, reconnect=reconnect)
            _log.warning(
                "the connection to Discord's gateway failed",
                kind=type(error).__name__,
                exc_info=error if isinstance(error, UNREADABLE) else None,
            )
            interrupted = _session_of(client.ws, interrupted)
        client.dispatch("disconnect")
        if time.monotonic() - began > STEADY_SECONDS:
            pauses = _pauses()
        await _pause(next(pauses), closing)


async def _serve(client: discord.Client, interrupted: _Interrupted | None, new_sessions: TokenBucket) -> None:
    """Connect, and hand out events until the connection ends, which is always an exception."""
    how: dict[str, Any] = {"initial": client.ws is None}
    if interrupted is None:
        await new_sessions.take()
    else:
        how |= {
            "resume": True,
            "session": interrupted.session,
            "sequence": interrupted.sequence,
            "gateway": interrupted.gateway,
        }
    try:
        client.ws = ws = await asyncio.wait_for(SteadySocket.from_client(client, **how), CONNECT_SECONDS)
    except AssertionError as gone:  # aiohttp's word for a connection that was closed right after the handshake
        raise ConnectionResetError("closed while it was opened") from gone
    try:
        while True:
            await ws.poll_event()
    except (*UNREADABLE, zlib.error):
        await _leave(ws)
        raise
    finally:
        _stop_beating(ws)


async def _leave(ws: DiscordWebSocket) -> None:
    """Close a connection that is up but cannot be read any more; its session can be resumed."""
    with suppress(TimeoutError):  # the other side need not answer
        async with asyncio.timeout(LEAVE_SECONDS):
            await ws.socket.close(code=_STILL_THERE)


def _stop_beating(ws: DiscordWebSocket) -> None:
    """discord.py leaves the thread of the heartbeats running when a connection ends in an unforeseen way."""
    if ws._keep_alive is not None:  # noqa: SLF001 - there is no public way
        ws._keep_alive.stop()  # noqa: SLF001


def _session_of(ws: DiscordWebSocket | None, before: _Interrupted | None) -> _Interrupted | None:
    """The session that was just interrupted; None if there was none, or if it cannot be resumed."""
    if ws is None or ws.session_id is None:
        return None
    went_on = before is None or (ws.session_id, ws.sequence) != (before.session, before.sequence)
    tries = 0 if went_on or before is None else before.tries + 1
    if tries >= TRIES_TO_RESUME:
        return None
    return _Interrupted(ws.session_id, ws.sequence, ws.gateway, tries)


def _raise_if_for_good(error: Exception, *, reconnect: bool) -> None:
    if isinstance(error, discord.ConnectionClosed) and error.code == 4014:
        raise discord.PrivilegedIntentsRequired(error.shard_id) from error
    if not reconnect or (isinstance(error, discord.ConnectionClosed) and error.code in _FOR_GOOD):
        raise error


def _pauses() -> Iterator[float]:
    """Seconds before each try: none, then more and more; at random, so that many bots do not come at once."""
    yield 0.0
    longest = 1.0
    while True:
        yield random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, guards nothing
        longest = min(longest * 2, LONGEST_PAUSE)


async def _pause(seconds: float, closing: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(closing.wait(), seconds)
