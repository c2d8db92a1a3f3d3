"""What `/safeguild status` shows."""

from collections import Counter
from collections.abc import Iterator

import discord

from bot.cogs.replies import Reply, page, problem_line
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.cogs.setting_up import warnings
from bot.cogs.words import ago, place
from bot.guilds.status_report import EngineState, EngineStatus, Flagging, StatusReport
from bot.health import JudgeHealth
from bot.intake.state import IntakeState
from policies.policy import Mode
from policies.problems import Problem

_LONGEST_REASON = 400
_STAND_IN = (
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
        "Work": [_work(report), *_catching_up(guild.id, report, rooms.intake.state), *_flagging(report.flagging)],
        "Cards": [rooms.outbox.problem(guild.id) or _cards(settings.review_channel)],
        "Policies": _policies(rooms, guild.id),
        "Files with errors": [problem_line(problem) for problem in _problems(rooms, guild.id)],
        "To look at": warnings(guild, settings),
        "Version": [f"Safeguild {escaped(report.version, 60)}, up since {ago(report.started_at)}"],
    }
    return page("Safeguild's status", _engine(report.engine), _COLOURS[report.engine.state], fields)


def _engine(engine: EngineStatus) -> list[str]:
    begun = f", begun {ago(engine.since)}" if engine.since else ""
    model = escaped(engine.model, 100)
    states = {
        EngineState.READY: f"Ready. Model: {model}.",
        EngineState.LOADING: f"Loading the model{begun}. What is suspected waits for it.",
        EngineState.RESTARTING: f"Starting the model again{begun}. What it had in hand is judged again.",
        EngineState.AWAY: f"Away{begun}. What is suspected waits, and nothing is lost.",
    }
    reason = [f"Reason: {escaped(engine.reason, _LONGEST_REASON)}"] if engine.reason else []
    return [states[engine.state], *reason, *_at_work(engine), *([_STAND_IN] if engine.stand_in else [])]


def _at_work(engine: EngineStatus) -> list[str]:
    """What the engine does at the moment, and how well it does it."""
    full = "no room for more at the moment" if engine.busy else ""
    health = engine.health
    if health is None:
        return _sentences(full)
    now = f"judging {health.judging}, {health.waiting} waiting in the engine"
    return [*_sentences(now, full), *_sentences(*_usual(health)), *_servers(health)]


def _usual(health: JudgeHealth) -> Iterator[str]:
    if health.together is not None:
        yield f"{health.together:.1f} judged together on average"
    if health.prefix_hits is not None:
        yield f"{health.prefix_hits:.0%} of the policies were in memory when needed"
    if health.restarts:
        yield f"started again {health.restarts} time{'s' * (health.restarts > 1)}"


def _servers(health: JudgeHealth) -> list[str]:
    return _sentences(f"{health.servers_away} of {health.servers} servers away") if health.servers_away else []


def _sentences(*parts: str) -> list[str]:
    """One line out of what is to be told; none if there is nothing."""
    line = ", ".join(part for part in parts if part)
    return [f"{line[0].upper()}{line[1:]}."] if line else []


def _work(report: StatusReport) -> str:
    """What waits in this guild; and the queue in all of them, for they share one engine."""
    here = f"{report.backlog.questions} wait for a verdict, {report.backlog.cases} for a person"
    everywhere = f" ({report.waiting} wait for a verdict in all servers)" if report.waiting else ""
    arriving = f", {report.intake_waiting} messages arriving" if report.intake_waiting else ""
    return f"{here}{everywhere}{arriving}"


def _flagging(flagging: Flagging | None) -> list[str]:
    """Whether the judge can keep up with what looks suspicious."""
    if flagging is None:
        return []
    pace = flagging.verdicts_per_minute
    able = (
        f"the model can give about {pace:,.0f} verdicts a minute" if pace else "the model's pace is not known yet"
    )
    if flagging.part < 1:
        cut = f"likeness flags {flagging.part:.0%} of what it may, since all servers together want more verdicts"
        return _sentences(cut, able)
    return _sentences(
        "policies flag as much as they may", able, "random checks pause" if flagging.audits_paused else ""
    )


def _catching_up(guild_id: int, report: StatusReport, intake: IntakeState) -> list[str]:
    """Whether the guild's messages were all looked at, and why not."""
    behind = report.behind.get(guild_id, 0)
    channels = "1 channel" if behind == 1 else f"{behind} channels"
    lines = [f"Catching up on what was written while I was away: {channels} to go" if behind else "Up to date"]
    if behind and intake.away:
        lines.append(escaped(intake.away, _LONGEST_REASON))
    lines += [
        f"{place(problem.channel_id)}: {escaped(problem.reason, _LONGEST_REASON)}"
        for problem in intake.problems
        if problem.guild_id == guild_id
    ]
    return lines


def _cards(review_channel: int | None) -> str:
    return f"They appear in {place(review_channel)}." if review_channel else "No review channel is set."


def _policies(rooms: Rooms, guild_id: int) -> list[str]:
    policies = rooms.policy_book.policies(guild_id).values()
    if not policies:
        return ["None. Add one with `/policy add`."]
    count = Counter(policy.mode for policy in policies)
    return [", ".join(f"{count[mode]} {mode.value}" for mode in (Mode.LIVE, Mode.SHADOW, Mode.OFF))]


def _problems(rooms: Rooms, guild_id: int) -> tuple[Problem, ...]:
    return (*rooms.guild_book.problems(guild_id), *rooms.policy_book.problems(guild_id))
