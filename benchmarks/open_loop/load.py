"""Sends requests and writes down what becomes of each.

Open loop: every request goes out at its time, whether or not earlier ones are answered, and its time counts from
when it was due. Closed loop: so many callers, each asks again when it was answered.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.open_loop.arrivals import Request
from benchmarks.open_loop.summary import Ending, Outcome
from inference.answer import Question
from inference.answerer import Answerer
from inference.judge import JudgeBusy
from inference.ticket import Ticket

NEVER = 1.01
"""A threshold that no probability reaches: the answer is always the short one, without a violation."""


def short_answer(request: Request) -> Question:
    """What is asked of the model: an analysis of the request's budget and an answer without a violation."""
    return Question(
        private=request.private,
        rule_ids=("A1",),
        threshold=NEVER,
        explain=False,
        reasoning_budget=request.budget,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """What one run gave."""

    outcomes: tuple[Outcome, ...]
    """In the order in which they ended; requests that were never sent are not among them."""
    seconds: float


@dataclass(slots=True)
class Load:
    """Asks an answerer. `policies` are the prompts that requests name by their place."""

    answerer: Answerer
    policies: Sequence[tuple[int, ...]]
    question: Callable[[Request], Question] = short_answer
    _outcomes: list[Outcome] = field(default_factory=list)
    _started: float = 0.0

    async def run(
        self,
        foreground: Coroutine[None, None, None],
        *,
        most_seconds: float,
        background: Iterable[Request] = (),
    ) -> Run:
        """Run `open` or `closed` to its end or until the time is over, with other requests beside it.

        What has not been sent by then never is, and what has not been answered is withdrawn and counts as open.
        """
        self._outcomes = []
        self._started = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as both:
            beside = both.create_task(self.open(background))
            with contextlib.suppress(TimeoutError):  # what is not answered by then is written down as open
                async with asyncio.timeout(most_seconds):
                    await foreground
            beside.cancel()
        return Run(tuple(self._outcomes), self._now())

    async def open(self, requests: Iterable[Request]) -> None:
        """Ask each at its time."""
        async with asyncio.TaskGroup() as asking:
            for request in requests:
                await asyncio.sleep(max(0.0, request.at - self._now()))
                asking.create_task(self._ask(request))

    async def closed(self, requests: Iterable[Request], *, callers: int, pause: float = 0.0) -> None:
        """Ask them in order, by so many callers, each of whom pauses for so many seconds after an answer."""
        waiting = iter(requests)
        async with asyncio.TaskGroup() as calling:
            for _ in range(callers):
                calling.create_task(self._call(waiting, pause))

    async def _call(self, waiting: Iterator[Request], pause: float) -> None:
        for request in waiting:
            await self._ask(replace(request, at=self._now()))
            await asyncio.sleep(pause)

    async def _ask(self, request: Request) -> None:
        try:
            outcome = await self._outcome(request)
        except asyncio.CancelledError:
            self._outcomes.append(Outcome(request, Ending.OPEN, self._now() - request.at))
            raise
        self._outcomes.append(outcome)

    async def _outcome(self, request: Request) -> Outcome:
        ticket = Ticket(priority=request.priority, tenant=request.tenant)
        prefix = self.policies[request.policy]
        try:
            timed = await self.answerer.ask(f"policy {request.policy}", prefix, self.question(request), ticket)
        except JudgeBusy:
            return Outcome(request, Ending.BUSY, self._now() - request.at)
        return Outcome(request, Ending.ANSWERED, self._now() - request.at, timed.timing)

    def _now(self) -> float:
        """Seconds since the start."""
        return asyncio.get_running_loop().time() - self._started
