"""One question at the servers: it stays at one replica, and takes what it has so far to the next when that fails.

Nothing is lost with a replica: all tokens written so far are here, so the next one reads them and goes on.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

from inference.http.completion import Completion, Generation, Served
from inference.http.faults import Garbled, ReplicaBusy, ReplicaFault, TooLong
from inference.http.options import HttpOptions
from inference.http.pool import Pool, Seat
from inference.judge import JudgeBusy, JudgeUnavailable, Unanswerable, UnreadableAnswer
from inference.ticket import Ticket
from policies.phrases import phrase

LONGEST_PAUSE_SECONDS = 2.0
_TOO_LONG = phrase("the message and the policy are longer than the server's context")

Result = TypeVar("Result")


class Sitting:
    """Holds a seat for as long as the question takes. Open it with `async with`."""

    def __init__(self, pool: Pool, options: HttpOptions, key: str, ticket: Ticket) -> None:
        self.waited = 0.0
        """Seconds in line for a seat."""
        self.failures = 0
        """Calls that failed and were made again, or given up."""
        self._pool = pool
        self._options = options
        self._key = key
        self._ticket = ticket
        self._seat: Seat | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    async def served(self) -> Served:
        """What the replica serves at which the question sits. Raises as `complete` does."""
        return await self._try(lambda seat: seat.replica.identify())

    async def complete(self, generation: Generation) -> Completion:
        """Have tokens written.

        Raises:
            JudgeUnavailable: no replica did, and one at least is away.
            JudgeBusy: those that were tried have no room.
            UnreadableAnswer: they answered with nothing that makes sense.
            Unanswerable: the prompt does not fit.
        """
        return await self._try(lambda seat: seat.replica.complete(generation, seat.place))

    async def _try(self, call: Callable[[Seat], Awaitable[Result]]) -> Result:
        """Call a replica, and after a failure another one. To write tokens twice does no harm."""
        failures: list[ReplicaFault | ReplicaBusy] = []
        tried: set[str] = set()
        for attempt in range(self._options.attempts):
            await self._pause(attempt)
            seat = self._seat = self._seat or await self._take(frozenset(tried))
            tried.add(seat.replica.name)
            try:
                result = await call(seat)
            except TooLong:
                raise Unanswerable(_TOO_LONG) from None
            except (ReplicaFault, ReplicaBusy) as failure:
                failures.append(failure)
                self.failures += 1
                self._leave()
            else:
                self._pool.serve()  # a replica that was just identified may have more places than were known
                return result
        raise self._given_up(failures)

    async def _pause(self, attempt: int) -> None:
        """Full jitter: those who failed together do not come back together."""
        if attempt:
            longest = min(self._options.pause_seconds * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - no secret

    async def _take(self, tried: frozenset[str]) -> Seat:
        started = time.monotonic()
        try:
            return await self._pool.take(self._key, self._ticket, tried)
        finally:
            self.waited += time.monotonic() - started

    def _leave(self) -> None:
        if self._seat is not None:
            self._pool.leave(self._seat)
            self._seat = None

    def _given_up(self, failures: list[ReplicaFault | ReplicaBusy]) -> Exception:
        if all(isinstance(failure, ReplicaBusy) for failure in failures):
            return JudgeBusy("the servers have no room")
        garbled = [failure for failure in failures if isinstance(failure, Garbled)]
        if len(garbled) == len(failures):
            return UnreadableAnswer(phrase("a server's answer makes no sense: {why}", why=garbled[-1].why))
        return JudgeUnavailable(self._pool.problems)
