"""Journeys: the real bot process on a loopback Discord, with the stand-in model.

Most journeys share one bot, each in a guild of its own. Those that stop or kill it have one to themselves.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.discord_server import DiscordServer, RateLimits
from tests.discord_server.rate_limits import DEFAULT_LIMITS
from tests.journeys.mishaps import FASTER_LIMITS, ready_stage
from tests.journeys.process import BotProcess, running
from tests.journeys.stage import Stage, new_stage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All journeys run in one event loop: the shared bot and its Discord live in it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def share_what_is_slow_to_make(folder: Path, standin: Path, vocabulary: Path) -> None:
    """Give a data folder the stand-in's file and the vocabulary, which it would make itself in some seconds."""
    for made, name in ((standin, "standin"), (vocabulary, "vocabulary")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file in made.iterdir():
            if not (folder / name / file.name).exists():
                os.link(file, folder / name / file.name)


NewFolder = Callable[[], Path]


@pytest.fixture(scope="session")
def new_folder(
    tmp_path_factory: pytest.TempPathFactory, standin_model: Path, vocabulary_folder: Path
) -> NewFolder:
    """Makes data folders."""

    def make() -> Path:
        folder = tmp_path_factory.mktemp("data", numbered=True)
        share_what_is_slow_to_make(folder, standin_model.parent, vocabulary_folder)
        return folder

    return make


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared() -> AsyncIterator[DiscordServer]:
    """The Discord that most journeys share. A deviation from Discord's own description fails the session."""
    async with DiscordServer() as discord:
        yield discord


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_bot(shared: DiscordServer, new_folder: NewFolder) -> AsyncIterator[BotProcess]:
    async with running(BotProcess(shared, new_folder())) as bot:
        await bot.wait_for_log("the model is ready")
        yield bot
        assert await bot.stop() == 0, bot.log
    must_be_clean(bot)


def must_be_clean(bot: BotProcess) -> None:
    """Only structured lines, no error in any journey, and nothing that members wrote or are called."""
    assert [line for line in bot.log.splitlines() if not line.startswith("{")] == []
    assert [line for line in bot.events if line["level"] in ("error", "critical")] == []
    must_be_discreet(bot)


def must_be_discreet(bot: BotProcess) -> None:
    """Nothing that members wrote, and nobody's name."""
    assert [word for word in ("loser", "mallory", "trudy", "blorp ") if word in bot.log] == []


@pytest.fixture(scope="session")
def prepared(shared: DiscordServer, shared_bot: BotProcess) -> "PreparedStages":
    return PreparedStages(shared, shared_bot)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(
    shared: DiscordServer, shared_bot: BotProcess, prepared: "PreparedStages", request: pytest.FixtureRequest
) -> AsyncIterator[Stage]:
    """A fresh guild that is set up, on the shared Discord. Nothing may ping, and nothing may deviate."""
    stage = await prepared.next()
    stage.guild.name = request.node.name[:90]
    yield stage
    shared.faults.clear()
    assert shared_bot.is_running, shared_bot.log[-4000:]
    assert shared.pings == []
    shared.raise_deviations()


class PreparedStages:
    """Sets guilds up several at a time: the bot prepares the policies of all of them at once."""

    AT_ONCE = 8

    def __init__(self, discord: DiscordServer, bot: BotProcess) -> None:
        self._discord = discord
        self._bot = bot
        self._ready: list[Stage] = []
        self._made = 0

    async def next(self) -> Stage:
        if not self._ready:
            self._made += self.AT_ONCE
            names = [f"guild {number}" for number in range(self._made - self.AT_ONCE, self._made)]
            self._ready = await asyncio.gather(*(ready_stage(self._discord, self._bot, name) for name in names))
        return self._ready.pop(0)


NewStage = Callable[..., Awaitable[Stage]]


@pytest_asyncio.fixture(loop_scope="session")
async def own_stage(new_folder: NewFolder) -> AsyncIterator[NewStage]:
    """Starts a Discord and a bot that a journey may stop, kill and cut off: `await own_stage()`."""
    async with AsyncExitStack() as stack:

        async def make(**settings: str) -> Stage:
            discord = await stack.enter_async_context(DiscordServer())
            bot = BotProcess(discord, new_folder(), settings)
            stage = new_stage(discord, bot)
            await stack.enter_async_context(running(bot))
            await discord.wait_until(lambda: discord.world.commands.usable_in(stage.guild.id), 30, "the commands")
            await stage.set_up()
            return stage

        yield make


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rough() -> AsyncIterator[DiscordServer]:
    """A second Discord, whose journeys cut connections, stop the bot and kill it. They follow one another.

    It lets cards pass faster than Discord does (5 in 5 s): nobody need wait for that in every journey.
    """
    async with DiscordServer(limits=RateLimits(DEFAULT_LIMITS | FASTER_LIMITS)) as discord:
        yield discord


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rough_bot(rough: DiscordServer, new_folder: NewFolder) -> AsyncIterator[BotProcess]:
    """The bot of the second Discord. A journey leaves it running or ended, as it likes."""
    async with running(BotProcess(rough, new_folder())) as bot:
        yield bot
    must_be_discreet(bot)


@pytest_asyncio.fixture(loop_scope="session")
async def rough_stage(
    rough: DiscordServer, rough_bot: BotProcess, request: pytest.FixtureRequest
) -> AsyncIterator[Stage]:
    """A fresh guild that is set up, on the second Discord."""
    yield await ready_stage(rough, rough_bot, request.node.name[:90])
    rough.faults.clear()
    assert rough.pings == []
    rough.raise_deviations()
