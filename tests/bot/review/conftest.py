"""A real SQLite store on the real clock, a wall and an arm."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports import Store
from bot.review.decisions import Review
from bot.review.outbox import CardOutbox
from tests.bot.adapters import RememberingDesk
from tests.bot.new_store import new_store
from tests.bot.review.decision_steps import a_review
from tests.bot.review.review_adapters import QUICK, REVIEW, Arm, Wall, utc_now


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with new_store(tmp_path / "memory.sqlite3", clock=utc_now) as store:
        yield store


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def arm() -> Arm:
    return Arm()


@pytest.fixture
def channels() -> dict[int, int | None]:
    return {}


@pytest.fixture
def outbox(store: Store, wall: Wall, channels: dict[int, int | None]) -> CardOutbox:
    return CardOutbox(store, wall, lambda guild: channels.get(guild, REVIEW), clock=utc_now, settings=QUICK)


@pytest.fixture
def shown() -> RememberingDesk:
    return RememberingDesk()


@pytest.fixture
def review(store: Store, arm: Arm, shown: RememberingDesk) -> Review:
    return a_review(store, arm, shown)
