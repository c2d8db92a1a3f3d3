"""A whole core over a real SQLite store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports import Store
from tests.bot.adapters import Clock, RememberingDesk, TermJudge
from tests.bot.new_store import new_store


@pytest.fixture
def walk_clock() -> Clock:
    return Clock()


@pytest.fixture
async def memory(tmp_path: Path, walk_clock: Clock) -> AsyncIterator[Store]:
    async with new_store(tmp_path / "memory.sqlite3", clock=walk_clock) as store:
        yield store


@pytest.fixture
def judge() -> TermJudge:
    return TermJudge()


@pytest.fixture
def desk() -> RememberingDesk:
    return RememberingDesk()
