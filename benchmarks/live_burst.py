"""The running bot under a burst: messages per second, memory, and how fast clicks and commands are answered.

    python -m benchmarks.live_burst [--messages 20000] [--flagged 20]

The real bot process with the stand-in model, on the loopback Discord of the tests (one machine, so the loopback's
work is in the figures too). The burst is sent as fast as the bot's socket takes it. While it lasts, a moderator
uses `/safeguild status` and presses Reasoning on an open card, one after the other.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.discord_server import DiscordServer, Message
from tests.journeys.process import BotProcess, running
from tests.journeys.stage import INSULT, Stage, new_stage

HARMLESS = "patch 3.{} is out, the boss in the third cave drops better loot now"


@dataclass(slots=True)
class Interactions:
    """Seconds from a press to its acknowledgement, as the person's client sees it."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    def add(self, latency: float | None) -> None:
        if latency is None:
            self.failed += 1
        else:
            self.latencies.append(latency)


def resident(pid: int) -> float:
    """MB of memory that the process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def watch_memory(pid: int, peak: list[float]) -> None:
    while True:
        peak[0] = max(peak[0], resident(pid))
        await asyncio.sleep(0.05)


async def keep_pressing(stage: Stage, card: Message, answers: Interactions) -> None:
    while True:
        for ask in (
            stage.guild.slash(stage.guild.owner, stage.review, "safeguild status", wait=False),
            card.click(stage.ada, "Reasoning", wait=False),
        ):
            answers.add((await ask).latency)
        await asyncio.sleep(0.1)


def texts(messages: int, flagged: int) -> Iterator[str]:
    every = max(1, messages // flagged) if flagged else messages + 1
    for number in range(messages):
        yield f"{INSULT} number {number}" if number % every == every - 1 else HARMLESS.format(number)


async def main(messages: int, flagged: int) -> None:
    with TemporaryDirectory() as folder:
        async with DiscordServer() as discord:
            bot = BotProcess(discord, Path(folder))
            stage = new_stage(discord, bot)
            async with running(bot):
                await bot.wait_for_log("the model is ready")
                await discord.wait_until(lambda: discord.world.commands.usable_in(stage.guild.id), 60)
                await stage.set_up()
                _, card = await stage.flagged()
                await measure(stage, card, messages, flagged)


async def measure(stage: Stage, card: Message, messages: int, flagged: int) -> None:
    idle, loaded = Interactions(), Interactions()
    before = resident(stage.bot.pid)
    peak = [before]
    async with asyncio.TaskGroup() as tasks:
        pressing = tasks.create_task(keep_pressing(stage, card, idle))
        await asyncio.sleep(5)
        pressing.cancel()
        watching = tasks.create_task(watch_memory(stage.bot.pid, peak))
        pressing = tasks.create_task(keep_pressing(stage, card, loaded))
        sent, through = await burst(stage, messages, flagged)
        pressing.cancel()
        watching.cancel()
    print(
        f"burst: {messages} messages sent in {sent:.1f} s, the last one, flagged, was a case after {through:.1f} s"
    )
    print(f"  {messages / through:.0f} messages/s")
    print(f"memory of the bot: {before:.0f} MB before, {peak[0]:.0f} MB at most")
    report("interactions, idle", idle)
    report("interactions, in the burst", loaded)


async def burst(stage: Stage, messages: int, flagged: int) -> tuple[float, float]:
    """Seconds until everything was sent, and until the last message, a flagged one, is a case."""
    began = time.perf_counter()
    said = await stage.general.say_many(stage.mallory, texts(messages, flagged))
    sent = time.perf_counter() - began
    await stage.bot.until_stored("SELECT 1 FROM case_file WHERE message_id = ?", said[-1].id, within=600)
    through = time.perf_counter() - began
    insults = sum(INSULT in each.content for each in said)
    cases = stage.bot.query("SELECT count(*) FROM case_file")[0][0] - 1
    print(f"flagged: {insults} sent, {cases} cases")
    return sent, through


def report(title: str, answers: Interactions) -> None:
    found = sorted(answers.latencies)
    p99 = found[int(len(found) * 0.99)] if found else 0.0
    median = statistics.median(found) if found else 0.0
    print(
        f"{title}: {len(found)} acknowledged, {answers.failed} failed; "
        f"median {median * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, worst {max(found, default=0) * 1000:.0f} ms"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--flagged", type=int, default=20)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.messages, arguments.flagged))
