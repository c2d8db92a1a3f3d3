"""Asks a judge until it answers: waits while it is away, comes back when it was busy, asks twice when need be.

For work that has time and no queue of its own, such as an evaluation. Live messages wait in the store instead.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from inference.judge import DeadlinePassed, Judge, JudgeBusy, JudgeUnavailable, UnreadableAnswer
from inference.rendering import Content
from inference.second_try import Unread, asked_twice
from inference.ticket import Ticket
from policies.policy import Policy
from policies.verdict import Verdict

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a judge, in seconds. Each wait is twice as long as the one before."""

    first: float = 1.0
    """After the judge was found away."""
    longest: float = 60.0
    busy: float = 0.5
    """After the judge had no room."""
    busiest: float = 8.0
    limit: float = 600.0
    """How long the judge may be away. One that is only busy is waited for without end: it is well."""


class PatientJudge:
    """A judge that is asked by many tasks at once. While it is away, one of them tries and the others wait."""

    def __init__(
        self,
        judge: Judge,
        patience: Patience,
        *,
        timer: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
        on_trouble: Callable[[str | None], None] | None = None,
    ) -> None:
        """`timer` counts seconds. `on_trouble` is told why the judge is away, and None when it is back."""
        self._judge = judge
        self._patience = patience
        self._timer = timer
        self._sleep = sleep
        self._on_trouble = on_trouble
        self._alone = asyncio.Lock()
        self._tries = 0
        """Since the judge was last seen well."""
        self._wait = 0.0
        """Seconds before the next try, while it is away."""
        self._away_since = 0.0

    async def judge(
        self, policy: Policy, content: Content, *, explain: bool, seed: int, ticket: Ticket
    ) -> Verdict | Unread:
        """The verdict, or why there is none: no answer could be read, or this text can never be judged.

        `seed` is that of the first try; the second one takes the next.

        Raises:
            JudgeUnavailable: the judge was away for longer than the patience's limit.
        """
        return await asked_twice(
            lambda attempt: self._reached(policy, content, explain=explain, seed=seed + attempt, ticket=ticket)
        )

    async def _reached(
        self, policy: Policy, content: Content, *, explain: bool, seed: int, ticket: Ticket
    ) -> Verdict:
        """What the judge says, once it is there and has room."""
        wait = self._patience.busy
        while True:
            async with self._turn():
                known = self._tries
                try:
                    verdict = await self._judge.judge(policy, content, explain=explain, seed=seed, ticket=ticket)
                except JudgeUnavailable as away:
                    self._is_away(away, known)
                    continue
                except (JudgeBusy, DeadlinePassed):
                    self._is_there()
                except UnreadableAnswer:
                    self._is_there()
                    raise
                else:
                    self._is_there()
                    return verdict
            await self._sleep(_spread(wait))
            wait = min(2 * wait, self._patience.busiest)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """At once while the judge is well; else after a wait, and alone until it is known whether it is back."""
        if not self._tries:
            yield
            return
        async with self._alone:
            if self._tries:
                await self._sleep(self._wait)
                yield
                return
        yield

    def _is_away(self, away: JudgeUnavailable, known: int) -> None:
        """Count a failed try. Questions that were in flight together fail together: that is one try."""
        if self._tries != known:
            return
        if not self._tries:
            self._away_since = self._timer()
        longer = 2 * self._wait if self._tries else self._patience.first
        self._wait = min(self._patience.longest, longer)
        self._tries += 1
        if self._on_trouble:
            self._on_trouble(str(away))
        if self._timer() - self._away_since >= self._patience.limit:
            raise away

    def _is_there(self) -> None:
        if self._tries and self._on_trouble:
            self._on_trouble(None)
        self._tries = 0


def _spread(seconds: float) -> float:
    """About as long: those who were refused together do not come back together."""
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - no secret depends on it
