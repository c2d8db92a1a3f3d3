"""The judge that runs the stand-in, opened once: its process takes two seconds to come up."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from inference.engine_options import EngineOptions
from inference.local import LocalJudge, open_local_judge


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standin_judge(standin_model: Path, vocabulary_folder: Path) -> AsyncIterator[LocalJudge]:
    """The local judge on the stand-in. Tests may kill its process: it starts again by itself."""
    options = EngineOptions(model=standin_model, vocabulary=vocabulary_folder, threads=1, hang_seconds=60)
    async with open_local_judge(options, "digest") as judge:
        yield judge
