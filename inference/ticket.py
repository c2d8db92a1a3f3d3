"""Where an ask stands in the queue: how urgent it is, whose it is, and until when the answer is of use."""

from dataclasses import dataclass
from enum import IntEnum


class Priority(IntEnum):
    """How urgent an ask is; less is more urgent."""

    INTERACTIVE = 0
    """Somebody sits before the screen and waits: a policy test, a message command."""
    LIVE = 1
    """A message that was just written."""
    BACKFILL = 2
    """Work that may take its time: a scan, an evaluation, an audit sample."""


SHARE_OF_QUEUE = {Priority.INTERACTIVE: 1.0, Priority.LIVE: 0.9, Priority.BACKFILL: 0.5}
"""How much of a queue may be taken when an ask comes, by its urgency: there is always room for the urgent."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Goes with an ask."""

    priority: Priority = Priority.LIVE
    tenant: int = 0
    """Whose turn it takes: a guild's id. Tenants of one priority share the model evenly."""
    deadline: float | None = None
    """Seconds from asking after which nobody needs the answer; None waits for as long as it takes."""


ORDINARY = Ticket()
"""A message that was just written, of nobody in particular."""
