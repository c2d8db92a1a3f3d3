"""`safeguild backup`: one file, of one moment, while the bot runs."""

import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bot.backup.archive import FOLDERS, Item, Manifest, add_manifest, entry, item_of
from bot.backup.placing import unfinished
from bot.errors import EnvironmentProblem, InputError
from bot.ports import StoreError
from bot.settings import Settings
from bot.store import DATABASE
from bot.store.copying import copy_database
from bot.store.key_file import NAME as KEY_FILE
from bot.store.key_file import write_keys
from bot.store_key import find_store_key


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    path: Path
    size: int
    keys: tuple[str, ...]
    """Ids of the keys that open it."""
    has_key: bool


def make_backup(settings: Settings, path: Path, *, with_key: bool = False) -> Made:
    """Write a backup of the data folder. The bot may be running.

    It is written beside its place and moved there when it is whole: a file with this name is a whole backup.

    Raises:
        InputError: there is nothing to back up, or the file is there already.
        SettingsError: the key is wanted and cannot be read.
        EnvironmentProblem: the database or the disk is not in order.
    """
    folder = settings.data_folder
    if unfinished(folder):
        raise EnvironmentProblem(
            f"a restore was cut off in {folder}",
            "start the bot, or run the same `safeguild restore` again: it goes on",
        )
    if not (folder / DATABASE).is_file():
        raise InputError(
            f"nothing is stored in {folder} yet", "check `data_folder`: `safeguild settings` shows it"
        )
    if path.exists():
        raise InputError(f"{path} is there already", "choose another name, or delete it first")
    with tempfile.TemporaryDirectory(prefix=".safeguild-backup-", dir=path.absolute().parent) as draft:
        made = _write(settings, Path(draft), with_key=with_key)
        _put_into_place(made.path, path)
    return Made(path, made.size, made.keys, made.has_key)


def _write(settings: Settings, draft: Path, *, with_key: bool) -> Made:
    folder, made_at = settings.data_folder, datetime.now(UTC)
    try:
        keys = copy_database(folder / DATABASE, draft / DATABASE)
    except StoreError as error:
        raise EnvironmentProblem(f"{folder / DATABASE}: {error}", "then run the same command again") from error
    sources = {DATABASE: draft / DATABASE, **_files(folder)}
    if with_key:
        sources[KEY_FILE] = _key(settings, draft)
    items = [item_of(source, name) for name, source in sources.items()]
    manifest = Manifest(made_at=made_at, safeguild=version("safeguild"), keys=keys, items=tuple(items))
    archive = draft / "backup.tar"
    handle = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            add_manifest(tar, manifest, made_at)
            for item in items:
                _add(tar, item, sources[item.name], made_at)
        file.flush()
        os.fsync(file.fileno())
    return Made(archive, archive.stat().st_size, keys, with_key)


def _add(tar: tarfile.TarFile, item: Item, source: Path, made_at: datetime) -> None:
    with source.open("rb") as file:
        tar.addfile(entry(item.name, item.size, made_at), file)


def _files(folder: Path) -> dict[str, Path]:
    """The servers' files by their names in the archive. Drafts and links are left out."""
    found = (path for name in FOLDERS for path in _files_below(folder / name))
    return {path.relative_to(folder).as_posix(): path for path in found}


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.yaml")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            yield path


def _key(settings: Settings, draft: Path) -> Path:
    key = find_store_key(settings.store, settings.data_folder)
    if key is None:
        raise InputError("there is no key that could be put into the backup", "leave out --with-key")
    write_keys(draft / KEY_FILE, *key.keys.all)
    return draft / KEY_FILE


def _put_into_place(draft: Path, path: Path) -> None:
    """Never over another file that came up meanwhile."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise InputError(f"{path} is there already", "choose another name, or delete it first") from None
    except OSError:  # a file system without links
        draft.rename(path)
    handle = os.open(path.absolute().parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
