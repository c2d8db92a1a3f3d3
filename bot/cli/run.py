"""`safeguild run` and `safeguild invite`: the bot on Discord."""

from typing import Annotated

import typer

from bot.cli.context import settings_of


def run(context: typer.Context) -> None:
    """Run the bot on Discord until SIGTERM or Ctrl-C. The token comes from the settings, see docs/run.md."""
    import asyncio
    import os

    from bot.api_key import VARIABLE as API_KEY
    from bot.discord_token import VARIABLE as TOKEN
    from bot.live.run import run_bot
    from bot.store_key import VARIABLE as STORE_KEY

    settings = settings_of(context)
    # The engine's process inherits the environment, and has no business with secrets.
    for name in (TOKEN, API_KEY, STORE_KEY):
        os.environ.pop(name, None)
    asyncio.run(run_bot(settings))


def invite(
    context: typer.Context,
    application: Annotated[
        int | None,
        typer.Option(
            "--application",
            metavar="ID",
            min=1,
            max=2**63 - 1,
            help="The application's id. Without it, Discord is asked whose the token is.",
        ),
    ] = None,
) -> None:
    """Print the link that invites the bot into a server, with the least permissions."""
    from bot.cli.console import output
    from bot.standing import invite_link

    output().print(invite_link(application or _whose_token(context)))


def _whose_token(context: typer.Context) -> int:
    import asyncio

    from bot.app import ask_discord
    from bot.discord_token import read_token
    from bot.errors import EnvironmentProblem, SettingsError
    from bot.standing import ProbeFailure

    settings = settings_of(context)
    found = asyncio.run(ask_discord(settings, read_token(settings.discord)))
    if not isinstance(found, ProbeFailure):
        return found.application_id
    if found.refused:
        raise SettingsError(found.message, found.advice)
    raise EnvironmentProblem(found.message, f"{found.advice}; or name the application: --application ID")
