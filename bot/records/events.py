"""What people did about cases beside deciding: claims, notes, escalations, notices to members."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.case import Holder


class EventKind(StrEnum):
    """What happened to a case."""

    CLAIM = "claim"
    """Somebody took it on, from somebody else perhaps."""
    RELEASE = "release"
    ESCALATE = "escalate"
    """Somebody asked for a person with more say."""
    CALM = "calm"
    """An escalation was taken back."""
    NOTE = "note"
    REPORT = "report"
    APPEAL = "appeal"
    NOTICE_SENT = "notice_sent"
    """The member was told of a decision. The event's time is the decision's."""
    NOTICE_FAILED = "notice_failed"
    """The member could not be told; the text says why. The event's time is the decision's."""
    UNDO = "undo"
    REOPEN = "reopen"
    EXPORT = "export"
    ERASED = "erased"
    """What the member wrote was erased."""


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something that happened to a case."""

    case_id: int
    at: datetime
    kind: EventKind
    actor_id: int | None = None
    """Who did it; None: Safeguild itself, or somebody who is not named."""
    text: str = ""
    """Words of people, or why something went wrong."""


class Events(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""

    async def add_event(self, event: CaseEvent) -> None:
        """Note something about a case.

        Raises:
            UnknownCase: there is no such case.
        """
        ...

    async def events(self, case_id: int) -> list[CaseEvent]:
        """All that happened to a case, as it was noted; nothing of a case that is not known."""
        ...

    async def take_on(self, case_id: int, moderator_id: int, at: datetime) -> Holder:
        """Somebody claims a case, also one that somebody else holds. Who holds it now, and since when.

        Claiming twice changes nothing. The case's card is out of date when the holder changed.

        Raises:
            UnknownCase: there is no such case.
        """
        ...

    async def let_go(self, case_id: int, moderator_id: int, at: datetime) -> bool:
        """Nobody holds the case any more; False if nobody did, or if there is no such case."""
        ...

    async def escalate(self, case_id: int, moderator_id: int, at: datetime) -> bool:
        """Somebody with more say is wanted; False if that was so already.

        Raises:
            UnknownCase: there is no such case.
        """
        ...

    async def calm(self, case_id: int, moderator_id: int, at: datetime) -> bool:
        """An escalation is taken back; False if there was none, or if there is no such case."""
        ...
