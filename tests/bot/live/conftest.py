"""The real bot process beside a loopback Discord, with the stand-in model."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.discord_token import VARIABLE
from bot.models.record import CHECKED, record_of, save_record
from inference.model_file import read_model_file
from tests.discord_server import MODERATOR, Channel, DiscordServer, Guild, Member, Message, RateLimits, Role

PATIENCE = 40.0
"""Seconds a test waits for the process at most; it shares its machine with others."""
WARNINGS = "error,ignore:'audioop' is deprecated"


@dataclass
class Town:
    """A guild with a moderator, an ordinary member, an open channel and one for the moderators."""

    discord: DiscordServer
    guild: Guild
    moderators: Role
    ada: Member
    mallory: Member
    general: Channel
    review: Channel

    async def set_up(self) -> None:
        """As its administrators would: one live policy, and a review channel."""
        owner, here = self.guild.owner, self.general
        await self.discord.wait_until(lambda: self.discord.world.commands.usable_in(self.guild.id))
        await self.guild.slash(
            owner,
            here,
            "safeguild setup",
            review_channel=self.review,
            moderator_role=self.moderators,
            starter_policies="none",
        )
        added = await self.guild.slash(owner, here, "policy add", starter="harassment", mode="live")
        assert "Harassment" in added.text

    async def card(self) -> Message:
        """The next card in the review channel."""
        return await self.review.wait_for_message(within=PATIENCE)


@dataclass
class BotProcess:
    """`python -m bot run`, and what it logs."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    _reader: "asyncio.Task[None] | None" = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._news:
                self.lines.append(line.decode().rstrip())
                self._news.notify_all()

    def events(self) -> list[dict[str, Any]]:
        """The log lines; what is no log line is left out."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def event(self, name: str, **fields: object) -> dict[str, Any] | None:
        """The first log line with this name and these fields."""
        return next(
            (event for event in self.events() if event["event"] == name and fields.items() <= event.items()), None
        )

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def logged(self, name: str, within: float = PATIENCE, **fields: object) -> dict[str, Any]:
        """Wait for a log line."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: self.event(name, **fields))
        except TimeoutError:
            pytest.fail(f"it did not log {name!r} within {within} s:\n{self.text}")
        found = self.event(name, **fields)
        assert found is not None
        return found

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, within: float = PATIENCE) -> int:
        """The exit code, once everything it said was read."""
        try:
            async with asyncio.timeout(within):
                code = await self.process.wait()
                assert self._reader is not None
                await self._reader
        except TimeoutError:
            pytest.fail(f"it did not end within {within} s:\n{self.text}")
        return code

    async def stop(self) -> int:
        """A clean stop."""
        self.send(signal.SIGTERM)
        return await self.ended()


class Launcher:
    """Starts bots; those that still run at the end of the test are killed."""

    def __init__(self, discord: DiscordServer, folder: Path, model: Path, vocabulary: Path) -> None:
        self.data = folder / "data"
        _share_what_is_slow_to_make(self.data, model, vocabulary)
        self._discord = discord
        self._folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SAFEGUILD_", "HF_"))},
            "PYTHONWARNINGS": WARNINGS,
            "SAFEGUILD_DATA_FOLDER": str(self.data),
            "SAFEGUILD_DISCORD__API": discord.api_url,
            "SAFEGUILD_DISCORD__GATEWAY": discord.gateway_url,
            VARIABLE: discord.token,
            "SAFEGUILD_MODEL__PATH": str(model),
            "SAFEGUILD_ENGINE__THREADS": "1",
        }
        self._started: list[BotProcess] = []

    async def start(self, **environment: str) -> BotProcess:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "run"),
            cwd=self._folder,
            env={**self._environment, **environment},
            stderr=asyncio.subprocess.PIPE,
            limit=2**20,
        )
        bot = BotProcess(process)
        bot._reader = asyncio.create_task(bot.read())
        self._started.append(bot)
        return bot

    async def start_connected(self, **environment: str) -> BotProcess:
        """A bot that has a session and its commands in place."""
        bot = await self.start(**environment)
        await bot.logged("logged in")
        await self._discord.wait_connected(PATIENCE)
        return bot

    async def kill_all(self) -> None:
        for bot in self._started:
            if bot.process.returncode is None:
                bot.process.kill()
            await bot.ended()


def _share_what_is_slow_to_make(data: Path, model: Path, vocabulary: Path) -> None:
    """A data folder in which this model has judged before: its vocabulary is there, and its hash is known."""
    data.mkdir(mode=0o700)
    (data / "vocabulary").mkdir()
    for file in vocabulary.iterdir():
        os.link(file, data / "vocabulary" / file.name)
    digest = model.with_name(f"{model.name}.sha256").read_text("ascii").strip()
    save_record(data, record_of(read_model_file(model), digest, "read in an earlier test"), CHECKED)


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    """Served on a port of its own. Deviations from Discord's description fail the test."""
    async with DiscordServer(limits=RateLimits(enforce_routes=False)) as discord:
        guild = discord.add_guild("Bramble")
        moderators = guild.add_role("moderators", MODERATOR)
        yield Town(
            discord,
            guild,
            moderators,
            ada=guild.add_member("ada", [moderators]),
            mallory=guild.add_member("mallory"),
            general=guild.add_channel("general"),
            review=guild.add_channel("review", private_to=[moderators, guild.bot_member]),
        )


@pytest.fixture
async def bots(
    town: Town, tmp_path: Path, standin_model: Path, vocabulary_folder: Path
) -> AsyncIterator[Launcher]:
    """Starts bots in a data folder of the test's own."""
    launcher = Launcher(town.discord, tmp_path, standin_model, vocabulary_folder)
    yield launcher
    await launcher.kill_all()
