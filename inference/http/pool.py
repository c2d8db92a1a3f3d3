"""All replicas together: who is asked, who waits, and what becomes of a question whose replica fails."""

import asyncio
import itertools
import random
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field

from inference.flights import SHARE_OF_QUEUE
from inference.http.options import HttpOptions
from inference.http.rendezvous import preference
from inference.http.replica import Replica
from inference.judge import JudgeBusy, JudgeUnavailable
from inference.ticket import Priority


@dataclass(frozen=True, slots=True)
class Seat:
    """A place at a replica, held by one question."""

    replica: Replica
    place: int
    probe: bool
    """Whether the replica was resting, and this question tries whether it is back."""


@dataclass(order=True, slots=True)
class _Waiter:
    """In line for a seat: the more urgent first, then the one who came first."""

    priority: Priority
    number: int
    key: str = field(compare=False)
    avoid: frozenset[str] = field(compare=False)
    seat: "asyncio.Future[Seat]" = field(compare=False)


class Pool:
    """Hands out seats. A policy's questions go to its preferred replica, and to the next one when that is full."""

    def __init__(self, options: HttpOptions, clock: Callable[[], float], chance: random.Random) -> None:
        self._options = options
        replicas = [Replica(url, options, clock, lambda: chance.uniform(0.8, 1.2)) for url in options.urls]
        self._replicas = {replica.name: replica for replica in replicas}
        self._waiting: list[_Waiter] = []
        self._numbers = itertools.count()

    @property
    def replicas(self) -> tuple[Replica, ...]:
        """In the order of the options."""
        return tuple(self._replicas.values())

    @property
    def waiting(self) -> int:
        """Questions in line."""
        return len(self._waiting)

    @property
    def problems(self) -> str:
        """What is wrong with each replica, in words."""
        statuses = [replica.status for replica in self.replicas]
        return "; ".join(f"{status.name}: {status.problem or 'it is resting'}" for status in statuses)

    async def take(self, key: str, priority: Priority, avoid: frozenset[str]) -> Seat:
        """A seat at a replica that is not to be avoided, unless there is no other.

        Raises:
            JudgeUnavailable: all replicas are away.
            JudgeBusy: too many are waiting already.
        """
        seat = self._pick(key, avoid)
        if seat is not None:
            return seat
        self._check(priority)
        waiter = _Waiter(priority, next(self._numbers), key, avoid, asyncio.get_running_loop().create_future())
        insort(self._waiting, waiter)
        try:
            return await waiter.seat
        except asyncio.CancelledError:
            if waiter.seat.done() and not waiter.seat.cancelled() and not waiter.seat.exception():
                self.leave(waiter.seat.result())
            raise
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def leave(self, seat: Seat) -> None:
        """Give a seat back, to the next in line. A probe that ends without a result was none."""
        seat.replica.slots.give_back(seat.place)
        if seat.probe:
            seat.replica.breaker.given_up()
        self.serve()

    def serve(self) -> None:
        """Seat whoever can be, and tell the others when there is nobody left to wait for."""
        for waiter in tuple(self._waiting):
            if waiter.seat.done():
                continue
            seat = self._pick(waiter.key, waiter.avoid)
            if seat is not None:
                waiter.seat.set_result(seat)
            elif not self._hopeful:
                waiter.seat.set_exception(JudgeUnavailable(self.problems))

    def _pick(self, key: str, avoid: frozenset[str]) -> Seat | None:
        order = preference(key, self._replicas)
        well = [name for name in order if self._replicas[name].breaker.lets_through]
        for name in [name for name in well if name not in avoid] or well:
            replica = self._replicas[name]
            if replica.slots.room:
                return Seat(replica, replica.slots.take(key), probe=replica.breaker.begin())
        return None

    @property
    def _hopeful(self) -> bool:
        """Whether there is a replica to wait for: one that works, or one whose probe is on its way."""
        return any(replica.breaker.lets_through or replica.slots.in_use for replica in self.replicas)

    def _check(self, priority: Priority) -> None:
        if not self._hopeful:
            raise JudgeUnavailable(self.problems)
        if len(self._waiting) >= max(1, int(self._options.queue * SHARE_OF_QUEUE[priority])):
            raise JudgeBusy(f"{len(self._waiting)} questions wait for a place already")
