"""`safeguild restore`: a backup becomes the data folder's content, after all of it was looked through."""

import shutil
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from bot.app import open_data_folder
from bot.backup.archive import FOLDERS, Manifest, extract, read_manifest
from bot.backup.placing import STAGE, Plan, fingerprint, is_something, place, unfinished
from bot.errors import InputError, SettingsError
from bot.live.data_lock import data_lock
from bot.ports import StoreError
from bot.settings import Settings
from bot.store import DATABASE, WrongKey
from bot.store.carrying_over import carry_over, erasures_since
from bot.store.copying import check_copy
from bot.store.key_file import NAME as KEY_FILE
from bot.store.key_file import read_keys
from bot.store.sealing import Keys
from bot.store_key import find_store_key

_RESTORED = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", *FOLDERS)
"""What a restore replaces; the key file only if another one comes with the backup."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done."""

    manifest: Manifest
    moved_to: Path | None
    """Where that is that was there before."""
    brought_key: bool
    """The backup's key is in the data folder now."""
    erasures: int | None
    """How many erasures that members have asked for are done again when the bot starts; None: what was erased
    since the backup is not known, or not all of it."""


def restore(settings: Settings, path: Path, *, replace: bool = False) -> Restored:
    """Put a backup into the data folder. With `replace`, what is there is moved aside.

    Archive and key are checked before anything is changed. Killed at any time, it is run again: what was there is
    untouched then, or the backup takes its place all the same. The bot must not be running.

    Raises:
        InputError: the file is no whole backup, or there is something in the folder already.
        SettingsError: the key does not open the backup.
        EnvironmentProblem: the bot is running, or the disk is not in order.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", "name a file that `safeguild backup` wrote")
    folder = open_data_folder(settings)
    cut_off = unfinished(folder)
    with data_lock(folder):  # which ends what was cut off
        manifest = _manifest(path)
        if cut_off and cut_off.backup == fingerprint(manifest):
            return _done(folder, manifest, cut_off)
        there = [name for name in _RESTORED if is_something(folder / name)]
        if there and not replace:
            raise InputError(
                f"{folder} is in use: there is {', '.join(there)}",
                "restore into an empty `data_folder`, or have what is there moved aside with --replace",
            )
        stage = folder / STAGE
        shutil.rmtree(stage, ignore_errors=True)  # of a restore that was stopped: nothing was changed by it
        stage.mkdir(mode=0o700)
        try:
            plan = _prepared(settings, path, stage)
            place(folder, plan)
            return _done(folder, manifest, plan)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _done(folder: Path, manifest: Manifest, plan: Plan) -> Restored:
    return Restored(manifest, folder / plan.aside if plan.set_aside else None, plan.brings_key, plan.erasures)


def _prepared(settings: Settings, path: Path, stage: Path) -> Plan:
    """Unpack a backup, look through it, and let it know what was erased since; what is to be done with it."""
    folder = stage.parent
    manifest = _unpacked(path, stage)
    brings_key = _checked(settings, stage, manifest)
    erasures = _carried_over(folder, stage, manifest)
    key = [KEY_FILE] if brings_key else []
    return Plan(
        backup=fingerprint(manifest),
        aside=_free_name(folder, f"replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}"),
        old=tuple(name for name in [*_RESTORED, *key] if is_something(folder / name)),
        new=tuple(name for name in [*key, *FOLDERS, DATABASE] if (stage / name).exists()),
        brings_key=brings_key,
        erasures=erasures,
    )


def _free_name(folder: Path, name: str) -> str:
    """The name, or with a number where it is taken."""
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(free for free in names if not (folder / free).exists())


def _carried_over(folder: Path, stage: Path, manifest: Manifest) -> int | None:
    """How many erasures the restored database is to do again; None: not all of them are known."""
    found = erasures_since(folder / DATABASE, manifest.made_at, stage / DATABASE)
    if found is None:
        return None
    try:
        carry_over(found, stage / DATABASE)
    except StoreError as error:
        raise InputError(f"the backup's database: {error}") from error
    return len(found.wishes) if found.complete else None


def _manifest(path: Path) -> Manifest:
    try:
        with tarfile.open(path, mode="r:") as archive:
            return read_manifest(archive)
    except tarfile.TarError as error:
        raise InputError(f"{path} is no whole backup: {error}", "take another one") from None


def _unpacked(path: Path, stage: Path) -> Manifest:
    try:
        with tarfile.open(path, mode="r:") as archive:
            manifest = read_manifest(archive)
            extract(archive, manifest, stage)
    except tarfile.TarError as error:
        raise InputError(f"{path} is no whole backup: {error}", "take another one") from None
    if DATABASE not in {item.name for item in manifest.items}:
        raise InputError(f"{path}: there is no database in it", "take another backup")
    return manifest


def _checked(settings: Settings, stage: Path, manifest: Manifest) -> bool:
    """See that a key opens the database; whether it is one that the backup brings along."""
    candidates = _candidates(settings, stage)
    for keys, brought in candidates:
        try:
            check_copy(stage / DATABASE, keys)
        except WrongKey:
            continue
        except StoreError as error:
            raise InputError(f"the backup's database: {error}") from error
        return brought
    raise SettingsError(
        f"the backup is sealed with the key {' and '.join(manifest.keys)}, which is not here; nothing was changed",
        "set `store.key_file` or SAFEGUILD_STORE__KEY to it; after `safeguild key rotate` it is the old one, "
        "in the file that it named",
    )


def _candidates(settings: Settings, stage: Path) -> list[tuple[Keys, bool]]:
    """Keys to try: the one that is set, then the backup's own. One that is set is never replaced."""
    found: list[tuple[Keys, bool]] = []
    if known := find_store_key(settings.store, settings.data_folder):
        found.append((known.keys, False))
    is_set = settings.store.key is not None or settings.store.key_file is not None
    if (stage / KEY_FILE).is_file() and not is_set:
        try:
            found.append((read_keys(stage / KEY_FILE), True))
        except WrongKey as error:
            raise InputError(f"the backup's key: {error}") from error
    return found
