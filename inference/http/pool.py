"""All replicas together: who is asked, who waits, and what becomes of a question whose replica fails."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from inference.http.line import Line
from inference.http.options import HttpOptions
from inference.http.rendezvous import preference
from inference.http.replica import Replica
from inference.judge import JudgeBusy, JudgeUnavailable
from inference.ticket import SHARE_OF_QUEUE, Priority, Ticket


@dataclass(frozen=True, slots=True)
class Seat:
    """A place at a replica, held by one question."""

    replica: Replica
    place: int
    tenant: int
    probe: bool
    """Whether the replica was resting, and this question tries whether it is back."""


@dataclass(slots=True, eq=False)
class _Wish:
    """What somebody in line waits for."""

    key: str
    avoid: frozenset[str]
    seat: "asyncio.Future[Seat]"


class Pool:
    """Hands out seats. A policy's questions go to its preferred replica, and to the next one when that is full."""

    def __init__(self, options: HttpOptions, clock: Callable[[], float], chance: random.Random) -> None:
        self._options = options
        replicas = [Replica(url, options, clock, lambda: chance.uniform(0.8, 1.2)) for url in options.urls]
        self._replicas = {replica.name: replica for replica in replicas}
        self._line: Line[_Wish] = Line()

    @property
    def replicas(self) -> tuple[Replica, ...]:
        """In the order of the options."""
        return tuple(self._replicas.values())

    @property
    def waiting(self) -> int:
        """Questions in line."""
        return len(self._line)

    @property
    def problems(self) -> str:
        """What is wrong with each replica, in words."""
        statuses = [replica.status for replica in self.replicas]
        return "; ".join(f"{status.name}: {status.problem or 'it is resting'}" for status in statuses)

    async def take(self, key: str, ticket: Ticket, avoid: frozenset[str]) -> Seat:
        """A seat at a replica that is not to be avoided, unless there is no other.

        Raises:
            JudgeUnavailable: all replicas are away.
            JudgeBusy: too many are waiting already.
        """
        seat = None if self._line else self._pick(key, ticket.tenant, avoid)
        if seat is not None:
            self._line.took(ticket.tenant, waited=False)
            return seat
        self._check(ticket.priority)
        wish = _Wish(key, avoid, asyncio.get_running_loop().create_future())
        waiting = self._line.join(wish, ticket)
        self.serve()
        try:
            return await wish.seat
        except asyncio.CancelledError:
            if wish.seat.done() and not wish.seat.cancelled() and not wish.seat.exception():
                self.leave(wish.seat.result())
            raise
        finally:
            self._line.leave(waiting)

    def leave(self, seat: Seat) -> None:
        """Give a seat back, to the next in line. A probe that ends without a result was none."""
        seat.replica.slots.give_back(seat.place)
        self._line.gave_back(seat.tenant)
        if seat.probe:
            seat.replica.breaker.given_up()
        self.serve()

    def serve(self) -> None:
        """Seat whoever can be, and tell the others when there is nobody left to wait for."""
        while self._seat_one():
            pass
        if not self._hopeful:
            for waiting in self._line.in_turn():
                self._line.leave(waiting)
                if not waiting.item.seat.done():
                    waiting.item.seat.set_exception(JudgeUnavailable(self.problems))

    def _seat_one(self) -> bool:
        """Whether somebody got a seat."""
        for waiting in self._line.in_turn():
            wish, tenant = waiting.item, waiting.ticket.tenant
            seat = None if wish.seat.done() else self._pick(wish.key, tenant, wish.avoid)
            if seat is not None:
                self._line.leave(waiting)
                self._line.took(tenant, waited=True)
                wish.seat.set_result(seat)
                return True
        return False

    def _pick(self, key: str, tenant: int, avoid: frozenset[str]) -> Seat | None:
        order = preference(key, self._replicas)
        well = [name for name in order if self._replicas[name].breaker.lets_through]
        for name in [name for name in well if name not in avoid] or well:
            replica = self._replicas[name]
            if replica.slots.room:
                return Seat(replica, replica.slots.take(key), tenant, probe=replica.breaker.begin())
        return None

    @property
    def _hopeful(self) -> bool:
        """Whether there is a replica to wait for: one that works, or one whose probe is on its way."""
        return any(replica.breaker.lets_through or replica.slots.in_use for replica in self.replicas)

    def _check(self, priority: Priority) -> None:
        if not self._hopeful:
            raise JudgeUnavailable(self.problems)
        if len(self._line) >= max(1, int(self._options.queue * SHARE_OF_QUEUE[priority])):
            raise JudgeBusy(f"{len(self._line)} questions wait for a place already")
