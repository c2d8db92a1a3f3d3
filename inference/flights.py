"""The asks that are in flight between the engine and its child, and what a death of the child means for each.

Deaths of a child are charged to the asks that it had taken in. Those that were there at more than one are asked
alone from then on, so that the one that kills the engine is found: it dies alone. No clock, no pipe, no process.
"""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, replace

from inference.answerer import TimedAnswer
from inference.judge import JudgeBusy
from inference.ticket import SHARE_OF_QUEUE, Ticket
from inference.wire import Ask

SUSPECT_AFTER = 2
"""Deaths that an ask is charged with, before it is asked alone."""
SHARE_OF_TENANT = 0.5
"""How much of its `SHARE_OF_QUEUE` a single tenant may have while others ask too: a flood leaves them room."""
RECENT = 256
"""Asks, refused ones included, by which is told who asks."""


@dataclass(slots=True, eq=False)
class Flight:
    """An ask on its way."""

    ask: Ask
    asked: float
    """When, in the seconds of the clock that `Flights` is told."""
    answer: "asyncio.Future[TimedAnswer]"
    sent: bool = False
    """To the child that lives now."""
    taken: bool = False
    """By the child that lives now; it said so."""
    deaths: int = 0
    """How many it is charged with."""

    def as_of(self, now: float) -> Ask:
        """The ask as it is sent now: of its deadline, only what is left."""
        ticket = self.ask.ticket
        if ticket.deadline is None:
            return self.ask
        left = max(0.0, ticket.deadline - (now - self.asked))
        return self.ask.model_copy(update={"ticket": replace(ticket, deadline=left)})


class Flights:
    """All asks in flight, `queue` at most, in the order in which they came."""

    def __init__(self, queue: int) -> None:
        self._queue = queue
        self._flights: dict[int, Flight] = {}
        self._held: Counter[int] = Counter()
        """By tenant, its asks in flight."""
        self._recent: deque[int] = deque(maxlen=RECENT)
        """The tenants of the latest asks."""

    @property
    def busy(self) -> bool:
        """Whether the child has something to do."""
        return any(flight.sent for flight in self._flights.values())

    @property
    def open(self) -> tuple[Flight, ...]:
        """Those that have no result yet, oldest first."""
        return tuple(flight for flight in self._flights.values() if not flight.answer.done())

    def check_room(self, ticket: Ticket) -> None:
        """Refuse early what would only wait.

        Raises:
            JudgeBusy: so many asks, of all or of this tenant, are in flight that this one has no place.
        """
        self._recent.append(ticket.tenant)
        allowed = max(1, int(self._queue * SHARE_OF_QUEUE[ticket.priority]))
        if len(self._flights) >= allowed:
            raise JudgeBusy(
                f"{len(self._flights)} asks are in flight, and there is room for {allowed} such as this"
            )
        own, held = max(1, int(allowed * SHARE_OF_TENANT)), self._held[ticket.tenant]
        if held >= own and any(tenant != ticket.tenant for tenant in self._recent):
            raise JudgeBusy(
                f"{held} asks of one tenant are in flight, and while others ask there is room for {own}"
            )

    def add(self, flight: Flight) -> None:
        """Take in one that is not sent yet."""
        self._flights[flight.ask.id] = flight
        self._held[flight.ask.ticket.tenant] += 1

    def remove(self, flight: Flight) -> None:
        """Forget one, with or without a result."""
        if self._flights.pop(flight.ask.id, None) is None:
            return
        tenant = flight.ask.ticket.tenant
        self._held[tenant] -= 1
        if not self._held[tenant]:
            del self._held[tenant]

    def find(self, ask_id: int) -> Flight | None:
        """The one with this id that still waits for its result."""
        flight = self._flights.get(ask_id)
        return flight if flight and not flight.answer.done() else None

    def taken(self, ask_id: int) -> None:
        """The child says that it has this one in its hands."""
        if flight := self._flights.get(ask_id):
            flight.taken = True

    def may_go(self) -> tuple[Flight, ...]:
        """Those to send now: all, unless some are suspected of killing the child. Those go alone, and first."""
        waiting = self.open
        suspects = tuple(flight for flight in waiting if flight.deaths >= SUSPECT_AFTER)
        if suspects and any(flight.sent for flight in waiting):
            return ()
        return tuple(flight for flight in suspects[:1] or waiting if not flight.sent)

    def child_died(self, *, charge: bool) -> Flight | None:
        """Nothing is with the child any more. Returns the ask that must be the cause, if there is one.

        With `charge`, the death is charged to what the child had taken in; if that was nothing, to all that was
        sent to it: reading one of those may have been the end of it.
        """
        sent = [flight for flight in self.open if flight.sent]
        charged = ([flight for flight in sent if flight.taken] or sent) if charge else []
        for flight in sent:
            flight.sent = flight.taken = False
        for flight in charged:
            flight.deaths += 1
        alone = charged[0] if len(charged) == len(sent) == 1 else None
        return alone if alone and alone.deaths > SUSPECT_AFTER else None
