"""Servers as an `Answerer`: a question goes to one of them, and on to another when that fails."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from types import TracebackType
from typing import Self

from inference.answer import Question, Text
from inference.answerer import TimedAnswer
from inference.http.asking import Asking
from inference.http.clockwork import Clockwork
from inference.http.completion import Completion, Generation, Served
from inference.http.faults import ReplicaBusy, ReplicaFault, TooLong
from inference.http.options import HttpOptions
from inference.http.pool import Pool
from inference.http.replica import Replica, ReplicaStatus
from inference.http.sitting import Sitting
from inference.judge import DeadlinePassed, JudgeUnavailable, Unanswerable
from inference.ticket import ORDINARY, Ticket
from policies.phrases import phrase

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HttpCounters:
    """What has been asked since the judge was opened."""

    asked: int = 0
    answered: int = 0
    failures: int = 0
    """Calls that failed at a replica and were made again, or given up."""
    waiting: int = 0
    """Questions that stand in line for a place now."""
    replicas: tuple[ReplicaStatus, ...] = ()

    @property
    def cached_share(self) -> float:
        """How much of all prompts the servers had in their caches; 0 where they do not tell."""
        prompt_tokens = sum(replica.prompt_tokens for replica in self.replicas)
        cached_tokens = sum(replica.cached_tokens for replica in self.replicas)
        return cached_tokens / prompt_tokens if prompt_tokens else 0.0


class HttpAnswerer:
    """Asks the servers of the options. Open it with `async with`; entering asks each of them what it serves.

    Raises (on entering):
        JudgeUnavailable: none of them answers, and the options do not name the model either.
    """

    def __init__(self, options: HttpOptions, text: Text, clock: Callable[[], float] = time.monotonic) -> None:
        self.model_name = options.model
        self._options = options
        self._text = text
        self._pool = Pool(options, clock, random.Random())  # noqa: S311 - no secret
        self._asked = self._answered = self._failures = 0

    async def __aenter__(self) -> Self:
        try:
            served = await asyncio.gather(*map(_identified, self._pool.replicas))
            self._name_model([each.models[0] for each in served if each])
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    @property
    def counters(self) -> HttpCounters:
        """As of now."""
        return HttpCounters(
            asked=self._asked,
            answered=self._answered,
            failures=self._failures,
            waiting=self._pool.waiting,
            replicas=tuple(replica.status for replica in self._pool.replicas),
        )

    async def ask(
        self, prefix_key: str, prefix: tuple[int, ...], question: Question, ticket: Ticket = ORDINARY
    ) -> TimedAnswer:
        """See `Answerer.ask`. The deadline holds for waiting and all requests together."""
        self._asked += 1
        try:
            async with asyncio.timeout(ticket.deadline):
                timed = await self._ask(prefix_key, prefix, question, ticket)
        except TimeoutError:
            raise DeadlinePassed(f"there was no answer within {ticket.deadline:g} s") from None
        self._answered += 1
        return timed

    async def _ask(
        self, prefix_key: str, prefix: tuple[int, ...], question: Question, ticket: Ticket
    ) -> TimedAnswer:
        times = Clockwork()
        async with Sitting(self._pool, self._options, prefix_key, ticket) as sitting:

            async def complete(generation: Generation) -> Completion:
                started, waited = time.monotonic(), sitting.waited
                completion = await sitting.complete(generation)
                elapsed = time.monotonic() - started - (sitting.waited - waited)
                times.add(generation.phase, completion, elapsed * 1000)
                return completion

            try:
                fitting = _fitted(question, len(prefix), await sitting.served())
                answer = await Asking(prefix, fitting, self._text, complete).run()
            finally:
                self._failures += sitting.failures
        return TimedAnswer(answer, times.timing(sitting.waited * 1000))

    def _name_model(self, names: list[str]) -> None:
        """A llama-server calls its model by the path of its file, of which only the end says something."""
        if not names and not self.model_name:
            raise JudgeUnavailable(self._pool.problems)
        names = [PurePath(name).name for name in names]
        if len(set(names)) > 1:
            log.warning("the servers call their models by different names: %s", ", ".join(sorted(set(names))))
        self.model_name = self.model_name or names[0]

    async def _close(self) -> None:
        await asyncio.gather(*(replica.close() for replica in self._pool.replicas))


async def _identified(replica: Replica) -> Served | None:
    """What a replica serves; None if it does not say, which its status remembers."""
    try:
        return await replica.identify()
    except (ReplicaFault, ReplicaBusy, TooLong):
        return None


def _fitted(question: Question, prefix_tokens: int, served: Served) -> Question:
    """The question with as much of its budget as the server's context leaves room for.

    Raises:
        Unanswerable: there is no room even for an answer without an analysis.
    """
    if served.context is None:
        return question
    room = served.context - prefix_tokens - (question.most_tokens - question.reasoning_budget)
    if room < 0:
        raise Unanswerable(
            phrase("the message and the policy are {count} tokens too long for the server's context", count=-room)
        )
    return replace(question, reasoning_budget=min(question.reasoning_budget, room))
