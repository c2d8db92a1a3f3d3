"""Who plays: a loopback Discord, the real bot process on a fresh data folder, and guilds with people in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.discord_server import DiscordServer, Message, RateLimits, Reply
from tests.discord_server.rate_limits import DEFAULT_LIMITS
from tests.journeys.mishaps import FASTER_LIMITS
from tests.journeys.process import BotProcess, running
from tests.journeys.stage import Stage, new_stage
from tools.pictures.camera import Camera
from tools.pictures.steady import Steady

SERVER = "Lakeside Gaming"


@dataclass(frozen=True, slots=True)
class Company:
    """What every act is played with."""

    discord: DiscordServer
    bot: BotProcess
    camera: Camera

    async def stage(self, *, set_up: bool = True, starters: str = "essential") -> Stage:
        """A fresh guild with its people; the bot is set up in it unless the act is about that."""
        self.camera.steady.begin(self.discord.clock.now())
        stage = new_stage(self.discord, self.bot, SERVER)
        stage.guild.owner.user.name = "olga"
        stage.mallory.user.name = "rex"
        commands = self.discord.world.commands
        await self.discord.wait_until(lambda: commands.usable_in(stage.guild.id), 60, "the commands")
        if set_up:
            await stage.set_up(starters)
            await stage.quiet()
        return stage


async def some_time_ago(stage: Stage, author: str, text: str) -> Message:
    """Something was said before, by somebody who lives here."""
    known = {member.name: member for member in stage.guild.members.values()}
    member = known.get(author) or stage.guild.add_member(
        author, joined_at=stage.discord.clock.now() - timedelta(days=200)
    )
    return await stage.general.say(member, text)


async def changed(reply: Reply, words: str, within: float = 60.0) -> Reply:
    """Wait until the newest message of an answer says this."""
    await reply.message.wait_until(lambda message: words in message.all_text, within)
    return reply


@asynccontextmanager
async def company(folder: Path) -> AsyncIterator[Company]:
    """Everybody on the stage; a bot that still runs is ended at the end."""
    settings = {"SAFEGUILD_CONFIG": str(_empty_settings(folder))}
    async with DiscordServer(limits=RateLimits(DEFAULT_LIMITS | FASTER_LIMITS)) as discord:
        bot = BotProcess(discord, folder, settings)
        async with running(bot):
            await bot.wait_for_log("the model is ready")
            yield Company(discord, bot, Camera(Steady(discord.clock.now())))


def _empty_settings(folder: Path) -> Path:
    """An operator's own safeguild.toml in the working directory is not meant here."""
    folder.mkdir(parents=True, exist_ok=True)
    empty = folder / "no-settings.toml"
    empty.touch()
    return empty
