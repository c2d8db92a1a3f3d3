"""What can judge, before and after it is opened."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bot.health import Health
from bot.inquiry import ModelIdentity
from bot.judge_settings import EngineSettings
from bot.models.meter import Meter
from inference.judge import Judge
from inference.judging import Budgets

OpenMeter = Callable[[], AbstractContextManager[Meter]]
"""Shows how far the reading of a new model file is."""


@dataclass(frozen=True, slots=True)
class OpenedJudge:
    """A judge that answers, and what is known of it."""

    judge: Judge
    model: ModelIdentity
    health: Health
    facts: Mapping[str, object] = field(default_factory=dict)
    """For the log: how it is laid out."""


class JudgeSource(Protocol):
    """Something that can judge, before it is opened."""

    @property
    def notice(self) -> str:
        """One line that says what judges, and why."""
        ...

    def find(self) -> str:
        """Look whether it is there, and return the model's name. Blocks, for some seconds at most.

        Raises:
            EnvironmentProblem: it is not in order.
        """
        ...

    def open(self, meter: OpenMeter) -> AbstractAsyncContextManager[OpenedJudge]:
        """Get it ready, which may take minutes.

        Raises:
            EnvironmentProblem: it cannot be used.
        """
        ...


def budgets(engine: EngineSettings) -> Budgets:
    """How long the model may reason."""
    return Budgets(low=engine.reasoning_low, medium=engine.reasoning_medium, high=engine.reasoning_high)
