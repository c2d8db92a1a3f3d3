"""Who is next: strict priority with a guarantee, fair over tenants, first in first out within a tenant.

Within a priority this is start-time fair queueing (Goyal, Vin and Cheng, 1996) by cost in tokens: each tenant has
a virtual start time, that of the least is next, and being served moves it on by the cost. What was charged too
much is given back. Behind a tenant's oldest sequence of one prefix the others of that prefix stay in line; the
oldest of each of its other prefixes is a candidate too, so that a policy without room holds up no others.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from itertools import islice

from inference.scheduling.steps import Sequence
from inference.ticket import Priority

AGEING_SECONDS = {Priority.INTERACTIVE: 0.0, Priority.LIVE: 5.0, Priority.BACKFILL: 60.0}
"""A priority whose oldest sequence has waited longer than this is old."""
SHARE_OF_OLD = 8
"""A priority that is old gets at least one of so many admissions."""
PASSED_AT_MOST = SHARE_OF_OLD - (len(Priority) - 1)
"""Admissions that may pass an old priority before it is due; two can be due at once, and take turns."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A sequence in line."""

    sequence: Sequence
    number: int
    """Of its arrival in the line."""
    overtaken: int = 0
    """How many were admitted since it was its turn and there was no room for it."""


@dataclass(slots=True, eq=False)
class _Tenant:
    """One tenant's line in one priority: a queue for each prefix."""

    number: int
    start: float = 0.0
    """Virtual time at which its next turn begins."""
    lines: dict[str, deque[Waiting]] = field(default_factory=dict)

    def heads(self) -> list[Waiting]:
        """The oldest of each prefix, oldest first."""
        if len(self.lines) == 1:
            return [line[0] for line in self.lines.values()]
        return sorted((line[0] for line in self.lines.values()), key=lambda waiting: waiting.number)


class _Class:
    """All that waits with one priority."""

    def __init__(self) -> None:
        self.count = 0
        self.passed = 0
        self._clock = 0.0
        self._tenants: dict[int, _Tenant] = {}
        self._order: list[tuple[float, int, _Tenant]] = []
        self._returned: list[Waiting] = []
        self._arrivals: dict[int, Waiting] = {}

    def add(self, waiting: Waiting) -> None:
        tenant = self._tenant(waiting.sequence.ticket.tenant)
        if not tenant.lines:
            tenant.start = max(tenant.start, self._clock)
            insort(self._order, (tenant.start, tenant.number, tenant))
        tenant.lines.setdefault(waiting.sequence.prefix_key, deque()).append(waiting)
        self._arrivals[waiting.number] = waiting
        self.count += 1

    def put_back(self, waiting: Waiting) -> None:
        """It had its turn and paid for it: it comes before all the others, in the order of arrival."""
        insort(self._returned, waiting, key=lambda other: other.sequence.asked)
        self.count += 1

    def take(self, waiting: Waiting) -> None:
        """Out of the line, whether it is served or withdrawn."""
        self.count -= 1
        if waiting in self._returned:
            self._returned.remove(waiting)
            return
        del self._arrivals[waiting.number]
        tenant = self._tenants[waiting.sequence.ticket.tenant]
        line = tenant.lines[waiting.sequence.prefix_key]
        line.remove(waiting)
        if not line:
            del tenant.lines[waiting.sequence.prefix_key]
        if not tenant.lines:
            self._leave_order(tenant)

    def charge(self, tenant_id: int, cost: int) -> None:
        """Move a tenant's next turn on; a negative cost gives back."""
        tenant = self._tenant(tenant_id)
        if tenant.lines:
            self._leave_order(tenant)
        if cost > 0:
            self._clock = max(self._clock, tenant.start)
        tenant.start += cost
        if tenant.lines:
            insort(self._order, (tenant.start, tenant.number, tenant))

    def in_order(self) -> Iterator[Waiting]:
        """Heads of line, the rightful next one first."""
        yield from self._returned
        for _, _, tenant in self._order:
            yield from tenant.heads()

    def oldest(self) -> float | None:
        """When the one that has waited longest was added."""
        firsts = [*self._returned[:1], *islice(self._arrivals.values(), 1)]
        return min((waiting.sequence.asked for waiting in firsts), default=None)

    def _tenant(self, tenant_id: int) -> _Tenant:
        known = self._tenants.get(tenant_id)
        if known is None:
            known = self._tenants[tenant_id] = _Tenant(len(self._tenants))
        return known

    def _leave_order(self, tenant: _Tenant) -> None:
        del self._order[bisect_left(self._order, (tenant.start, tenant.number))]


