"""What the store's tests share: every implementation, behind one way to open it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.ports import Store
from bot.store import open_store as open_sqlite
from tests.bot.store.samples import GUILD, Clock, policy

Opener: TypeAlias = Callable[[], AbstractAsyncContextManager[Store]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite"])
def opener(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Opener:
    """Opens one and the same store each time it is called. Another implementation is one more branch here."""
    return {"sqlite": lambda: open_sqlite(tmp_path / "store.db", clock=clock)}[request.param]


@pytest.fixture
async def store(opener: Opener) -> AsyncIterator[Store]:
    """An open store that has kept one policy."""
    async with opener() as opened:
        await opened.keep_policy(GUILD, policy())
        yield opened
