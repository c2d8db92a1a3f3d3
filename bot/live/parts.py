"""Puts the parts of the running bot together. Nothing is started here."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import structlog

from bot.app import open_harmony
from bot.asking import Asking
from bot.cogs import (
    appeals,
    automod,
    bulk,
    cases,
    explain,
    guilds,
    intake,
    journal,
    judge_this,
    policy,
    policy_sample,
    policy_trial,
    privacy,
    queue,
    report,
    review,
    setup,
    stats,
    sync,
)
from bot.cogs.appeals_board import DirectMessages, DiscordAppealBoard
from bot.cogs.board import DiscordBoard
from bot.cogs.bulk_doing import DiscordManyDeleter, DiscordPermits
from bot.cogs.card_drawing import CardDrawing
from bot.cogs.client import BotOptions, SafeguildBot, create_bot
from bot.cogs.enforcement import DiscordEnforcer
from bot.cogs.history import DiscordHistory
from bot.cogs.languages import guild_language
from bot.cogs.notices import MemberNotices
from bot.cogs.policy_news import DiscordPolicyNews
from bot.cogs.privacy_letters import DiscordLetters
from bot.cogs.queue_line import DiscordLines
from bot.cogs.rooms import Rooms
from bot.cogs.stats_digest import DiscordDigestBoard, escaped_title
from bot.domains.feed import DomainFeed
from bot.errors import EnvironmentProblem
from bot.figures.digest import DigestGuilds, DigestKeeper
from bot.figures.painting import Painter
from bot.gate.gate import Gate
from bot.gate.keeper import GateKeeper, Pulse
from bot.gate.reception import Reception
from bot.guilds.book import GuildBook
from bot.guilds.herald import Herald
from bot.guilds.history import Historian
from bot.guilds.policies import PolicyBook
from bot.guilds.rebuilding import PrefilterBuilder
from bot.guilds.status_report import Flagging
from bot.guilds.writing import PolicyWriting
from bot.intake.lanes import Intake
from bot.judges.choosing import jobs_in_flight
from bot.knowledge_source import KnowledgeSource
from bot.live.late_judge import LateJudge
from bot.live.policy_measures import Spotter, TokenCounter
from bot.live.status import Reporter
from bot.moderation import Moderation
from bot.outage import BackOff
from bot.ports import Store
from bot.rehearsal import Rehearsals
from bot.retention.sweeper import Sweeper
from bot.retention.times import KeepingTimes
from bot.review.appeal_court import AppealCourt, Guilds, Outside
from bot.review.bulk import BulkWork
from bot.review.decisions import Review
from bot.review.held_cards import HeldCards
from bot.review.outbox import CardOutbox
from bot.review.retracting import Retracting
from bot.review.together import DeletingTogether
from bot.rulebook import Rulebook
from bot.settings import DiscordSettings, Settings
from bot.trials.room import TrialRoom
from bot.trials.samples import SampleJudging
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
COGS = (
    journal,
    guilds,
    intake,
    automod,
    review,
    bulk,
    queue,
    report,
    appeals,
    cases,
    setup,
    policy,
    policy_trial,
    policy_sample,
    explain,
    judge_this,
    stats,
    privacy,
    sync,
)
"""The commands are synced last, when all of them are there."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the running bot, ready to run."""

    bot: SafeguildBot
    moderation: Moderation
    intake: Intake
    outbox: CardOutbox
    review: Review
    bulks: BulkWork
    appeals: AppealCourt
    guild_book: GuildBook
    policy_book: PolicyBook
    herald: Herald
    writing: PolicyWriting
    store: Store
    gate: Gate
    gate_keeper: GateKeeper
    reception: Reception
    domain_feed: DomainFeed
    rehearsals: Rehearsals
    trials: TrialRoom
    samples: SampleJudging
    digests: DigestKeeper
    times: KeepingTimes
    sweeper: Sweeper


class _NoPolicies:
    """The inspector of a bot whose policies are not in force yet."""

    def inspect(self, *_: object) -> tuple[Suspicion, ...]:
        """Nothing is suspected, because nothing is asked yet."""
        return ()


@dataclass(frozen=True, slots=True)
class Ground:
    """What the parts stand on."""

    settings: Settings
    folder: Path
    """The data folder."""
    store: Store
    late: LateJudge
    clock: Callable[[], datetime]


