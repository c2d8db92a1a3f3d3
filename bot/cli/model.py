"""`safeguild model`: getting a model, and seeing which one judges."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import settings_of

if TYPE_CHECKING:
    from bot.models.record import ModelRecord
    from bot.settings import Settings

app = typer.Typer(help="Get a model, and see which one judges.", no_args_is_help=True)


@app.command()
def fetch(context: typer.Context) -> None:
    """Download the model that the settings name (12.1 GB by default), check it and put it into use.

    What has come is kept when the download stops: the same command goes on there.
    """
    from bot.app import open_data_folder
    from bot.cli.console import byte_meter
    from bot.errors import Interrupted
    from bot.models.fetch import fetch_model
    from bot.models.hub import Source

    settings = settings_of(context)
    wanted = settings.model
    folder = open_data_folder(settings) / "models"
    source = Source(wanted.repository, wanted.file, wanted.revision)
    try:
        with byte_meter() as meter:
            record = fetch_model(source, folder, pinned=wanted.sha256, keep_free=wanted.keep_free, meter=meter)
    except KeyboardInterrupt:
        raise Interrupted("the download was stopped", "run the same command again: it goes on there") from None
    _put_into_use(settings, record)


@app.command()
def use(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A GGUF file of gpt-oss-safeguard-20b.")],
) -> None:
    """Take a model file that is on the disk already. It is checked, and stays where it is."""
    from bot.app import open_data_folder
    from bot.cli.console import byte_meter
    from bot.models.use import take_model

    settings = settings_of(context)
    open_data_folder(settings)
    with byte_meter() as meter:
        record = take_model(path, meter)
    _put_into_use(settings, record)


@app.command()
def show(context: typer.Context) -> None:
    """Say which model would judge, and why."""
    from bot.cli.console import output
    from bot.models.choice import choose_model, open_model_file
    from bot.units import format_size
    from inference.standin.notice import STANDIN_NOTICE

    choice = choose_model(settings_of(context))
    console = output()
    if choice.path is None:
        console.print(f"model:  {STANDIN_NOTICE}\nwhy:    {choice.reason}")
        return
    console.print(f"model:  {choice.path}\nwhy:    {choice.reason}")
    model = open_model_file(choice.path)
    console.print(
        f"name:   {model.name}\nsize:   {format_size(model.size)}, {model.tensors} tensors, all in the file"
    )
    console.print(f"sha256: {choice.record.sha256 if choice.record else 'read when the model is first used'}")


def _put_into_use(settings: "Settings", record: "ModelRecord") -> None:
    from bot.cli.console import messages, output
    from bot.models.choice import choose_model
    from bot.models.record import save_record

    save_record(settings.data_folder, record)
    output().print(f"{record.path}\nsha256 {record.sha256}")
    choice = choose_model(settings)
    if choice.path is None or choice.path.resolve() != Path(record.path):
        messages().print(f"note: another model judges, since {choice.reason}")
