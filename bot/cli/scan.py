"""`safeguild scan` and `safeguild demo`: the bot's own walk over a chat export."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import settings_of
from bot.errors import ExitCode

if TYPE_CHECKING:
    from bot.inquiry import ModelIdentity
    from bot.settings import Settings
    from inference.judge import Judge

Out = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where the report and the scan's database go. It can be resumed there."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over, and delete an earlier result in that folder.")]
Cards = Annotated[int, typer.Option(min=0, help="Cards to print at most; the report has all of them.")]


def scan(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Exports by DiscordChatExporter (JSON), or JSON Lines."),
    ],
    policies: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Your policies. Without it, the starter policies.")
    ] = None,
    out: Out = None,
    fresh: Fresh = False,
    cards: Cards = 20,
) -> None:
    """Judge the messages of a chat export, print the cards, and write a report.

    Ctrl-C stops it; the same command goes on where it stopped.
    """
    _scan(settings_of(context), files, policies, out, fresh=fresh, cards=cards)


def demo(context: typer.Context, out: Out = None, fresh: Fresh = False, cards: Cards = 20) -> None:
    """Scan the sample chat that ships with Safeguild."""
    files, policies = _sample()
    _scan(settings_of(context), files, policies, out or Path("demo-out"), fresh=fresh, cards=cards)


def _sample() -> tuple[list[Path], Path]:
    """The shipped export and the policies that go with it."""
    import bot

    folder = Path(bot.__file__).parent / "sample"
    return sorted(folder.glob("*.json")), folder / "policies"


def _scan(
    settings: "Settings", files: list[Path], policies: Path | None, out: Path | None, *, fresh: bool, cards: int
) -> None:
    from bot.cli.console import messages, output
    from bot.scan.command import ScanOptions, run_scan

    options = ScanOptions(
        files=tuple(files),
        open_judge=lambda: _judge(settings),
        policies=policies,
        out=out,
        fresh=fresh,
        width=settings.engine.width,
        cards=cards,
    )
    summary = asyncio.run(run_scan(options, output(), messages()))
    raise typer.Exit(ExitCode.PROBLEMS if summary.tally.problem_count else ExitCode.OK)


@asynccontextmanager
async def _judge(settings: "Settings") -> AsyncIterator[tuple["Judge", "ModelIdentity"]]:
    """Say which model is loaded before it is: loading takes a while."""
    from bot.app import model_notice, open_judge
    from bot.cli.console import byte_meter, messages
    from bot.models.choice import choose_model

    choice = choose_model(settings)
    messages().print(model_notice(choice))
    async with open_judge(settings, choice, byte_meter) as opened:
        yield opened
