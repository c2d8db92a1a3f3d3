"""`safeguild key`: the key that what members wrote is sealed with."""

import typer

from bot.cli.context import settings_of

app = typer.Typer(help="The key that what members wrote is sealed with on the disk.", no_args_is_help=True)


@app.command()
def new() -> None:
    """Print a fresh key. It is stored nowhere."""
    from bot.cli.console import output
    from bot.store.sealing import new_key

    output().print(new_key().text)


@app.command()
def rotate(context: typer.Context) -> None:
    """Seal everything that is stored with a new key. Stop the bot first.

    If it is stopped half way, the same command goes on.
    """
    import asyncio

    from bot.cli.console import output
    from bot.live.rotation import rotate as rotate_key

    done = asyncio.run(rotate_key(settings_of(context)))
    said = output()
    said.print(f"Everything is sealed with the key {done.newest} now, which is in {done.source}.")
    for path in done.retired:
        said.print(
            f"The old key is in {path}. It opens backups from before, and nothing else: keep it with them, and "
            "delete it when they are gone."
        )
    for key_id in done.still_set:
        said.print(f"The old key {key_id} is needed for backups from before only: take it out of {done.source}.")
