"""From click to answer while the bot has its hands full: every kind of button, and the moderators' commands.

    python -m benchmarks.clicks [--messages 20000] [--cases 300] [--runs 3] [--seconds 40]

The real bot process with the stand-in model, on the loopback Discord of the tests (one machine: the loopback's
work is in the figures too). Many cases are open; then members write as fast as the bot's socket takes it, one
message in a thousand flagged, again and again, while four moderators press and type one thing after another. Two
times are taken, both as the person's client sees them: to the acknowledgement, for which Discord waits 3 s
(promised here: 1.5 s at p99.9), and to the full answer: nothing more is promised, or the card shows what was done.
"""

import argparse
import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.discord_server import DiscordServer, Member, Message, NotAllowed, RateLimits, Reply
from tests.discord_server.rate_limits import DEFAULT_LIMITS
from tests.journeys.mishaps import FASTER_LIMITS
from tests.journeys.process import BotProcess, running
from tests.journeys.stage import INSULT, Stage, case_of, new_stage

HARMLESS = "patch 3.{} is out, the boss in the third cave drops better loot now"
ONE_IN = 1_000
MODERATORS = 4
SELECT = 3
"""Discord's number for a menu."""
THINKING = 0.1
"""Seconds between an answer and the next press of the same moderator."""
PATIENCE = 60.0
PROMISED = 1.5
Ask = Callable[[Member], Awaitable[Reply]]


@dataclass
class Times:
    """Seconds, by what was pressed."""

    acknowledged: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answered: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def of(self, name: str, ask: Awaitable[Reply], card: Message | None = None) -> Reply | None:
        """Ask, and wait for the whole answer; it may be the card's change."""
        before = card.edited_at if card else None
        began = time.perf_counter()
        try:
            reply = await ask
        except NotAllowed:
            return None  # somebody else has decided meanwhile, and the button is gone
        if reply.latency is None:
            self.failed[name] += 1
            return reply
        self.acknowledged[name].append(reply.latency)
        with suppress(TimeoutError):
            await reply.settled(PATIENCE)
            if card is not None:
                await card.wait_until(lambda shown: shown.edited_at != before or reply.messages, PATIENCE)
            self.answered[name].append(time.perf_counter() - began)
        return reply


@dataclass
class Shift:
    """What the moderators have to do."""

    stage: Stage
    times: Times
    dice: random.Random
    pressing: set[int] = field(default_factory=set)
    """Messages that somebody is about to decide on."""

    async def work(self, who: Member) -> None:
        """One thing after another, until cancelled."""
        while True:
            await self.dice.choice((self.look, self.look, self.decide, self.command, self.behind_more))(who)
            await asyncio.sleep(THINKING)

    async def look(self, who: Member) -> None:
        label = self.dice.choice(("Reasoning", "More", "Claim"))
        if card := self.card():
            await self.times.of(label, card.click(who, label, wait=False), card if label == "Claim" else None)

    async def decide(self, who: Member) -> None:
        label = self.dice.choice(("Delete", "Dismiss"))
        if card := self.card(deciding=True):
            await self.times.of(label, card.click(who, label, wait=False), card)

    async def behind_more(self, who: Member) -> None:
        """The panel, then History, Precedents, the preview of the notice, or a form that is sent off."""
        card = self.card()
        panel = await self.times.of("More", card.click(who, "More", wait=False)) if card else None
        if card is None or panel is None or not panel.messages:
            return
        what = self.dice.choice(("History", "Precedents", "Preview notice", "Cases like this", "form"))
        if what != "form":
            await self.times.of(what, panel.message.click(who, what, wait=False))
            return
        menus = [each for row in panel.message.components for each in row["components"] if each["type"] == SELECT]
        warnings = [each["value"] for menu in menus for each in menu["options"] if each["value"].endswith("warn")]
        if not warnings:
            return
        asked = panel.message.select(who, menus[0]["custom_id"], warnings[0], wait=False)
        form = await self.times.of("form opens", asked)
        if form and form.modal:
            await self.times.of("Warn, sent off", form.submit({"delete": "leave"}, wait=False))

    async def command(self, who: Member) -> None:
        stage = self.stage
        case = case_of(card) if (card := self.card()) else None
        words, options = self.dice.choice(
            (
                ("queue", {}),
                ("case show", {"case": case}),
                ("policy show", {"policy": "harassment"}),
                ("history", {"member": stage.mallory}),
                ("stats", {}),
                ("safeguild status", {}),
            )
        )
        if words == "case show" and case is None:
            return
        asker = stage.guild.owner if words == "safeguild status" else who
        await self.times.of(f"/{words}", stage.guild.slash(asker, stage.review, words, wait=False, **options))
        if words == "policy show":
            owner = stage.guild.owner
            await self.times.of(
                "/policy edit",
                stage.guild.slash(owner, stage.review, "policy edit", wait=False, policy="harassment"),
            )

    def card(self, *, deciding: bool = False) -> Message | None:
        """A card that still has something to press."""
        wanted = "Dismiss" if deciding else "More"
        found = [each for each in self.stage.cards[-400:] if wanted in each.button_labels and case_of(each)]
        if deciding:
            found = [each for each in found if each.id not in self.pressing]
        card = self.dice.choice(found) if found else None
        if card and deciding:
            self.pressing.add(card.id)
        return card


