"""`safeguild domains`: the lists of phishing domains."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from bot.cli.context import settings_of

if TYPE_CHECKING:
    from bot.domain_settings import DomainSettings
    from bot.errors import OperatorError
    from inference.prefilter.signals.domains import DomainList

SHOWN = 10
"""How many lines that were left out are named."""

app = typer.Typer(help="Check and update the lists of phishing domains.", no_args_is_help=True)


@app.command()
def check(context: typer.Context) -> None:
    """Read every list that the settings name, and say what is in it and what is wrong with it. Nothing is kept."""
    from bot.cli.console import output
    from bot.errors import ExitCode
    from inference.prefilter.signals.domains import DomainList

    output().print(f"shipped with Safeguild: {len(DomainList.shipped().entries)} domains")
    sound = True
    for name, outcome in _outcomes(settings_of(context).domains):
        sound = _report(name, outcome) and sound
    if not sound:
        raise typer.Exit(int(ExitCode.PROBLEMS))


@app.command()
def update(context: typer.Context) -> None:
    """Fetch the list at `domains.url` now and keep it. A running bot uses it within a minute."""
    import asyncio

    from bot.app import open_data_folder
    from bot.domains.feed import DomainFeed
    from bot.errors import SettingsError

    settings = settings_of(context)
    if settings.domains.url is None:
        raise SettingsError("no list is named that could be fetched", "set `domains.url` to its https address")
    feed = DomainFeed(settings.domains, open_data_folder(settings))
    _report(settings.domains.url, asyncio.run(feed.update()))


def _outcomes(settings: "DomainSettings") -> "Iterator[tuple[str, DomainList | OperatorError]]":
    """Each list that the settings name, read; or why it cannot be."""
    import asyncio

    from bot.domains.fetching import fetch_domains
    from bot.domains.lists import operators_file
    from bot.errors import OperatorError

    if settings.file is not None:
        try:
            yield str(settings.file), operators_file(settings.file).read()
        except OperatorError as problem:
            yield str(settings.file), problem
    if settings.url is not None:
        try:
            yield settings.url, asyncio.run(fetch_domains(settings.url))
        except OperatorError as problem:
            yield settings.url, problem


def _report(name: str, outcome: "DomainList | OperatorError") -> bool:
    """Print what a list holds; whether it can be used."""
    from bot.cli.console import messages, output
    from bot.errors import OperatorError

    if isinstance(outcome, OperatorError):
        messages().print(f"{outcome.message}\n  hint: {outcome.hint}")
        return False
    output().print(f"{name}: {len(outcome.entries)} domains, {len(outcome.skipped)} lines left out")
    for skipped in outcome.skipped[:SHOWN]:
        messages().print(f"  line {skipped.line} is left out: {skipped.reason}")
    return True
