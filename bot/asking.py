"""Asks the judge about any message, for somebody who waits before the screen. Nothing is kept."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from bot.case import Earlier, Message
from bot.question import asked
from inference.judge import Judge, JudgeError, JudgeUnavailable, UnreadableAnswer
from inference.ticket import Priority, Ticket
from policies.policy import Policy
from policies.verdict import Verdict

PATIENCE_SECONDS: Final = 90.0
"""How long a verdict is waited for."""
AT_ONCE: Final = 8
"""Questions that are with the judge at the same time: what was just written is not pushed aside."""


class Silence(StrEnum):
    """Why there is no verdict."""

    AWAY = "away"
    """The judge is not there, or loads its model."""
    LATE = "late"
    """It has too much to do."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the judge says of a message under one policy."""

    policy: Policy
    verdict: Verdict | None
    silence: Silence | None = None
    """Why there is no verdict; None if there is one."""

    @property
    def rank(self) -> int:
        """Sorts answers: violations first, then what nobody knows, then what is allowed."""
        if self.verdict is None or self.verdict.violation is None:
            return 1
        return 0 if self.verdict.violation else 2


class _Nobody:
    """A judge that is never there."""

    async def judge(self, *_: object, **__: object) -> Verdict:
        """See `Judge`."""
        raise JudgeUnavailable("there is no judge")


class Asking:
    """Asks under every policy that is on and holds where the message was written, shadow policies included."""

    def __init__(
        self,
        judge: Judge,
        policies_for: Callable[[Message], Collection[Policy]],
        *,
        patience: float = PATIENCE_SECONDS,
        at_once: int = AT_ONCE,
    ) -> None:
        """`patience`: seconds that a verdict may take."""
        self._judge = judge
        self._policies_for = policies_for
        self._patience = patience
        self._places = asyncio.Semaphore(at_once)

    @classmethod
    def of_nobody(cls) -> Self:
        """Where there is no judge and no policy: nothing is ever answered."""
        return cls(_Nobody(), lambda _: ())

    def context_wanted(self, message: Message) -> int:
        """How many earlier messages the policies want to read."""
        return max((policy.judge.context for policy in self._policies_for(message)), default=0)

    async def ask(self, message: Message, earlier: Sequence[Earlier] = ()) -> tuple[Answer, ...]:
        """What the judge says now; none where no policy holds, or where there is nothing to read."""
        policies = self._policies_for(message) if message.text else ()
        answers = await asyncio.gather(*(self._answer(policy, message, earlier) for policy in policies))
        return tuple(sorted(answers, key=lambda answer: (answer.rank, answer.policy.title)))

    async def _answer(self, policy: Policy, message: Message, earlier: Sequence[Earlier]) -> Answer:
        try:
            async with asyncio.timeout(self._patience), self._places:
                return Answer(policy, await self._verdict(policy, message, earlier))
        except JudgeUnavailable:
            return Answer(policy, None, Silence.AWAY)
        except UnreadableAnswer:
            return Answer(policy, None, Silence.UNREADABLE)
        except (JudgeError, TimeoutError):
            return Answer(policy, None, Silence.LATE)

    async def _verdict(self, policy: Policy, message: Message, earlier: Sequence[Earlier]) -> Verdict:
        ticket = Ticket(Priority.INTERACTIVE, tenant=message.guild_id, deadline=self._patience)
        content = asked(policy, message, earlier, None)
        return await self._judge.judge(policy, content, explain=True, ticket=ticket)
