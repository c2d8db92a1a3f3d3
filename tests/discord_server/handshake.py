"""Identify and resume: who gets a session, and what it begins with."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.discord_server.events import HIGHEST_BIT, PRIVILEGED, Intent
from tests.discord_server.gateway_protocol import Close, Closing, GatewayRules, Op
from tests.discord_server.session import Connection, Session
from tests.discord_server.world import World

MOST_DETACHED = 8


@dataclass(slots=True)
class Handshake:
    """Gives out sessions. `resume_url` is where READY tells the bot to come back to."""

    world: World
    rules: GatewayRules
    resume_url: str = ""
    sessions: dict[str, Session] = field(default_factory=dict)
    _last_identify: float = float("-inf")

    def identify(self, connection: Connection, data: dict[str, Any]) -> None:
        """A new session, or the close code that says why not."""
        if connection.session is not None:
            raise Closing(Close.ALREADY_AUTHENTICATED)
        self._authenticate(data)
        intents = self._intents(data)
        if not self._may_identify():
            connection.send(Op.INVALID_SESSION, False)
            return
        session = Session(secrets.token_hex(16), intents, _shard(data), self.rules.replay_limit)
        self.prune()
        self.sessions[session.id] = session
        session.attach(connection)
        self._greet(session)

    def resume(self, connection: Connection, data: dict[str, Any]) -> None:
        """Go on with a session, or op 9 when it is gone or its buffer does not reach back."""
        self._authenticate(data)
        self.prune()
        session, sequence = self.sessions.get(data["session_id"]), int(data["seq"])
        if self.rules.invalid_resumes > 0:
            self.rules.invalid_resumes -= 1
            session = None
        if session is None or not session.can_replay_from(sequence):
            connection.send(Op.INVALID_SESSION, False)
            return
        if sequence > session.sequence:
            raise Closing(Close.INVALID_SEQUENCE)
        session.attach(connection)
        session.replay_from(sequence)
        session.dispatch("RESUMED", b'{"_trace":[]}')

    def prune(self) -> None:
        """Forget sessions that nobody came back to: too old, or too many."""
        now = asyncio.get_running_loop().time()
        detached = [each for each in self.sessions.values() if each.connection is None]
        expired = [each for each in detached if now - each.detached_at > self.rules.resume_seconds]
        for session in {*expired, *detached[:-MOST_DETACHED]}:
            self.sessions.pop(session.id, None)

    def _authenticate(self, data: dict[str, Any]) -> None:
        if str(data.get("token")).removeprefix("Bot ") != self.world.application.token:
            raise Closing(Close.AUTHENTICATION_FAILED)

    def _intents(self, data: dict[str, Any]) -> Intent:
        wanted = int(data.get("intents", 0))
        if not 0 <= wanted < 1 << (HIGHEST_BIT + 1):
            raise Closing(Close.INVALID_INTENTS)
        if Intent(wanted) & PRIVILEGED & ~self.world.application.privileged:
            raise Closing(Close.DISALLOWED_INTENTS)
        return Intent(wanted)

    def _may_identify(self) -> bool:
        """Count identifies; one too soon, or one more than a day's worth, gets an invalid session."""
        now = asyncio.get_running_loop().time()
        if now - self._last_identify < self.rules.identify_spacing or self.rules.identifies <= 0:
            return False
        self._last_identify = now
        self.rules.identifies -= 1
        return True

    def _greet(self, session: Session) -> None:
        """READY with all guilds unavailable, then a GUILD_CREATE for each that is there."""
        guilds = [each for each in self.world.guilds.values() if each.bot_member and session.serves(each.id)]
        application = self.world.application
        ready = {
            "v": 10,
            "user": application.bot.payload() | {"verified": True, "mfa_enabled": True, "email": None},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.resume_url,
            "shard": list(session.shard),
            "application": {"id": str(application.id), "flags": application.flags},
        }
        session.dispatch("READY", orjson.dumps(ready))
        for guild in guilds:
            if guild.available and session.intents & Intent.GUILDS:
                session.dispatch("GUILD_CREATE", orjson.dumps(guild.create_payload()))


def _shard(data: dict[str, Any]) -> tuple[int, int]:
    index, count = data.get("shard") or (0, 1)
    if not 0 <= index < count:
        raise Closing(Close.INVALID_SHARD)
    return index, count
