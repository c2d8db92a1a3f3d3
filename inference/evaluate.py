"""Judges labelled texts and sets each verdict beside its label. Knows no file and no screen.

It asks with the least urgent ticket: messages that are just written go first on the same engine.
"""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from inference.judge import Judge
from inference.patient import Patience, PatientJudge, Sleep
from inference.rendering import Content
from inference.second_try import Unread
from inference.ticket import Priority, Ticket
from policies.phrases import Phrase
from policies.policy import Policy
from policies.score import Judged
from policies.verdict import Verdict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, and what a person says of it under the policy that it is judged by."""

    content: Content
    violates: bool
    rule_id: str | None = None
    """The rule that it violates, where the label names one."""
    group: str = ""
    """What it is counted with besides the whole."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One text to be judged under one policy."""

    policy: Policy
    labelled: Labelled


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an `Asked`."""

    policy: Policy
    labelled: Labelled
    verdict: Verdict | None
    """None where no answer could be read, as often as it was asked."""
    problems: tuple[Phrase, ...] = ()
    """Why there is no verdict."""
    seconds: float = 0.0
    """From the first question to the answer, waiting included."""

    @property
    def judged(self) -> Judged:
        """The label and the verdict. Without a verdict it is undecided."""
        label, verdict = self.labelled, self.verdict
        if verdict is None:
            return Judged(label.violates, None, None, label.rule_id, (), label.group)
        return Judged(
            label.violates, verdict.violation, verdict.probability, label.rule_id, verdict.rule_ids, label.group
        )


OnOutcome = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Manner:
    """How labelled texts are judged."""

    at_once: int = 4
    """Questions at the judge at most."""
    explain: bool = False
    """Ask for a rationale even where nothing is violated."""
    seed: int = 0
    tenant: int = 0
    """Whose turn it takes at the engine: a guild's id."""
    patience: Patience = field(default_factory=Patience)
    timer: Callable[[], float] = time.monotonic
    sleep: Sleep = asyncio.sleep
    on_trouble: Callable[[str | None], None] | None = None
    """Told why the judge is away, and None when it is back."""

    def __post_init__(self) -> None:
        if self.at_once < 1:
            raise ValueError("at least one question is asked at once")


async def evaluate(
    judge: Judge,
    policy: Policy,
    items: Iterable[Labelled] | AsyncIterable[Labelled],
    *,
    at_once: int = 4,
    explain: bool = False,
    tenant: int = 0,
    on_verdict: OnOutcome | None = None,
) -> tuple[Outcome, ...]:
    """Judge all under one policy; the outcomes in the order of the items. `judge_all` has the details."""
    asked = (Asked(policy, item) async for item in _each(items))
    manner = Manner(at_once=at_once, explain=explain, tenant=tenant)
    return await judge_all(judge, asked, manner=manner, on_verdict=on_verdict)


async def judge_all(
    judge: Judge,
    asked: Iterable[Asked] | AsyncIterable[Asked],
    *,
    manner: Manner | None = None,
    on_verdict: OnOutcome | None = None,
) -> tuple[Outcome, ...]:
    """Judge all, several at once; the outcomes in the order in which they were asked for.

    `on_verdict` is called with each outcome as it comes, in any order; an error in it ends the work. Cancelling
    withdraws what is at the judge; what `on_verdict` saw by then is all that was judged.

    Raises:
        JudgeUnavailable: the judge was away for longer than the manner's patience.
    """
    work = _Work(judge, manner or Manner(), on_verdict)
    questions = aiter(_each(asked))
    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(work.manner.at_once):
                tasks.create_task(work.take(questions))
    except BaseExceptionGroup as group:
        raise _first(group) from group
    return tuple(outcome for _, outcome in sorted(work.outcomes.items()))


class _Work:
    """One call of `judge_all`."""

    def __init__(self, judge: Judge, manner: Manner, on_verdict: OnOutcome | None) -> None:
        self.manner = manner
        self.outcomes: dict[int, Outcome] = {}
        self._ticket = Ticket(Priority.BACKFILL, tenant=manner.tenant)
        self._judge = PatientJudge(
            judge, manner.patience, timer=manner.timer, sleep=manner.sleep, on_trouble=manner.on_trouble
        )
        self._on_verdict = on_verdict
        self._next = 0
        self._one_at_a_time = asyncio.Lock()

    async def take(self, questions: AsyncIterator[Asked]) -> None:
        """Take the next question until there is none."""
        while True:
            async with self._one_at_a_time:
                asked = await anext(questions, None)
                number, self._next = self._next, self._next + 1
            if asked is None:
                return
            outcome = await self._outcome(asked)
            self.outcomes[number] = outcome
            if self._on_verdict:
                self._on_verdict(outcome)

    async def _outcome(self, asked: Asked) -> Outcome:
        manner, started = self.manner, self.manner.timer()
        said = await self._judge.judge(
            asked.policy, asked.labelled.content, explain=manner.explain, seed=manner.seed, ticket=self._ticket
        )
        seconds = manner.timer() - started
        if isinstance(said, Unread):
            return Outcome(asked.policy, asked.labelled, None, said.problems, seconds)
        return Outcome(asked.policy, asked.labelled, said, seconds=seconds)


async def _each(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
        return
    for item in items:
        yield item


def _first(error: BaseException) -> BaseException:
    """Tasks tend to fail for one reason: that one, not a group of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
