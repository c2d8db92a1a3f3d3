"""The gateway's opcodes, close codes, and the rules a test may set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson
from aiohttp import WSMessage, WSMsgType

LARGEST_PAYLOAD = 4096
EVENTS_PER_MINUTE = 120


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


@dataclass(slots=True)
class GatewayRules:
    """What a test may set, also while the server runs. Times in seconds.

    `identifies` is what is left of the day's 1,000; `identify_spacing` the least time between two (5 at Discord).
    `invalid_resumes` resumes are answered with an invalid session. `refused` answers new connections with this
    HTTP status. A detached session can be resumed for `resume_seconds`, as long as its buffer of `replay_limit`
    events reaches back far enough.
    """

    heartbeat_interval: float = 41.25
    replay_limit: int = 50_000
    resume_seconds: float = 300.0
    identifies: int = 1000
    identify_spacing: float = 0.0
    acknowledges_heartbeats: bool = True
    refused: int | None = None
    invalid_resumes: int = 0


def decode(message: WSMessage) -> tuple[int, Any]:
    """Opcode and data of what came; anything but a JSON object ends the connection."""
    if message.type is not WSMsgType.TEXT:
        raise Closing(Close.DECODE_ERROR)
    try:
        payload = orjson.loads(message.data)
    except orjson.JSONDecodeError:
        raise Closing(Close.DECODE_ERROR) from None
    if not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
        raise Closing(Close.DECODE_ERROR)
    return payload["op"], payload.get("d")


def fields(data: Any) -> dict[str, Any]:
    """The data of an opcode that takes an object."""
    if not isinstance(data, dict):
        raise Closing(Close.DECODE_ERROR)
    return data
