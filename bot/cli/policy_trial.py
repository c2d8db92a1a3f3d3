"""`safeguild policy test`: how good a policy is, and what a change to it would do."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import settings_of
from bot.errors import ExitCode, InputError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.inquiry import ModelIdentity
    from bot.settings import Settings
    from bot.trials.for_operator import TrialOptions
    from bot.trials.result import TrialResult
    from bot.trials.run import OnProgress, Progress
    from inference.judge import Judge
    from policies.policy import Policy


def try_policy(
    context: typer.Context,
    policy: Annotated[
        str,
        typer.Argument(
            metavar="FILE_OR_ID",
            help="A policy file, or the id of a starter policy (with --guild: of the server's).",
            show_default=False,
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_ID_OR_NUMBER",
            help="Show the verdicts that flip against this: a policy file, a policy, or (with --guild) the number "
            "of an older version.",
        ),
    ] = None,
    guild: Annotated[
        int | None,
        typer.Option(
            metavar="ID",
            min=1,
            max=2**63 - 1,
            help="Try it on what this server's moderators decided, too. A file is tried as a draft of the policy "
            "that it is named after.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")] = False,
    show_texts: Annotated[
        bool, typer.Option("--show-texts", help="Print what members wrote where a verdict flips.")
    ] = False,
) -> None:
    """Try a policy on its examples and on decided cases. With --against, ends with 1 if a verdict gets worse."""
    from bot.trials.result import Turn

    settings = settings_of(context)
    result = _run(settings, _options(settings, policy, against, guild))
    _print(result, as_json=as_json, show_texts=show_texts)
    worse = result.flips is not None and result.flips.count(Turn.WORSE) > 0
    raise typer.Exit(ExitCode.PROBLEMS if worse else ExitCode.OK)


def _options(settings: "Settings", policy: str, against: str | None, guild: int | None) -> "TrialOptions":
    from bot.judges.choosing import jobs_in_flight
    from bot.trials.for_operator import TrialOptions

    tried = _named(settings, policy, guild)
    if guild is not None:
        _check_known(settings, tried, guild)
    other = None if against is None else _against(settings, against, guild)
    return TrialOptions(tried, lambda: _judge(settings), other, guild, width=jobs_in_flight(settings))


def _named(settings: "Settings", name: str, guild: int | None) -> "Policy":
    from bot.cli.chosen_policies import choose

    (policy,) = choose([name], guild, settings.data_folder).policies.values()
    return policy


def _check_known(settings: "Settings", policy: "Policy", guild: int) -> None:
    """A draft under another name has no cases: better to say so than to find none."""
    from bot.cli.chosen_policies import choose

    known = choose([], guild, settings.data_folder).policies
    if policy.id not in known:
        raise InputError(
            f"the server {guild} has no policy {policy.id!r}",
            f"call the file like the policy that it is a draft of; there are: {', '.join(sorted(known))}",
        )


def _against(settings: "Settings", name: str, guild: int | None) -> "Policy | int":
    number = name.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 10:
        return int(number)
    return _named(settings, name, guild)


def _run(settings: "Settings", options: "TrialOptions") -> "TrialResult":
    from bot.cli.console import messages
    from bot.trials.for_operator import run_trial

    with _meter(messages()) as show:
        return asyncio.run(run_trial(settings, options, show))


def _print(result: "TrialResult", *, as_json: bool, show_texts: bool) -> None:
    import json

    from bot.cli.console import output
    from bot.trials.document import document
    from bot.trials.report import full_report

    if as_json:
        output().print(json.dumps(document(result), indent=2))
        return
    places = (flip.item.place for flip in result.flips.gravest_first) if result.flips else ()
    shown = {place.message_id for place in places if place} if show_texts else set()
    output().print(full_report(result, shown), end="")


@contextmanager
def _meter(console: "Console") -> "Iterator[OnProgress]":
    """A bar on a terminal, a line now and then elsewhere."""
    from bot.progress import meter

    with meter(console) as shown:
        yield lambda now: shown.show(_Shown(now))


@dataclass(frozen=True, slots=True)
class _Shown:
    """Where a trial is, as meters take it."""

    now: "Progress"

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self.now.seconds

    @property
    def share_done(self) -> float:
        """Of the questions; all of none."""
        return self.now.done / self.now.total if self.now.total else 1.0

    def __str__(self) -> str:
        return _told(self.now)


def _told(now: "Progress") -> str:
    from bot.units import format_clock

    parts = [f"{now.done:,}/{now.total:,} questions"]
    if now.seconds_left is not None:
        parts.append(f"{format_clock(now.seconds_left)} left")
    if now.trouble:
        parts.append(f"the judge is away, trying again: {now.trouble}")
    return ", ".join(parts)


@asynccontextmanager
async def _judge(settings: "Settings") -> "AsyncIterator[tuple[Judge, ModelIdentity]]":
    """Say which model is loaded before it is: loading takes a while."""
    from bot.cli.console import byte_meter, messages
    from bot.judges.choosing import judge_source

    source = judge_source(settings)
    messages().print(source.notice)
    async with source.open(byte_meter) as opened:
        yield opened.judge, opened.model
