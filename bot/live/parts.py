"""Puts the parts of the running bot together. Nothing is started here."""

import time
from dataclasses import dataclass

from bot.cogs.bulk_doing import DiscordPermits
from bot.cogs.client import SafeguildBot, create_bot
from bot.cogs.history import DiscordHistory
from bot.cogs.privacy_letters import DiscordLetters
from bot.domains.feed import DomainFeed
from bot.figures.digest import DigestKeeper
from bot.gate.gate import Gate
from bot.gate.keeper import GateKeeper
from bot.gate.reception import Reception
from bot.guilds.book import GuildBook
from bot.guilds.herald import Herald
from bot.guilds.policies import PolicyBook
from bot.guilds.writing import PolicyWriting
from bot.intake.lanes import Intake
from bot.live.ground import Ground
from bot.live.making_desk import (
    appeal_court,
    digest_keeper,
    enforcer_of,
    herald_of,
    keeping_times,
    open_guild_book,
    open_policy_book,
    outbox_of,
    policy_writing,
)
from bot.live.making_work import bot_options, moderation_of, open_domain_feed, open_reception, pulse_of
from bot.moderation import Moderation
from bot.ports import Store
from bot.rehearsal import Rehearsals
from bot.retention.sweeper import Sweeper
from bot.retention.times import KeepingTimes
from bot.review.appeal_court import AppealCourt
from bot.review.bulk import BulkWork
from bot.review.decisions import Review
from bot.review.outbox import CardOutbox
from bot.trials.room import TrialRoom
from bot.trials.samples import SampleJudging


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


async def put_together(ground: Ground) -> Parts:
    """Build every part on the others that it needs.

    Raises:
        EnvironmentProblem: the guilds' settings or policies cannot be read, or the encoder cannot be used.
    """
    store, clock, discord = ground.store, ground.clock, ground.settings.discord
    bot = create_bot(bot_options(discord))
    guild_book = await open_guild_book(ground.folder)
    outbox = outbox_of(ground, bot, guild_book)
    moderation = moderation_of(ground, outbox)
    gate = Gate(time.monotonic, ground.settings.prefilter.audit_rate)
    domain_feed = await open_domain_feed(ground)
    builder, reception = await open_reception(ground, gate, domain_feed)
    herald = herald_of(ground, bot, guild_book)
    policy_book = await open_policy_book(ground, reception, moderation, guild_book, herald)
    together = enforcer_of(ground, bot, guild_book)
    decisions = Review(store, together, outbox, clock=clock)
    times = keeping_times(ground.settings, guild_book)
    trials = TrialRoom(store, ground.late, ground.late)

    def erased_in(guild_id: int) -> None:
        outbox.look(guild_id)
        trials.forget_words(guild_id)

    return Parts(
        bot=bot,
        moderation=moderation,
        intake=Intake(moderation, store, DiscordHistory(bot), clock=clock, capacity=discord.intake_capacity),
        outbox=outbox,
        review=decisions,
        bulks=BulkWork(store, decisions, DiscordPermits(bot, guild_book.settings), together, clock=clock),
        appeals=appeal_court(ground, bot, decisions, guild_book),
        guild_book=guild_book,
        policy_book=policy_book,
        herald=herald,
        writing=policy_writing(ground, builder),
        store=store,
        gate=gate,
        gate_keeper=GateKeeper(gate, store, pulse_of(ground.late, moderation)),
        reception=reception,
        domain_feed=domain_feed,
        rehearsals=Rehearsals(builder.aside, ground.late),
        trials=trials,
        samples=SampleJudging(store, ground.late, policy_book.policies),
        digests=digest_keeper(ground, bot, guild_book, policy_book),
        times=times,
        sweeper=Sweeper(store, times, DiscordLetters(bot), clock=clock, erased_in=erased_in),
    )