def texts(messages: int, begin: int) -> Iterator[str]:
    for number in range(begin, begin + messages):
        yield f"{INSULT} number {number}" if number % ONE_IN == ONE_IN - 1 else HARMLESS.format(number)


async def run(messages: int, cases: int, seconds: float, seed: int) -> Times:
    """One bot, one burst after another."""
    limits = RateLimits(DEFAULT_LIMITS | FASTER_LIMITS)
    with TemporaryDirectory() as folder:
        async with DiscordServer(limits=limits) as discord:
            bot = BotProcess(discord, Path(folder))
            stage = new_stage(discord, bot, "Bramble")
            async with running(bot):
                await bot.wait_for_log("the model is ready")
                await discord.wait_until(lambda: discord.world.commands.usable_in(stage.guild.id), 60)
                await stage.set_up()
                await stage.guild.slash(stage.guild.owner, stage.review, "safeguild settings", cards_per_minute=60)
                await fill(stage, cases)
                return await measure(stage, messages, seconds, seed)


async def fill(stage: Stage, cases: int) -> None:
    """So many cases wait for people; some of them have a card."""
    await stage.general.say_many(stage.mallory, [f"{INSULT}, case {number}" for number in range(cases)])
    wanted = "SELECT 1 FROM case_file WHERE state = 'open' GROUP BY 1 HAVING count(*) >= ?"
    await stage.bot.until_stored(wanted, cases, within=600)
    await stage.discord.wait_until(lambda: len(stage.cards) >= min(cases, 30), 120, "cards")


async def measure(stage: Stage, messages: int, seconds: float, seed: int) -> Times:
    shift = Shift(stage, Times(), random.Random(seed))
    crew = [stage.ada, stage.bob]
    crew += [stage.guild.add_member(f"mod {number}", [stage.moderators]) for number in range(MODERATORS - 2)]
    working = [asyncio.create_task(shift.work(each)) for each in crew]
    end, sent = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        await stage.general.say_many(stage.mallory, texts(messages, sent))
        sent += messages
        await asyncio.sleep(1)
    for task in working:
        task.cancel()
    ended = await asyncio.gather(*working, return_exceptions=True)
    if bugs := [each for each in ended if not isinstance(each, asyncio.CancelledError)]:
        raise bugs[0] if isinstance(bugs[0], Exception) else RuntimeError(bugs)
    print(f"{sent:,} messages were written meanwhile, {len(stage.cards)} cards hang")
    return shift.times


def share(found: list[float], part: float) -> float:
    """The nearest rank; `found` sorted and not empty."""
    return found[min(len(found) - 1, int(part * len(found)))]


def report(times: Times) -> None:
    """A table in milliseconds, as Markdown."""
    print("| what | n | acknowledged: median | p99 | worst | answered: median | p99 | worst |")
    print("|---|---|---|---|---|---|---|---|")
    everything = {"all": tuple([*chain(*each.values())] for each in (times.acknowledged, times.answered))}
    each = {name: (times.acknowledged[name], times.answered[name]) for name in sorted(times.acknowledged)}
    for name, (first, full) in (each | everything).items():
        first, full = sorted(first), sorted(full)
        cells = [
            f"{share(found, part) * 1000:.0f}" if found else "-"
            for found in (first, full)
            for part in (0.5, 0.99, 1)
        ]
        print(f"| {name} | {len(first)} | {' | '.join(cells)} |")
    first = sorted(everything["all"][0])
    late, unanswered = sum(each > PROMISED for each in first), sum(times.failed.values())
    missing = len(first) - len(everything["all"][1])
    print(f"p99.9 to the acknowledgement: {share(first, 0.999) * 1000:.0f} ms; later than {PROMISED} s: {late}; "
          f"never acknowledged: {unanswered}; cut off by the end: {missing}")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=20_000, help="in one burst")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    for number in range(arguments.runs):
        report(asyncio.run(run(arguments.messages, arguments.cases, arguments.seconds, number)))
