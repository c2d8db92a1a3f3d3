"""Kills the running bot again and again, at random points of the walk, and looks what became of it all.

    python -m tests.journeys.kill_campaign 100 [seed]

In the end every flagged message has one case and one card, no decision was carried out twice, none was forgotten.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom

from tests.discord_server import ActionKind, DiscordServer, RateLimits
from tests.discord_server.rate_limits import DEFAULT_LIMITS
from tests.journeys.books import Books
from tests.journeys.crowd import TIMEOUT, Crowd
from tests.journeys.mishaps import DELETE_MESSAGE, EDIT_MEMBER, FASTER_LIMITS, POST_MESSAGE, hold_next
from tests.journeys.process import BotProcess, running
from tests.journeys.stage import Stage, new_stage

PATIENCE = 10.0
"""Seconds until a moment counts as missed; the bot is killed all the same."""
LONGEST_DELAY = 1.5
CUT_OFF_WITHIN = timedelta(seconds=3)
"""A click is looked into this long, at the longest, before its decision is stored."""
_SAME = timedelta(milliseconds=50)
IN_THE_END = 180.0
"""Seconds for everything that is left to do after the last kill."""


@dataclass(slots=True)
class Campaign:
    """Kills one bot on one data folder, in one guild."""

    stage: Stage
    dice: Random
    crowd: Crowd = field(init=False)
    kills: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    killed_at: list[datetime] = field(default_factory=list)
    cut_off: int = 0
    """Clicks that were acknowledged and overtaken by the kill: the moderator finds the card unchanged."""

    def __post_init__(self) -> None:
        self.crowd = Crowd(self.stage, self.dice)

    async def run(self, kills: int) -> list[str]:
        """Kill so many times; what does not balance in the end."""
        await self.crowd.open_a_thread()
        moments = list(self._moments().items())
        self.dice.shuffle(moments)
        for number in range(kills):
            await self._round(*moments[number % len(moments)])
        await self._come_to_rest()
        books = Books(self.stage, frozenset(self.crowd.taken_down))
        return [*books.errors(self.crowd.flagged.values()), *self._clicks_that_came_to_nothing()]

    def _moments(self) -> dict[str, Callable[[], Awaitable[bool]]]:
        """Where the kills hit, each with what waits for it and says whether it came."""
        return {
            "at any time": self._any_time,
            "while starting": self._while_starting,
            "case recorded": self._case_recorded,
            "in mid-verdict": self._mid_verdict,
            "card asked for": lambda: self._card(after_effect=False),
            "card posted, not noted": lambda: self._card(after_effect=True),
            "click acknowledged": self._click_acknowledged,
            "deletion decided, not done": lambda: self._deed(DELETE_MESSAGE, "Delete", after_effect=False),
            "deletion done, not noted": lambda: self._deed(DELETE_MESSAGE, "Delete", after_effect=True),
            "timeout decided, not done": lambda: self._deed(EDIT_MEMBER, TIMEOUT, after_effect=False),
            "timeout done, not noted": lambda: self._deed(EDIT_MEMBER, TIMEOUT, after_effect=True),
        }

    async def _round(self, name: str, moment: Callable[[], Awaitable[bool]]) -> None:
        await self._life_goes_on(self.dice.randint(1, 5))
        came = await moment()
        await self.stage.bot.kill()
        self.killed_at.append(self.stage.discord.clock.now())
        self.kills[name] += 1
        self.missed[name] += not came
        self.stage.discord.faults.clear()
        await self._life_goes_on(self.dice.randint(0, 4))
        await self.stage.bot.start(wait=name != "in mid-verdict" or bool(self.dice.randrange(2)))

    async def _life_goes_on(self, deeds: int) -> None:
        for _ in range(deeds):
            await self.crowd.act()
            await asyncio.sleep(self.dice.random() * 0.1)

    # Moments

    async def _any_time(self) -> bool:
        await asyncio.sleep(self.dice.random() * LONGEST_DELAY)
        return True

    async def _while_starting(self) -> bool:
        await self.stage.bot.kill()
        self.killed_at.append(self.stage.discord.clock.now())
        await self.stage.bot.start(wait=False)
        return await self._any_time()

    async def _case_recorded(self) -> bool:
        message = await self.crowd.insult()
        return await self._comes(lambda: self.stage.memory.case(message.id) is not None)

    async def _mid_verdict(self) -> bool:
        await self.crowd.insult()
        return await self._comes(lambda: bool(self.stage.bot.query("SELECT 1 FROM job WHERE state = 'judging'")))

    async def _card(self, *, after_effect: bool) -> bool:
        held = hold_next(self.stage.discord, POST_MESSAGE, after_effect=after_effect)
        posted = len(self.stage.discord.actions_of(ActionKind.POST))
        await self.crowd.insult()
        return await self._comes(
            lambda: (
                held.times == 0
                and (not after_effect or len(self.stage.discord.actions_of(ActionKind.POST)) > posted)
            )
        )

    async def _click_acknowledged(self) -> bool:
        click = await self._click()
        return click is not None and await self._comes(click.done)

    async def _deed(self, route: str, label: str, *, after_effect: bool) -> bool:
        held = hold_next(self.stage.discord, route, after_effect=after_effect)
        done = len(self.stage.deeds)
        if await self._click(label) is None:
            return False
        return await self._comes(lambda: held.times == 0 and (not after_effect or len(self.stage.deeds) > done))

    async def _click(self, *labels: str) -> "asyncio.Task[object] | None":
        """A click on a card that hangs; one is waited for, if need be."""
        if (click := await self.crowd.click(*labels)) is None:
            message = await self.crowd.insult()
            await self._comes(lambda: bool(self.stage.cards_about(message)))
            click = await self.crowd.click(*labels)
        return click

    async def _comes(self, look: Callable[[], bool]) -> bool:
        """Whether something comes to be before the patience ends. It is looked for often: moments are short."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if look():
                return True
            await asyncio.sleep(0.001)
        return False

    async def _come_to_rest(self) -> None:
        """Until the bot has done what is left to do."""
        stage = self.stage
        await stage.discord.wait_connected(60)
        for message in tuple(self.crowd.flagged.values()):
            await stage.case_about(message, within=IN_THE_END)
        await asyncio.gather(*(click.answer for click in self.crowd.clicks))
        await stage.bot.until(stage.memory.is_quiet, IN_THE_END, "rest")
        await stage.quiet()

    def _clicks_that_came_to_nothing(self) -> Iterator[str]:
        """Acknowledged, and neither stored nor answered: only a kill just then may do that."""
        stored = set(self.stage.bot.query("SELECT case_id, moderator_id, action FROM decision"))
        for click in self.crowd.clicks:
            reply = click.answer.result()
            decision = (click.case_id, click.member.id, click.label.split()[0].lower())
            if reply.latency is None or reply.text or decision in stored:
                continue
            acknowledged = reply.interaction.created_at + timedelta(seconds=reply.latency)
            if any(timedelta(0) <= killed - acknowledged + _SAME <= CUT_OFF_WITHIN for killed in self.killed_at):
                self.cut_off += 1
            else:
                yield f"a click of {click.member.name} on case {click.case_id} came to nothing"

    def report(self) -> str:
        """What was done, in a few lines."""
        clicks = [click.answer.result() for click in self.crowd.clicks if click.answer.done()]
        acknowledged = sum(reply.acknowledged is not None for reply in clicks)
        decisions = self.stage.bot.query("SELECT count(*), sum(enforced) FROM decision")[0]
        hanging = f"cases: {len(self.stage.memory.messages_with_cases())}, cards: {len(self.stage.cards)}"
        lines = [
            f"kills: {dict(sorted(self.kills.items()))}",
            f"moments that did not come in time: {dict(+self.missed)}",
            f"people: {dict(self.crowd.did)}; flagged for certain: {len(self.crowd.flagged)}",
            f"clicks acknowledged: {acknowledged} of {len(clicks)}, {self.cut_off} of them cut off by a kill",
            f"decisions (stored, carried out): {decisions}",
            f"{hanging}, deeds: {dict(Counter(deed.kind.value for deed in self.stage.deeds))}",
        ]
        return "\n".join(lines)