async def put_together(ground: Ground) -> Parts:
    """Build every part on the others that it needs.

    Raises:
        EnvironmentProblem: the guilds' settings or policies cannot be read, or the encoder cannot be used.
    """
    store, clock, discord = ground.store, ground.clock, ground.settings.discord
    bot = create_bot(_options(discord))
    guild_book = await _guild_book(ground.folder)
    outbox = CardOutbox(
        store,
        DiscordBoard(bot, CardDrawing(bot, guild_book.settings, guild_language(bot, guild_book.settings))),
        lambda guild_id: guild_book.settings(guild_id).review_channel,
        clock=clock,
        held=_held_cards(ground, bot, guild_book),
    )
    moderation = _moderation(ground, outbox)
    gate = Gate(time.monotonic, ground.settings.prefilter.audit_rate)
    domain_feed = await _domain_feed(ground)
    source = await asyncio.to_thread(KnowledgeSource.open, ground.settings.prefilter)
    shelf = HeadShelf(ground.folder / "cache" / "scores")
    builder = PrefilterBuilder(source.knowledge, lambda: domain_feed.current, shelf)
    reception = Reception(gate, store, builder, _in_plain_letters, takes_long=source.is_slow)
    herald = _herald(ground, bot, guild_book)
    policy_book = await _policy_book(ground, reception, moderation, guild_book, herald)
    enforcer = DiscordEnforcer(
        bot, clock, MemberNotices(bot, store, guild_book.settings), guild_language(bot, guild_book.settings)
    )
    together = DeletingTogether(enforcer, DiscordManyDeleter(bot))
    decisions = Review(store, together, outbox, clock=clock)
    times = _times(ground.settings, guild_book)
    parts = Parts(
        bot=bot,
        moderation=moderation,
        intake=Intake(moderation, store, DiscordHistory(bot), clock=clock, capacity=discord.intake_capacity),
        outbox=outbox,
        review=decisions,
        bulks=BulkWork(store, decisions, DiscordPermits(bot, guild_book.settings), together, clock=clock),
        appeals=_appeals(ground, bot, decisions, guild_book),
        guild_book=guild_book,
        policy_book=policy_book,
        herald=herald,
        writing=_writing(ground, builder),
        store=store,
        gate=gate,
        gate_keeper=GateKeeper(gate, store, _pulse(ground.late, moderation)),
        reception=reception,
        domain_feed=domain_feed,
        rehearsals=Rehearsals(builder.aside, ground.late),
        trials=TrialRoom(store, ground.late, ground.late),
        samples=SampleJudging(store, ground.late, policy_book.policies),
        digests=_digests(ground, bot, guild_book, policy_book),
        times=times,
        sweeper=Sweeper(store, times, DiscordLetters(bot), clock=clock, cards_changed=outbox.stir),
    )
    bot.furnish(_rooms(ground, parts), *(cog.setup_cog for cog in COGS))
    return parts


def _digests(ground: Ground, bot: SafeguildBot, guild_book: GuildBook, policy_book: PolicyBook) -> DigestKeeper:
    def channel(guild_id: int) -> int | None:
        settings = guild_book.settings(guild_id)
        return settings.review_channel if settings.digest else None

    guilds = DigestGuilds(channel, policy_book.policies, guild_language(bot, guild_book.settings), escaped_title)
    painter = Painter(ground.folder / "cache" / "charts")
    return DigestKeeper(ground.store, DiscordDigestBoard(bot), painter.paint, guilds, ground.clock)


def _times(settings: Settings, guild_book: GuildBook) -> KeepingTimes:
    return KeepingTimes(
        lambda guild_id: guild_book.settings(guild_id).keep_days,
        most_days=settings.store.keep_days_at_most,
        forget_days=settings.store.forget_after_days,
    )


def _held_cards(ground: Ground, bot: SafeguildBot, guild_book: GuildBook) -> HeldCards:
    lines = DiscordLines(bot, guild_language(bot, guild_book.settings))
    return HeldCards(
        ground.store, lines, lambda guild_id: guild_book.settings(guild_id).cards_per_minute, clock=ground.clock
    )


def _options(discord: DiscordSettings) -> BotOptions:
    return BotOptions(api=discord.api, gateway=discord.gateway, requests_per_second=discord.requests_per_second)


def _moderation(ground: Ground, outbox: CardOutbox) -> Moderation:
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


def _appeals(ground: Ground, bot: SafeguildBot, review: Review, guild_book: GuildBook) -> AppealCourt:
    language = guild_language(bot, guild_book.settings)
    return AppealCourt(
        ground.store,
        Retracting(ground.store, review.decide, clock=ground.clock),
        Outside(DiscordAppealBoard(bot, language), DirectMessages(bot)),
        Guilds(guild_book.settings, language),
        clock=ground.clock,
    )


