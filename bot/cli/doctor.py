"""`safeguild doctor`: is this machine ready, and if not, what is to be done."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import settings_of
from bot.errors import ExitCode, SettingsError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.doctor.check import Check
    from bot.settings import Settings


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON, for machines.")] = False,
) -> None:
    """Check model, GPU, disk, SQLite, token, intent, permissions and more, and say what to do."""
    from bot.cli.console import output
    from bot.doctor.check import Outcome

    results = _examine(context)
    failed = any(result.outcome is Outcome.FAIL for result in results)
    if as_json:
        output().print(json.dumps({"ok": not failed, "checks": [asdict(result) for result in results]}, indent=2))
    else:
        _print(results, output())
    raise typer.Exit(ExitCode.PROBLEMS if failed else ExitCode.OK)


def _examine(context: typer.Context) -> "list[Check]":
    """Every other check needs our own packages: when a name leads elsewhere, that is all there is to say."""
    from bot.doctor.check import Outcome
    from bot.doctor.names import check_names, find_names

    names = check_names(find_names())
    if names.outcome is Outcome.FAIL:
        return [names]
    from bot.doctor.checks import examine
    from bot.doctor.gathering import gather

    settings = settings_of(context)
    return [*examine(gather(settings)), *_examine_servers(settings), *_examine_discord(settings)]


def _examine_servers(settings: "Settings") -> "list[Check]":
    """Each server judges a message; nothing to do where the model is on this machine."""
    if not settings.servers.urls:
        return []
    import asyncio

    from bot.doctor.check import fail
    from bot.doctor.servers import examine_servers
    from bot.errors import OperatorError
    from bot.judges.servers import Servers

    try:
        return examine_servers(asyncio.run(Servers(settings).try_out()))
    except OperatorError as error:
        return [fail("servers", error.message, error.hint)]


def _examine_discord(settings: "Settings") -> "list[Check]":
    """The token, and with a token that looks like one, what Discord says."""
    import asyncio

    from bot.app import ask_discord
    from bot.discord_token import Token, find_token
    from bot.doctor.service import examine_standing, examine_token

    found: Token | SettingsError | None
    try:
        found = find_token(settings.discord)
    except SettingsError as error:
        found = error
    checks = [examine_token(found)]
    if isinstance(found, Token):
        checks += examine_standing(asyncio.run(ask_discord(settings, found)))
    return checks


def _print(results: "list[Check]", console: "Console") -> None:
    from rich.text import Text

    styles = {"ok": "green", "warn": "yellow", "FAIL": "bold red"}
    width = max(len(result.name) for result in results)
    for result in results:
        line = Text(f"{result.outcome:<4}", styles[result.outcome])
        console.print(line.append(f"  {result.name:<{width}}  {result.message}", "default"))
        if result.advice:
            console.print(f"      {'':<{width}}  -> {result.advice}")
