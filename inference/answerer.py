"""The port between a judge and a model: tokens of a question go in, the answer and its times come out."""

from dataclasses import dataclass
from typing import Protocol

from inference.answer import Answer, Question
from inference.ticket import ORDINARY, Ticket
from policies.verdict import Timing


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """What the model said, and how long each part of it took."""

    answer: Answer
    timing: Timing | None
    """None where whoever answered cannot tell the parts apart."""


class Answerer(Protocol):
    """Asks a model, wherever it runs. Safe to call many times at once; cancelling the task withdraws the ask."""

    @property
    def model_name(self) -> str:
        """What the model calls itself."""
        ...

    async def ask(
        self, prefix_key: str, prefix: tuple[int, ...], question: Question, ticket: Ticket = ORDINARY
    ) -> TimedAnswer:
        """The model's answer. `prefix_key` names the prefix: one key, one sequence of tokens.

        Raises:
            JudgeUnavailable: the model is away.
            JudgeBusy: more is asked than it can take in.
            DeadlinePassed: the ticket's time is over.
            UnreadableAnswer: this question cannot be answered.
        """
        ...
