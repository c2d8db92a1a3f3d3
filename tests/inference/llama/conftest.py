"""The tiny model, and contexts on it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from inference.llama import Context, open_context, open_model
from inference.model_file import read_model_file
from inference.sizing import ContextPlan, Wishes, plan_context, shape_of
from tests.inference.llama.tiny_model import write_tiny_model

OpenTiny = Callable[..., AbstractContextManager[Context]]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture(scope="session")
def open_tiny(tiny_model: Path) -> OpenTiny:
    """`open_tiny(width=…, prefixes=…, context=…, step_tokens=…, backend_sampling=…, repack=…)`."""

    @contextmanager
    def opened(
        *, path: Path = tiny_model, backend_sampling: bool = False, repack: bool | None = None, **layout: int
    ) -> Iterator[Context]:
        plan = tiny_plan(path, **layout)
        with (
            open_model(path, repack=repack) as model,
            open_context(model, plan, threads=1, backend_sampling=backend_sampling) as context,
        ):
            yield context

    return opened


def tiny_plan(
    path: Path, *, width: int = 4, prefixes: int = 2, context: int | None = 1024, step_tokens: int = 64
) -> ContextPlan:
    wishes = Wishes(width=width, prefixes=prefixes, step_tokens=step_tokens, context=context)
    return plan_context(shape_of(read_model_file(path)), 1 << 32, wishes)
