"""What `/safeguild status` shows."""

from collections import Counter
from collections.abc import Iterator

import discord

from bot.cogs.automod import advice as about_automod
from bot.cogs.replies import Reply, page, problem_line
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.cogs.setting_up import warnings
from bot.cogs.words import ago, place
from bot.guilds.status_report import EngineState, EngineStatus, Flagging, StatusReport
from bot.health import JudgeHealth
from bot.intake.state import IntakeState
from bot.language import marked, number, percent, tr, tr_n
from policies.policy import Mode
from policies.problems import Problem

_LONGEST_REASON = 400
_STAND_IN = marked(
    "**The stand-in judges: it looks for words and understands nothing.** "
    "Whoever runs the bot gets the real model with `safeguild model fetch`."
)
_COLOURS = {
    EngineState.READY: discord.Colour.green(),
    EngineState.LOADING: discord.Colour.gold(),
    EngineState.RESTARTING: discord.Colour.gold(),
    EngineState.AWAY: discord.Colour.red(),
}


async def status_reply(rooms: Rooms, guild: discord.Guild) -> Reply:
    """How the bot is doing, as this guild needs to know it. Raises what `rooms.status` raises."""
    report = await rooms.status(guild.id)
    settings = rooms.guild_book.settings(guild.id)
    fields = {
        tr("Work"): [
            _work(report),
            *_catching_up(guild.id, report, rooms.intake.state),
            *_flagging(report.flagging),
        ],
        tr("Cards"): [rooms.outbox.problem(guild.id) or _cards(settings.review_channel)],
        tr("Policies"): _policies(rooms, guild.id),
        tr("Files with errors"): [problem_line(problem) for problem in _problems(rooms, guild.id)],
        tr("To look at"): warnings(guild, settings),
        tr("Could be better"): [line for line in (about_automod(guild),) if line],
        tr("Version"): [
            tr(
                "Safeguild {version}, started {when}",
                version=escaped(report.version, 60),
                when=ago(report.started_at),
            )
        ],
    }
    return page(tr("Safeguild's status"), _engine(report.engine), _COLOURS[report.engine.state], fields)


def _engine(engine: EngineStatus) -> list[str]:
    told = tr(_STATES[engine.state], model=escaped(engine.model, 100))
    begun = [tr("Begun {when}.", when=ago(engine.since))] if engine.since and engine.state in _BEGUN else []
    reason = [tr("Reason: {reason}", reason=escaped(engine.reason, _LONGEST_REASON))] if engine.reason else []
    return [" ".join([told, *begun]), *reason, *_at_work(engine), *([tr(_STAND_IN)] if engine.stand_in else [])]


_STATES = {
    EngineState.READY: marked("Ready. Model: {model}."),
    EngineState.LOADING: marked("Loading the model. What is suspected waits for it."),
    EngineState.RESTARTING: marked("Starting the model again. What it had in hand is judged again."),
    EngineState.AWAY: marked("Away. What is suspected waits, and nothing is lost."),
}
_BEGUN = frozenset({EngineState.LOADING, EngineState.RESTARTING, EngineState.AWAY})
"""States that end: since when they last is worth telling."""


def _at_work(engine: EngineStatus) -> list[str]:
    """What the engine does at the moment, and how well it does it."""
    full = [tr("There is no room for more at the moment.")] if engine.busy else []
    health = engine.health
    if health is None:
        return full
    now = tr("Judging {judging}, {waiting} waiting in the engine.", judging=health.judging, waiting=health.waiting)
    return [" ".join([now, *full]), *_usual(health), *_servers(health)]


def _usual(health: JudgeHealth) -> Iterator[str]:
    if health.together is not None:
        yield tr("{number} judged together on average.", number=number(health.together, 1))
    if health.prefix_hits is not None:
        yield tr("{share} of the policies were in memory when needed.", share=percent(health.prefix_hits))
    if health.restarts:
        yield tr_n("Started again {count} time.", "Started again {count} times.", health.restarts)


def _servers(health: JudgeHealth) -> list[str]:
    if not health.servers_away:
        return []
    return [tr("{away} of {all} servers away.", away=health.servers_away, all=health.servers)]


def _work(report: StatusReport) -> str:
    """What waits in this guild; and the queue in all of them, for they share one engine."""
    backlog = report.backlog
    told = [
        tr(
            "{questions} wait for a verdict, {cases} for a person",
            questions=backlog.questions,
            cases=backlog.cases,
        )
    ]
    if report.open_appeals:
        told.append(tr_n("· {count} appeal waits", "· {count} appeals wait", report.open_appeals))
    if report.waiting:
        told.append(tr("({count} wait for a verdict in all servers)", count=report.waiting))
    if report.intake_waiting:
        told.append(tr_n("· {count} message arriving", "· {count} messages arriving", report.intake_waiting))
    return " ".join(told)


def _flagging(flagging: Flagging | None) -> list[str]:
    """Whether the judge can keep up with what looks suspicious."""
    if flagging is None:
        return []
    pace = flagging.verdicts_per_minute
    able = (
        tr("The model can give about {number} verdicts a minute.", number=number(pace))
        if pace
        else tr("The model's pace is not known yet.")
    )
    if flagging.part < 1:
        cut = tr(
            "Likeness flags {share} of what it may, since all servers together want more verdicts.",
            share=percent(flagging.part),
        )
        return [f"{cut} {able}"]
    paused = [tr("Random checks pause.")] if flagging.audits_paused else []
    return [" ".join([tr("Policies flag as much as they may."), able, *paused])]


def _catching_up(guild_id: int, report: StatusReport, intake: IntakeState) -> list[str]:
    """Whether the guild's messages were all looked at, and why not."""
    behind = report.behind.get(guild_id, 0)
    lines = [
        tr_n(
            "Catching up on what was written while I was away: {count} channel to go",
            "Catching up on what was written while I was away: {count} channels to go",
            behind,
        )
        if behind
        else tr("Up to date")
    ]
    if behind and intake.away:
        lines.append(escaped(intake.away, _LONGEST_REASON))
    lines += [
        f"{place(problem.channel_id)}: {escaped(problem.reason, _LONGEST_REASON)}"
        for problem in intake.problems
        if problem.guild_id == guild_id
    ]
    return lines


def _cards(review_channel: int | None) -> str:
    if review_channel is None:
        return tr("No review channel is set.")
    return tr("They appear in {channel}.", channel=place(review_channel))


def _policies(rooms: Rooms, guild_id: int) -> list[str]:
    policies = rooms.policy_book.policies(guild_id).values()
    if not policies:
        return [tr("None. Add one with `/policy add`.")]
    count = Counter(policy.mode for policy in policies)
    live, shadow, off = count[Mode.LIVE], count[Mode.SHADOW], count[Mode.OFF]
    return [tr("{live} live, {shadow} shadow, {off} off", live=live, shadow=shadow, off=off)]


def _problems(rooms: Rooms, guild_id: int) -> tuple[Problem, ...]:
    return (*rooms.guild_book.problems(guild_id), *rooms.policy_book.problems(guild_id))
