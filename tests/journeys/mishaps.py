"""What goes wrong on purpose in journeys: answers that never come, engines that die, a bot that was ended."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.discord_server import Action, ActionKind, DiscordServer, Fault
from tests.journeys.process import BotProcess
from tests.journeys.stage import Stage, new_stage

POST_MESSAGE = "POST /channels/{}/messages"
DELETE_MESSAGE = "DELETE /channels/{}/messages/{}"
EDIT_MEMBER = "PATCH /guilds/{}/members/{}"
READ_MESSAGES = "GET /channels/{}/messages"
FASTER_LIMITS = {POST_MESSAGE: (5, 0.5), "PATCH /channels/{}/messages/{}": (5, 0.5)}
HELD_SECONDS = 120.0
"""Longer than any journey waits: whoever asked gets no answer in its life."""


async def ready_stage(discord: DiscordServer, bot: BotProcess, name: str) -> Stage:
    """A guild that is set up, with a bot that may have been left in any state."""
    discord.faults.clear()
    await discord.end_outage()
    if not bot.is_running:
        await bot.start()
    await discord.wait_connected(60)
    stage = new_stage(discord, bot, name)
    await discord.wait_until(lambda: discord.world.commands.usable_in(stage.guild.id), 30, "the commands")
    await stage.set_up()
    return stage


def hold_next(discord: DiscordServer, route: str, *, after_effect: bool) -> Fault:
    """The next request gets no answer. Its work is done all the same, or never."""
    fault = Fault(route, 0, after_effect, delay=HELD_SECONDS)
    discord.faults.planned.append(fault)
    return fault


async def until_asked(stage: Stage, fault: Fault) -> None:
    """Until a request has met the fault."""
    await stage.bot.until(lambda: fault.times == 0, 30, f"a request {fault.route}")


async def until_done(stage: Stage, kind: ActionKind, number: int = 1) -> list[Action]:
    """Until the bot has done so much of a kind in this guild."""

    def done() -> list[Action]:
        return [each for each in stage.discord.actions_of(kind) if each.guild_id == stage.guild.id]

    await stage.discord.wait_until(lambda: len(done()) >= number, 30, f"{number} x {kind}")
    return done()


def engine_process(bot: BotProcess) -> int | None:
    """The engine's child; None while there is none."""
    return next((pid for pid in bot.engine_pids if "inference" in command_line(pid)), None)


def command_line(pid: int) -> str:
    """What a process was started with; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


async def kill_engine(bot: BotProcess, *, after: int | None = None) -> int:
    """kill -9 of the engine, as soon as there is one; with `after`, one that came after that one."""

    def running() -> int | None:
        pid = engine_process(bot)
        return pid if pid != after else None

    pid = await bot.until(running, 30, "the engine's process")
    os.kill(pid, signal.SIGKILL)
    return pid


@contextmanager
def stopped_engine(bot: BotProcess) -> Iterator[None]:
    """The engine makes no step inside the block."""
    pid = engine_process(bot)
    assert pid is not None, "there is no engine"
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def until_judging(stage: Stage) -> None:
    """Until the engine is in the middle of a verdict for this guild."""
    await stage.bot.until_stored(
        "SELECT 1 FROM job JOIN case_file c ON c.id = case_id WHERE job.state = 'judging' AND guild_id = ?",
        stage.guild.id,
    )


def resident_bytes(pid: int) -> int:
    """The memory that a process really takes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
