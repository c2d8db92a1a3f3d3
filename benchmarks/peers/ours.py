"""Our engine, through its real child process and protocol; only the walk through the answer has a fixed length."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.peers.system import Asker, Said, Setting, SystemFailed
from benchmarks.peers.workload import Prompt, Workload
from inference.answer import Question
from inference.engine import Engine
from inference.engine_options import EngineOptions
from inference.judge import JudgeError

CHILD = (sys.executable, "-m", "benchmarks.peers.fixed_length_child")


@dataclass(frozen=True, slots=True)
class Ours:
    """The engine with `width` sequences in the batch and every policy's prefix pinned."""

    width: int
    step_tokens: int = 512

    @property
    def name(self) -> str:
        return f"ours, N={self.width}"

    def settings(self, setting: Setting, workload: Workload) -> str:
        options = self._options(setting, workload)
        return " ".join(
            f"{name}={getattr(options, name)}"
            for name in ("width", "prefixes", "context", "step_tokens", "threads", "gpu_layers")
        )

    @asynccontextmanager
    async def opened(self, setting: Setting, workload: Workload) -> AsyncIterator[Asker]:
        os.environ.update(setting.environment)  # the engine hands its own environment on to the child
        async with Engine(self._options(setting, workload)) as engine:
            yield _EngineAsker(engine)

    def _options(self, setting: Setting, workload: Workload) -> EngineOptions:
        most = _question(Prompt(0, (), (0,) * workload.private), workload.output).most_tokens
        return EngineOptions(
            model=setting.model,
            vocabulary=setting.peers.work / "vocabulary",
            width=self.width,
            prefixes=workload.policies,
            context=workload.policies * workload.prefix + self.width * most,
            step_tokens=self.step_tokens,
            threads=setting.threads,
            gpu_layers=setting.gpu_layers,
            command=CHILD,
        )


class _EngineAsker:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def process_id(self) -> int | None:
        return self._engine.process_id

    async def ask(self, prompt: Prompt, output: int) -> Said:
        question = _question(prompt, output)
        try:
            timed = await self._engine.ask(f"policy {prompt.policy}", prompt.prefix, question)
        except JudgeError as error:
            raise SystemFailed(f"the engine: {error}") from error
        return Said(tuple(map(int, timed.answer.analysis.split())))


def _question(prompt: Prompt, output: int) -> Question:
    """The fixed length travels as the reasoning budget; the rest is not used."""
    return Question(
        private=prompt.private,
        rule_ids=("none",),
        threshold=0.5,
        explain=False,
        reasoning_budget=output,
    )
