"""Who gets the next free place: the more urgent first, tenants in turn, and nobody waits for ever.

Not the engine's queue (`inference.scheduling.fair_queue`): that one charges tenants for tokens, and the first of a
policy stands for those behind it. Here a tenant's share is the places that it holds now, however long each is
held, and anybody may be the one who fits: a question that was tried elsewhere avoids a place that the next of its
policy can take. No clock, no event loop.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from inference.ticket import Ticket

OLDEST_EVERY = 8
"""One of so many places goes to whoever waits for longest, however little urgent."""

Item = TypeVar("Item")


@dataclass(slots=True, eq=False)
class Waiting(Generic[Item]):
    """Somebody in line."""

    item: Item
    ticket: Ticket
    number: int
    """Of the arrival."""


class Line(Generic[Item]):
    """Holds those who wait, and knows how many places each tenant has."""

    def __init__(self) -> None:
        self._waiting: dict[int, Waiting[Item]] = {}
        self._numbers = itertools.count()
        self._places: Counter[int] = Counter()
        self._served = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, item: Item, ticket: Ticket) -> Waiting[Item]:
        """Stand in line."""
        waiting = Waiting(item, ticket, next(self._numbers))
        self._waiting[waiting.number] = waiting
        return waiting

    def leave(self, waiting: Waiting[Item]) -> None:
        """Stand in line no more, if one still did."""
        self._waiting.pop(waiting.number, None)

    def in_turn(self) -> Iterator[Waiting[Item]]:
        """Those who wait, whoever is next first. Within a priority it is the tenant with the fewest places."""
        everybody = list(self._waiting.values())
        if (self._served + 1) % OLDEST_EVERY == 0:
            return iter(everybody)
        return iter(sorted(everybody, key=self._rank))

    def _rank(self, waiting: Waiting[Item]) -> tuple[int, int, int]:
        ticket = waiting.ticket
        return ticket.priority, self._places[ticket.tenant], waiting.number

    def took(self, tenant: int, *, waited: bool) -> None:
        """A tenant has got a place, out of the line or past it."""
        self._places[tenant] += 1
        self._served += waited

    def gave_back(self, tenant: int) -> None:
        """A tenant has left a place."""
        self._places[tenant] -= 1
        if not self._places[tenant]:
            del self._places[tenant]
