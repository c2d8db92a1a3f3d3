"""The model on this machine: a file, or the stand-in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.app import keep_vocabulary, open_data_folder, vocabulary_folder
from bot.errors import EnvironmentProblem
from bot.health import JudgeHealth, JudgeWork
from bot.inquiry import ModelIdentity
from bot.judges.source import OpenedJudge, OpenMeter, budgets
from bot.models.choice import Choice, open_model_file
from bot.models.record import known_sha256
from bot.settings import Settings
from inference.engine import Engine, ModelUnusable
from inference.engine_options import EngineOptions, default_threads
from inference.local import open_local_judge
from inference.model_file import ModelFile, token_texts
from inference.sizing import ContextPlan
from inference.standin.notice import STANDIN_NOTICE

FEW_PREFIXES = 100
"""Below so many, the first reading of each policy is most of what was missed, and says nothing about the room."""


class OwnModel:
    """A model file on this machine, or the stand-in."""

    def __init__(self, settings: Settings, choice: Choice) -> None:
        self._settings = settings
        self._choice = choice
        self._file: ModelFile | None = None

    @property
    def notice(self) -> str:
        """See `JudgeSource`."""
        if self._choice.path is None:
            return f"model: {STANDIN_NOTICE}; {self._choice.reason} (the real one: `safeguild model fetch`)"
        return f"model: {self._choice.path}; {self._choice.reason}"

    def find(self) -> str:
        """Read the head of the model's file. The stand-in is built on first use, which takes some seconds.

        Raises:
            EnvironmentProblem: the file is missing, damaged, cut short or of another kind.
        """
        return self._found().name

    @asynccontextmanager
    async def open(self, meter: OpenMeter) -> AsyncIterator[OpenedJudge]:
        """Load the model.

        Raises:
            EnvironmentProblem: the file is missing or damaged, or the model does not fit into memory.
        """
        settings = self._settings
        model = await asyncio.to_thread(self._found)
        await asyncio.to_thread(keep_vocabulary, vocabulary_folder(settings), token_texts(model))
        with meter() as shown:
            digest = await asyncio.to_thread(known_sha256, settings.data_folder, model, shown)
        options = engine_options(settings, model.path)
        opening = open_local_judge(options, digest, budgets=budgets(settings.engine))
        async with AsyncExitStack() as stack:
            try:
                judge = await stack.enter_async_context(opening)
            except ModelUnusable as error:
                raise EnvironmentProblem(str(error), "`safeguild doctor` looks for the cause") from None
            identity = ModelIdentity(judge.model_name, digest)
            yield OpenedJudge(judge, identity, lambda: health_of(judge.engine), _layout(judge.engine.plan))

    def _found(self) -> ModelFile:
        """The head is read once."""
        if self._file is None:
            path = self._choice.path or _standin(open_data_folder(self._settings))
            self._file = open_model_file(path)
        return self._file


def _layout(plan: ContextPlan | None) -> dict[str, object]:
    """For the log: what the model has room for."""
    if plan is None:
        return {}
    layout = {"tokens": plan.cells, "at_once": plan.width, "policies": plan.prefixes, "bytes": plan.total_bytes}
    return layout | ({"less_than_wished": plan.shrunk} if plan.shrunk else {})


def health_of(engine: Engine) -> JudgeHealth:
    """How an engine is doing, out of what it counts."""
    counted = engine.counters
    waiting = counted.waiting
    prefixes = counted.prefix_hits + counted.prefix_misses
    return JudgeHealth(
        judging=counted.running,
        waiting=waiting.interactive + waiting.live + waiting.backfill,
        restarting=engine.loading,
        together=counted.occupancy / counted.steps if counted.steps else None,
        prefix_hits=counted.prefix_hits / prefixes if prefixes >= FEW_PREFIXES else None,
        restarts=engine.restarts,
        work=JudgeWork(
            steps=counted.steps,
            generated_tokens=counted.decoded_tokens,
            read_tokens=counted.prefilled_tokens,
            model_seconds=counted.model_seconds,
            other_seconds=counted.python_seconds,
            kv_used=counted.base_cells / engine.plan.cells if engine.plan else None,
        ),
    )


def engine_options(settings: Settings, model: Path) -> EngineOptions:
    """The engine's options for a model file."""
    engine = settings.engine
    return EngineOptions(
        model=model,
        vocabulary=vocabulary_folder(settings),
        width=engine.width,
        prefixes=engine.prefixes,
        context=None if engine.context == "auto" else engine.context,
        step_tokens=engine.step_tokens,
        threads=default_threads() if engine.threads == "auto" else engine.threads,
        gpu_layers=-1 if engine.gpu_layers == "auto" else engine.gpu_layers,
        start_seconds=engine.start.total_seconds(),
        hang_seconds=engine.hang.total_seconds(),
        queue=engine.queue,
        gpu_memory=engine.gpu_memory,
    )


def _standin(folder: Path) -> Path:
    from inference.standin.build import StandinError, build_gguf  # loads numpy: only when it is needed

    try:
        return build_gguf(folder / "standin")
    except StandinError as error:
        raise EnvironmentProblem(str(error)) from None
