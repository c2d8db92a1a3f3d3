"""Makes the parts that take messages in and judge them."""

import asyncio
import time
from datetime import timedelta

import structlog

from bot.cogs.client import BotOptions
from bot.domains.feed import DomainFeed
from bot.gate.gate import Gate
from bot.gate.keeper import Pulse
from bot.gate.reception import Reception
from bot.guilds.rebuilding import PrefilterBuilder
from bot.judges.choosing import jobs_in_flight
from bot.knowledge_source import KnowledgeSource
from bot.live.ground import Ground
from bot.live.late_judge import LateJudge
from bot.moderation import Moderation
from bot.outage import BackOff
from bot.review.outbox import CardOutbox
from bot.rulebook import Rulebook
from bot.settings import DiscordSettings
from bot.worker import WorkerSettings
from inference.prefilter.normalise import Normaliser
from inference.prefilter.scores.shelf import HeadShelf
from inference.prefilter.suspicion import Suspicion

_log = structlog.get_logger(__name__)

JUDGE_BACK_OFF = BackOff(longest=timedelta(seconds=10))
"""The judge is on this machine: asking it again costs nothing, and a loaded model should not stand idle."""
LEASE = timedelta(seconds=20)
"""After a kill -9, what was at the model waits for so long in the next start."""
FOLDED = 2_000
"""Characters of a text that are folded for finding repeats, which compare the first 1,000 of what is left. To fold
all of a hostile text holds the event loop for a millisecond more."""


class _NoPolicies:
    """The inspector of a bot whose policies are not in force yet."""

    def inspect(self, *_: object) -> tuple[Suspicion, ...]:
        """Nothing is suspected, because nothing is asked yet."""
        return ()


def bot_options(discord: DiscordSettings) -> BotOptions:
    """How Discord is reached."""
    return BotOptions(api=discord.api, gateway=discord.gateway, requests_per_second=discord.requests_per_second)


def moderation_of(ground: Ground, outbox: CardOutbox) -> Moderation:
    """Without policies: the intake waits until the policy book has put them in force."""
    return Moderation(
        Rulebook({}, _NoPolicies()),
        ground.store,
        ground.late,
        outbox,
        model=ground.late,
        clock=ground.clock,
        timer=time.perf_counter,
        settings=WorkerSettings(width=jobs_in_flight(ground.settings), lease=LEASE, back_off=JUDGE_BACK_OFF),
    )


async def open_domain_feed(ground: Ground) -> DomainFeed:
    """A list that cannot be read now is no reason not to start: the shipped one holds until it is mended."""
    feed = DomainFeed(ground.settings.domains, ground.folder)
    for problem in await feed.look():
        _log.warning("a list of domains is not used", reason=problem.message, advice=problem.hint)
    return feed


def in_plain_letters(text: str) -> str:
    """For comparing texts: disguises do not make another text of one."""
    return Normaliser.shipped().folded(text[:FOLDED])


def pulse_of(late: LateJudge, moderation: Moderation) -> Pulse:
    """The judge, as the gate needs to know it."""
    return Pulse(
        is_judging=lambda: late.is_there and moderation.workload.outage is None,
        verdicts_per_second=lambda: moderation.verdicts_per_second,
    )


async def open_reception(
    ground: Ground, gate: Gate, domain_feed: DomainFeed
) -> tuple[PrefilterBuilder, Reception]:
    """What builds prefilters, and the gate before them. Raises EnvironmentProblem if there is no encoder."""
    source = await asyncio.to_thread(KnowledgeSource.open, ground.settings.prefilter)
    shelf = HeadShelf(ground.folder / "cache" / "scores")
    builder = PrefilterBuilder(source.knowledge, lambda: domain_feed.current, shelf)
    return builder, Reception(gate, ground.store, builder, in_plain_letters, takes_long=source.is_slow)
