"""What the bot did: requests as they came, effects, and the guilds' audit logs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any


class ActionKind(StrEnum):
    """Effects of the bot that tests count."""

    POST = "post"
    EDIT = "edit"
    DELETE = "delete"
    BULK_DELETE = "bulk delete"
    TIMEOUT = "timeout"
    TIMEOUT_END = "timeout end"
    KICK = "kick"
    BAN = "ban"
    UNBAN = "unban"
    MEMBER_UPDATE = "member update"
    THREAD = "thread"
    CHANNEL = "channel"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Action:
    """One effect: what was done to whom (`target_id`: a message, a user or a guild), where, when and why."""

    kind: ActionKind
    target_id: int
    guild_id: int | None
    channel_id: int | None
    at: datetime
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


class AuditEvent(IntEnum):
    """Audit log event types."""

    MEMBER_KICK = 20
    MEMBER_BAN_ADD = 22
    MEMBER_BAN_REMOVE = 23
    MEMBER_UPDATE = 24
    MEMBER_ROLE_UPDATE = 25
    MESSAGE_DELETE = 72
    MESSAGE_BULK_DELETE = 73


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of a guild's audit log."""

    id: int
    guild_id: int
    event: AuditEvent
    user_id: int
    target_id: int
    reason: str | None
    options: dict[str, str] | None = None

    def payload(self) -> dict[str, Any]:
        payload = {
            "id": str(self.id),
            "action_type": int(self.event),
            "user_id": str(self.user_id),
            "target_id": str(self.target_id),
        }
        optional = {"reason": self.reason, "options": self.options}
        return payload | {key: value for key, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was answered. `route` is the template: "POST /channels/{}/messages".

    `status` 0 means that the connection was cut or closed without an answer. `seconds` is the time to the answer.
    """

    route: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    reason: str | None
    status: int
    answer: Any
    at: datetime
    seconds: float


@dataclass(slots=True)
class Journal:
    """Everything that is kept for tests to look at."""

    requests: list[Request] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    audit_log: list[AuditEntry] = field(default_factory=list)

    def of(self, kind: ActionKind) -> list[Action]:
        """All actions of one kind, in order."""
        return [action for action in self.actions if action.kind is kind]

    def to(self, route: str) -> list[Request]:
        """All requests to a route, as in "DELETE /channels/{}/messages/{}"."""
        return [request for request in self.requests if request.route == route]
