"""`safeguild scan` and `safeguild demo`: the bot's own walk over a chat export."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import settings_of
from bot.errors import ExitCode, Interrupted

if TYPE_CHECKING:
    from bot.inquiry import ModelIdentity
    from bot.scan.command import ScanOptions
    from bot.scan.summary import ScanSummary
    from bot.settings import Settings
    from inference.judge import Judge

Cards = Annotated[int, typer.Option(min=0, help="Cards to print at most; the report has more.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over, and delete an earlier result in that folder.")]


def scan(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Exports by DiscordChatExporter (JSON), or JSON Lines."),
    ],
    policies: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Your policies. Without it, the starter policies.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where the report goes, and what is needed to go on. Without it, a folder in safeguild-scan.",
        ),
    ] = None,
    fresh: Fresh = False,
    cards: Cards = 20,
) -> None:
    """Judge the messages of chat exports, print cards, and write a report.

    Ctrl-C stops it; the same command goes on where it stopped.
    """
    options = _options(settings_of(context), tuple(files), cards)
    _end(_run(replace(options, policies=policies, out=out, fresh=fresh)))


def demo(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the demo's policies and its report go.")
    ] = Path("demo-out"),
    fresh: Fresh = False,
    cards: Cards = 20,
) -> None:
    """Scan the sample chat that ships with Safeguild, with policies that you can edit."""
    from bot.cli.console import messages
    from bot.sample.demo import prepare_demo
    from bot.scan.errors import ScanChanged

    sample = prepare_demo(out)
    messages().print(sample.notice)
    options = _options(settings_of(context), sample.exports, cards)
    options = replace(options, policies=sample.policies, out=out, fresh=fresh)
    try:
        summary = _run(options)
    except ScanChanged:
        messages().print("Policies or model changed since the last run: starting over.")
        summary = _run(replace(options, fresh=True))
    _end(summary)


def _options(settings: "Settings", files: tuple[Path, ...], cards: int) -> "ScanOptions":
    from bot.judges.choosing import jobs_in_flight
    from bot.knowledge_source import KnowledgeSource
    from bot.scan.command import ScanOptions
    from inference.prefilter.prefilter import Prefilter

    source = KnowledgeSource.open(settings.prefilter)
    return ScanOptions(
        files,
        lambda: _judge(settings),
        width=jobs_in_flight(settings),
        cards=cards,
        build_inspector=lambda policies: Prefilter.build(policies, source.knowledge()),
        encoder=source.digest,
    )


def _run(options: "ScanOptions") -> "ScanSummary":
    from bot.cli.console import messages, output
    from bot.scan.command import run_scan

    try:
        return asyncio.run(run_scan(options, output(), messages()))
    except KeyboardInterrupt:
        raise Interrupted("stopped before the judging began", "run the same command again") from None


def _end(summary: "ScanSummary") -> None:
    """What was found is the result, not a failure; what could not be read is one."""
    raise typer.Exit(ExitCode.PROBLEMS if summary.tally.problem_count else ExitCode.OK)


@asynccontextmanager
async def _judge(settings: "Settings") -> AsyncIterator[tuple["Judge", "ModelIdentity"]]:
    """Say which model is loaded before it is: loading takes a while."""
    from bot.cli.console import byte_meter, messages
    from bot.judges.choosing import judge_source

    source = judge_source(settings)
    messages().print(source.notice)
    async with source.open(byte_meter) as opened:
        yield opened.judge, opened.model
