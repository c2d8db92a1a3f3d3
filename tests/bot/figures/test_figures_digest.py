"""Weekly digests: one for each week, whenever the process dies and whatever Discord does."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.figures.digest import DigestGuilds, DigestKeeper, due_week
from bot.figures.painting import Picture
from bot.figures.plots import Sheet
from bot.figures.week import Digest
from bot.language import Language
from bot.ports import DiscordAway, Gone, Refused, Store
from tests.bot.new_store import new_store
from tests.bot.store.samples import GUILD, Clock, policy
from tests.bot.store.steps import opened

MONDAY = datetime(2030, 1, 7, 9, tzinfo=UTC)
"""Of the week after the one in which the samples happen."""
CHANNEL = 5


class Died(BaseException):
    """The process is killed."""


@dataclass
class Board:
    """A review channel that does what it is told to, once for each order."""

    orders: list[str] = field(default_factory=list)
    posted: list[tuple[int, date]] = field(default_factory=list)
    texts: list[Digest] = field(default_factory=list)

    async def post(self, digest: Digest, channel_id: int) -> None:
        assert channel_id == CHANNEL
        order = self.orders.pop(0) if self.orders else "post"
        if order in ("die before", "away before", "refuse", "gone"):
            raise {"die before": Died, "away before": DiscordAway, "refuse": Refused, "gone": Gone}[order](order)
        self.posted.append((digest.guild_id, digest.week))
        self.texts.append(digest)
        if order in ("die after", "away after"):
            raise {"die after": Died, "away after": DiscordAway}[order](order)

    async def is_there(self, guild_id: int, channel_id: int, week: date, since: datetime) -> bool:
        assert channel_id == CHANNEL
        assert since < datetime.combine(week, datetime.max.time(), UTC) + timedelta(days=7)
        return (guild_id, week) in self.posted


async def no_pictures(_: Iterable[Sheet]) -> list[Picture]:
    return []


@dataclass
class Bot:
    """Keepers on one store; a new one after each death."""

    store: Store
    clock: Clock
    board: Board = field(default_factory=Board)
    channel: int | None = CHANNEL
    language: Language = Language.ENGLISH

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        guilds = DigestGuilds(
            lambda _: self.channel, lambda _: {"harassment": policy()}, lambda _: self.language, str
        )
        self.keeper = DigestKeeper(self.store, self.board, no_pictures, guilds, self.clock)
        self.keeper._started_at = self.clock.now

    async def look(self) -> None:
        try:
            await self.keeper.look()
        except Died:
            self.start()


@pytest.fixture
async def bot(store: Store, clock: Clock) -> Bot:
    """A guild in which something happened in the first week of 2030, on the Monday after it at nine."""
    await opened(store)
    clock.now = MONDAY
    return Bot(store, clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> object:
    async with new_store(tmp_path / "store.db", clock=clock) as opened_store:
        await opened_store.keep_policy(GUILD, policy())
        yield opened_store


@pytest.mark.parametrize(
    ("now", "week"),
    [
        ("2030-01-07T08:59:59", "2029-12-31"),
        ("2030-01-07T09:00:00", "2030-01-07"),
        ("2030-01-13T23:59:59", "2030-01-07"),
        ("2030-01-14T03:00:00", "2030-01-07"),
    ],
)
def test_it_is_due_on_monday_at_nine(now: str, week: str) -> None:
    assert due_week(datetime.fromisoformat(now).replace(tzinfo=UTC)) == date.fromisoformat(week)


async def test_it_is_posted_once_and_tells_the_week_before(bot: Bot) -> None:
    for _ in range(3):
        await bot.look()
        bot.clock.pass_by(timedelta(hours=1))
    bot.start()
    await bot.look()
    assert bot.board.posted == [(GUILD, MONDAY.date())]
    (digest,) = bot.board.texts
    assert digest.title == "The week from Dec 31 to Jan 6"
    assert "Verdicts: 1. Violations: 1. Undecided: 0." in digest.lines


async def test_every_week_has_its_own(bot: Bot) -> None:
    for _ in range(3):
        await bot.look()
        bot.clock.pass_by(timedelta(days=7))
    first = MONDAY.date()
    assert [week for _, week in bot.board.posted] == [first + timedelta(days=7 * number) for number in range(3)]


async def test_who_was_away_on_monday_gets_it_later_and_only_the_last_one(bot: Bot) -> None:
    bot.clock.pass_by(timedelta(days=9))
    await bot.look()
    assert bot.board.posted == [(GUILD, MONDAY.date() + timedelta(days=7))], "the case waits still"


async def test_nothing_is_posted_where_nothing_happened(store: Store, clock: Clock) -> None:
    await store.advance(8, {1: 1})
    clock.now = MONDAY
    bot = Bot(store, clock)
    clock.now = MONDAY + timedelta(days=14)
    await bot.look()
    assert bot.board.posted == []
    state = await store.digest(8)
    assert state is not None
    assert state.done


async def test_a_guild_that_wants_none_gets_none(bot: Bot) -> None:
    bot.channel = None
    await bot.look()
    assert bot.board.posted == []
    bot.channel = CHANNEL
    await bot.look()
    assert len(bot.board.posted) == 1


@pytest.mark.parametrize("order", ["refuse", "gone"])
async def test_a_channel_that_refuses_is_left_alone_for_some_hours(bot: Bot, order: str) -> None:
    bot.board.orders = [order]
    await bot.look()
    assert await bot.store.digest(GUILD) is None, "it is certain that nothing hangs there"
    await bot.look()
    assert bot.board.posted == []
    bot.clock.pass_by(timedelta(hours=7))
    await bot.look()
    assert len(bot.board.posted) == 1


@pytest.mark.parametrize("order", ["away before", "away after", "die before", "die after"])
async def test_one_that_nobody_confirmed_is_looked_for_before_another_is_posted(bot: Bot, order: str) -> None:
    bot.board.orders = [order]
    await bot.look()
    await bot.look()
    assert len(bot.board.posted) == ("after" in order), "history may lag behind: it is too early to look"
    bot.clock.pass_by(timedelta(seconds=10))
    await bot.look()
    assert bot.board.posted == [(GUILD, MONDAY.date())]


async def test_it_speaks_the_guilds_language(bot: Bot) -> None:
    bot.language = Language.GERMAN
    await bot.look()
    assert "6. Jan." in bot.board.texts[0].title


orders = st.lists(st.sampled_from(["post", "refuse", "away before", "away after", "die before", "die after"]))
pauses = st.lists(st.sampled_from([0, 2, 10, 3600, 86_400, 5 * 86_400]), min_size=1, max_size=12)


@settings(max_examples=15, deadline=None)
@given(orders, pauses)
def test_no_week_is_told_twice_and_none_is_lost(orders: list[str], pauses: list[int]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_check_living_through(Path(folder), orders, pauses))


async def _check_living_through(folder: Path, orders: list[str], pauses: list[int]) -> None:
    clock = Clock()
    async with new_store(folder / "store.db", clock=clock) as store:
        await store.keep_policy(GUILD, policy())
        await opened(store)
        clock.now = MONDAY
        bot = Bot(store, clock, Board(orders))
        for seconds in pauses:
            await bot.look()
            clock.pass_by(timedelta(seconds=seconds))
        bot.board.orders = []
        for _ in range(3):
            clock.pass_by(timedelta(hours=7))
            await bot.look()
    assert set(Counter(bot.board.posted).values()) == {1}
    assert (GUILD, due_week(clock.now)) in bot.board.posted
