"""What the stand-in's tests share: random samples, the judge that runs it, and a second way to run it."""

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
import pytest_asyncio

from inference.engine import EngineOptions
from inference.local import LocalJudge, open_local_judge


def load(path: Path) -> ModuleType:
    """Import a module that lies in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """The generator of random policies and messages that the accuracy benchmark uses."""
    return load(Path(__file__).parents[3] / "benchmarks" / "standin_samples.py")


@pytest.fixture(scope="session")
def numpy_model() -> ModuleType:
    """The architecture in plain NumPy."""
    return load(Path(__file__).with_name("numpy_model.py"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standin_judge(standin_model: Path, vocabulary_folder: Path) -> AsyncIterator[LocalJudge]:
    """The local judge on the stand-in."""
    options = EngineOptions(model=standin_model, vocabulary=vocabulary_folder, threads=1)
    async with open_local_judge(options, "digest") as judge:
        yield judge
