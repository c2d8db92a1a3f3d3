"""The local judge: a policy and a text go to the model on this machine, a verdict comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inference.engine import Engine
from inference.engine_options import EngineOptions
from inference.judging import Budgets, PolicyJudge
from inference.prompt import Harmony, load_harmony


class LocalJudge(PolicyJudge):
    """A `Judge` on this machine's own model."""

    def __init__(
        self, engine: Engine, harmony: Harmony, model_digest: str, *, budgets: Budgets | None = None
    ) -> None:
        super().__init__(engine, harmony, model_digest, budgets=budgets)
        self.engine = engine


@asynccontextmanager
async def open_local_judge(
    options: EngineOptions, model_digest: str, *, budgets: Budgets | None = None
) -> AsyncIterator[LocalJudge]:
    """Start the engine and give a judge on it.

    `model_digest` is the SHA-256 of the model file, which verdicts carry.

    Raises:
        ModelUnusable: the model cannot be loaded.
    """
    async with Engine(options) as engine:
        yield LocalJudge(engine, load_harmony(options.vocabulary), model_digest, budgets=budgets)
