"""What the cogs get to talk to, and how a guild is forgotten."""

from importlib.metadata import version

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
from bot.cogs.languages import guild_language
from bot.cogs.rooms import Rooms
from bot.guilds.status_report import Flagging
from bot.live.ground import Ground
from bot.live.parts import Parts
from bot.live.status import Reporter

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


def furnish(ground: Ground, parts: Parts) -> None:
    """Give the bot its cogs and the rooms they talk to. Once, before it is started."""
    parts.bot.furnish(rooms_of(ground, parts), *(cog.setup_cog for cog in COGS))


def _flagging(parts: Parts, guild_id: int) -> Flagging:
    pace, gate = parts.moderation.verdicts_per_second, parts.gate
    return Flagging(
        part=gate.part(guild_id),
        verdicts_per_minute=None if pace is None else 60 * pace,
        audits_paused=gate.audits_paused and gate.audit_rate > 0,
    )


def rooms_of(ground: Ground, parts: Parts) -> Rooms:
    """What the cogs talk to."""
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