async def campaign(folder: Path, kills: int, seed: int) -> tuple[list[str], str]:
    """A whole campaign on a data folder: what does not balance, and what was done."""
    limits = RateLimits(DEFAULT_LIMITS | FASTER_LIMITS)
    async with DiscordServer(limits=limits) as discord:
        bot = BotProcess(discord, folder)
        stage = new_stage(discord, bot)
        async with running(bot):
            await discord.wait_until(lambda: discord.world.commands.usable_in(stage.guild.id), 60, "the commands")
            await stage.set_up()
            await _suggest_timeouts(stage)
            fight = Campaign(stage, Random(seed))
            errors = await fight.run(kills)
            return errors, fight.report()


async def _suggest_timeouts(stage: Stage) -> None:
    """A timeout is told from one that was given twice, and a warning is not."""
    source = stage.policy_file("harassment").read_text()
    await stage.put_policy("harassment", source.replace("suggest: [delete, warn]", "suggest: [timeout 1h]"))


def say(line: str) -> None:
    """To whoever started it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """The command line: how many kills, and a seed to repeat."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SystemRandom().randrange(10**6)
    folder = Path(tempfile.mkdtemp(prefix="kill-campaign-"))
    say(f"seed {seed}, {kills} kills, data folder {folder}")
    began = time.monotonic()
    errors, report = asyncio.run(campaign(folder, kills, seed))
    say(report)
    say(f"{time.monotonic() - began:.0f} s")
    say("\n".join(errors) if errors else "the books balance: nothing lost, nothing twice")
    if not errors:
        shutil.rmtree(folder)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
