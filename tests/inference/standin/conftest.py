"""What the stand-in's tests share: random samples, and a second way to run it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


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
