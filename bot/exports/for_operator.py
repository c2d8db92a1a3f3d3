"""`safeguild cases export`: any number of cases, into a file that only its owner can read, or to the screen."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bot.errors import EnvironmentProblem, InputError
from bot.exports.writing import Format, Style, all_texts, no_texts, written
from bot.ports import Store, StoreError
from bot.records.people import CaseFilter
from bot.settings import Settings
from bot.store import DATABASE, open_store
from bot.store_key import find_store_key


async def export_cases(settings: Settings, wanted: CaseFilter, style: Style, out: Path | None) -> int:
    """Write the cases and return how many there are. The bot may be running: nothing is changed.

    Raises:
        InputError: there is no database, or nothing of the server in it; or the file is there already.
        SettingsError: the key cannot be read.
        EnvironmentProblem: the database cannot be read.
    """
    path = settings.data_folder / DATABASE
    if not path.is_file():
        hint = "see that `data_folder` is that of the bot"
        raise InputError(f"there is no database in {settings.data_folder}", hint)
    key = find_store_key(settings.store, settings.data_folder)
    try:
        async with open_store(path, keys=key.keys if key else None) as store:
            return await _written(store, wanted, style, out)
    except StoreError as error:
        raise EnvironmentProblem(f"{path}: {error}", "`safeguild doctor` looks for the cause") from error


async def _written(store: Store, wanted: CaseFilter, style: Style, out: Path | None) -> int:
    if wanted.guild_id not in await store.guilds():
        raise InputError(f"nothing is stored of a server {wanted.guild_id}", "see that the id is the server's")
    pieces = 0
    with _opened(out) as file:
        async for piece in written(store, wanted, style, all_texts if style.texts else no_texts):
            file.write(piece)
            pieces += 1
    return pieces - (style.format is Format.CSV)


@contextmanager
def _opened(out: Path | None) -> Iterator[BinaryIO]:
    """A new file; half of one is not left behind."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(f"{out} is there already", "name another file: nothing is overwritten") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException:
        out.unlink(missing_ok=True)
        raise