class FairQueue:
    """Sequences that wait for a slot."""

    def __init__(self) -> None:
        self._classes = {priority: _Class() for priority in Priority}
        self._waiting: dict[int, Waiting] = {}
        self._wanted: dict[str, int] = {}
        self._numbers = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, sequence: Sequence) -> bool:
        waiting = self._waiting.get(sequence.id)
        return waiting is not None and waiting.sequence is sequence

    def count(self, priority: Priority) -> int:
        """How many wait with this priority."""
        return self._classes[priority].count

    def wants(self, prefix_key: str) -> int:
        """How many wait that start with this prefix."""
        return self._wanted.get(prefix_key, 0)

    def add(self, sequence: Sequence) -> None:
        """Put a sequence at the end of its tenant's line."""
        self._numbers += 1
        waiting = Waiting(sequence, self._numbers)
        self._enter(waiting)
        self._classes[sequence.ticket.priority].add(waiting)

    def put_back(self, sequence: Sequence) -> None:
        """Put a sequence that had its turn and must begin anew before all others of its priority."""
        self._numbers += 1
        waiting = Waiting(sequence, self._numbers)
        self._enter(waiting)
        self._classes[sequence.ticket.priority].put_back(waiting)

    def withdraw(self, sequence: Sequence) -> None:
        """Take out a sequence that waits and is not wanted any more."""
        waiting = self._waiting[sequence.id]
        self._leave(waiting)

    def serve(self, waiting: Waiting, cost: int) -> None:
        """Take out a sequence whose turn it is, and charge its tenant with `cost` tokens."""
        self._leave(waiting)
        ticket = waiting.sequence.ticket
        if cost:
            self._classes[ticket.priority].charge(ticket.tenant, cost)
        for priority, line in self._classes.items():
            line.passed = line.passed + 1 if line.count and priority is not ticket.priority else 0

    def give_back(self, sequence: Sequence, tokens: int) -> None:
        """Tell that a sequence which was served used so many tokens less than its tenant was charged with."""
        self._classes[sequence.ticket.priority].charge(sequence.ticket.tenant, -tokens)

    def in_order(self, now: float, among: Container[Priority] = tuple(Priority)) -> Iterator[Waiting]:
        """Candidates for the next admission, the rightful one first. The queue must not change meanwhile."""
        for priority in self._priorities(now):
            if priority in among:
                yield from self._classes[priority].in_order()

    def _priorities(self, now: float) -> list[Priority]:
        due = [priority for priority in Priority if self._is_due(priority, now)]
        due.sort(key=lambda priority: -self._classes[priority].passed)
        return due + [priority for priority in Priority if priority not in due]

    def _is_due(self, priority: Priority, now: float) -> bool:
        line = self._classes[priority]
        if line.passed < PASSED_AT_MOST:
            return False
        oldest = line.oldest()
        return oldest is not None and now - oldest > AGEING_SECONDS[priority]

    def _enter(self, waiting: Waiting) -> None:
        sequence = waiting.sequence
        self._waiting[sequence.id] = waiting
        self._wanted[sequence.prefix_key] = self._wanted.get(sequence.prefix_key, 0) + 1

    def _leave(self, waiting: Waiting) -> None:
        sequence = waiting.sequence
        del self._waiting[sequence.id]
        self._wanted[sequence.prefix_key] -= 1
        if not self._wanted[sequence.prefix_key]:
            del self._wanted[sequence.prefix_key]
        self._classes[sequence.ticket.priority].take(waiting)
