"""`safeguild backup` and `safeguild restore`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.context import settings_of


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write. It must not be there yet.")],
    with_key: Annotated[
        bool,
        typer.Option(
            "--with-key",
            help="Put the key in, too. Whoever has such a file can read what members wrote.",
        ),
    ] = False,
) -> None:
    """Write cases, policies and settings of all servers into one file. The bot may be running.

    What members wrote is sealed in it: without the key the file is of no use.
    """
    from bot.backup.making import make_backup
    from bot.cli.console import messages, output
    from bot.units import format_size

    made = make_backup(settings_of(context), file, with_key=with_key)
    output().print(f"{made.path}, {format_size(made.size)}")
    if made.has_key:
        messages().print("The key is in it: keep it as safe as the key itself.")
    else:
        messages().print(f"It opens with the key {' and '.join(made.keys)}, which is not in it: keep both, apart.")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `safeguild backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Move what is in the data folder aside, and put the backup there.")
    ] = False,
) -> None:
    """Put a backup into the data folder. Stop the bot first.

    The file and the key are checked before anything is changed.
    """
    from bot.backup.restoring import restore as restore_backup
    from bot.cli.console import messages, output

    settings = settings_of(context)
    done = restore_backup(settings, file, replace=replace)
    made = f"{done.manifest.made_at:%Y-%m-%d %H:%M} UTC, Safeguild {done.manifest.safeguild}"
    output().print(f"{settings.data_folder} is as it was in the backup ({made}).")
    if done.moved_to:
        messages().print(f"What was there before is in {done.moved_to}. Delete it when all is well.")
    messages().print(_erasures(done.erasures))


def _erasures(carried_over: int | None) -> str:
    if carried_over is None:
        return (
            "What members had erased since then is there again: the database that was here does not tell all "
            "of it, or there was none. docs/privacy.md says what to do about it."
        )
    if not carried_over:
        return "Nobody had asked for an erasure that the backup does not know of."
    return f"Erasures that members asked for since then: {carried_over}. They are done again when the bot starts."