async def _guild_book(folder: Path) -> GuildBook:
    try:
        return await GuildBook.open(folder / "guilds")
    except OSError as error:
        raise _unreadable(folder / "guilds", error) from error


def _herald(ground: Ground, bot: SafeguildBot, guild_book: GuildBook) -> Herald:
    news = DiscordPolicyNews(bot, guild_language(bot, guild_book.settings))
    folder = ground.folder / "policies"
    return Herald(folder, lambda guild_id: guild_book.settings(guild_id).review_channel, news)


async def _policy_book(
    ground: Ground, reception: Reception, moderation: Moderation, guild_book: GuildBook, herald: Herald
) -> PolicyBook:
    def adopt(rulebook: Rulebook) -> None:
        moderation.adopt(replace(rulebook, scope=lambda guild_id: guild_book.settings(guild_id).scope))

    folder, history = ground.folder / "policies", Historian(ground.store, ground.clock)
    try:
        return await PolicyBook.open(folder, reception, adopt, in_force=False, history=history, tell=herald.hear)
    except OSError as error:
        raise _unreadable(folder, error) from error


async def _domain_feed(ground: Ground) -> DomainFeed:
    """A list that cannot be read now is no reason not to start: the shipped one holds until it is mended."""
    feed = DomainFeed(ground.settings.domains, ground.folder)
    for problem in await feed.look():
        _log.warning("a list of domains is not used", reason=problem.message, advice=problem.hint)
    return feed


def _in_plain_letters(text: str) -> str:
    """For comparing texts: disguises do not make another text of one."""
    return Normaliser.shipped().folded(text[:FOLDED])


def _pulse(late: LateJudge, moderation: Moderation) -> Pulse:
    return Pulse(
        is_judging=lambda: late.is_there and moderation.workload.outage is None,
        verdicts_per_second=lambda: moderation.verdicts_per_second,
    )


def _flagging(parts: Parts, guild_id: int) -> Flagging:
    pace, gate = parts.moderation.verdicts_per_second, parts.gate
    return Flagging(
        part=gate.part(guild_id),
        verdicts_per_minute=None if pace is None else 60 * pace,
        audits_paused=gate.audits_paused and gate.audit_rate > 0,
    )


def _unreadable(folder: Path, error: OSError) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{folder} cannot be read: {error.strerror or error}", "check who owns it, and its permissions"
    )


def _writing(ground: Ground, builder: PrefilterBuilder) -> PolicyWriting:
    counter = TokenCounter(lambda: open_harmony(ground.settings))
    return PolicyWriting(tokens=counter.count, spotted=Spotter(builder.aside).spotted)


def _rooms(ground: Ground, parts: Parts) -> Rooms:
    reporter = Reporter(
        version=version("safeguild"),
        started_at=ground.clock(),
        late=ground.late,
        workload=lambda: parts.moderation.workload,
        intake=parts.intake,
        store=parts.store,
        flagging=lambda guild_id: _flagging(parts, guild_id),
    )
    return Rooms(
        intake=parts.intake,
        review=parts.review,
        appeals=parts.appeals,
        outbox=parts.outbox,
        guild_book=parts.guild_book,
        policy_book=parts.policy_book,
        store=parts.store,
        clock=ground.clock,
        status=reporter.report,
        purge=lambda guild_id: _purge(parts, guild_id),
        kept=ground.folder,
        allowed_guilds=frozenset(ground.settings.discord.guilds) or None,
        outlook=parts.reception.outlook,
        explain=parts.reception.explain,
        rehearse=parts.rehearsals.run,
        writing=parts.writing,
        trials=parts.trials,
        samples=parts.samples,
        report=parts.moderation.report,
        asking=Asking(ground.late, parts.moderation.policies_for),
        bulks=parts.bulks,
        language=guild_language(parts.bot, parts.guild_book.settings),
        times=parts.times,
        sweep_now=parts.sweeper.wake,
    )


async def _purge(parts: Parts, guild_id: int) -> None:
    """Forget a guild: first what would write anew, last the store. Doing it again is safe."""
    parts.trials.forget(guild_id)
    await parts.intake.forget(guild_id)
    parts.writing.drafts.forget(guild_id)
    await parts.policy_book.forget(guild_id)
    await parts.guild_book.forget(guild_id)
    parts.gate.forget(guild_id)
    await parts.store.purge(guild_id)
