"""The command line's root: what holds for all commands, and the list of them."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import cases, domains, key, model, policy
from bot.cli.backup import backup, restore
from bot.cli.context import Invocation
from bot.cli.doctor import doctor
from bot.cli.evaluate import evaluate
from bot.cli.explain import explain
from bot.cli.run import invite, run
from bot.cli.scan import demo, scan
from bot.cli.settings import show_settings

_EPILOG = """
\b
Exit codes:
    0  done
    1  problems were found in what was given, or a check failed
    2  the command line or a setting is wrong; nothing was done
    3  the machine is not ready: model, disk, GPU or network
    4  stopped half way; the same command goes on where it stopped
   70  a bug in Safeguild
  130  stopped with Ctrl-C; there is nothing to go on with
"""

app = typer.Typer(
    name="safeguild",
    help="Moderation for Discord communities: your own written policies, a model on your own machine, "
    "and a person who decides.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command()(run)
app.command()(invite)
app.command()(scan)
app.command()(demo)
app.command()(explain)
app.command()(evaluate)
app.add_typer(policy.app, name="policy")
app.add_typer(model.app, name="model")
app.add_typer(domains.app, name="domains")
app.add_typer(key.app, name="key")
app.add_typer(cases.app, name="cases")
app.command()(backup)
app.command()(restore)
app.command()(doctor)
app.command("settings")(show_settings)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"safeguild {version('safeguild')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="SAFEGUILD_CONFIG",
            metavar="FILE",
            help="The settings file. Without it, safeguild.toml in the working directory.",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of every error.")] = False,  # noqa: ARG001 - see `ending._hoisted`
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Keep what was said before the command's name."""
    context.obj = Invocation(config)
