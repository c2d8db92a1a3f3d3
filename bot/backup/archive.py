"""What is in a backup: a tar file with a manifest, the database, and the servers' policies and settings."""

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Literal

from pydantic import AwareDatetime, ValidationError

from bot.errors import InputError
from bot.store import DATABASE
from bot.store.key_file import NAME as KEY_FILE
from policies.frozen import Frozen

MANIFEST: Final = "manifest.json"
FOLDERS: Final = ("policies", "guilds")
"""Kept whole, beside the database."""
_LONGEST_MANIFEST: Final = 50_000_000
_CHUNK: Final = 1_000_000
_ALLOWED: Final = re.compile(rf"{re.escape(DATABASE)}|{re.escape(KEY_FILE)}|(?:{'|'.join(FOLDERS)})/[^\0]+")


class Item(Frozen):
    """One file of the backup."""

    name: str
    """Its place in the data folder, with `/`."""
    size: int
    sha256: str


class Manifest(Frozen):
    """What a backup holds, and what made it."""

    format: Literal[1] = 1
    made_at: AwareDatetime
    safeguild: str
    """The version that made it."""
    keys: tuple[str, ...]
    """Ids of the keys that its texts are sealed with."""
    items: tuple[Item, ...]


def item_of(path: Path, name: str) -> Item:
    """Read a file through and describe it."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Item(name=name, size=size, sha256=digest.hexdigest())


def add_manifest(archive: tarfile.TarFile, manifest: Manifest, made_at: datetime) -> None:
    """Put the manifest into an archive: first, so that it is read first."""
    text = manifest.model_dump_json(indent=1).encode()
    archive.addfile(entry(MANIFEST, len(text), made_at), io.BytesIO(text))


def entry(name: str, size: int, made_at: datetime) -> tarfile.TarInfo:
    """A file's head. Whose it is on this machine is nobody's business on another one."""
    head = tarfile.TarInfo(name)
    head.size, head.mode, head.mtime = size, 0o600, int(made_at.timestamp())
    return head


def read_manifest(archive: tarfile.TarFile) -> Manifest:
    """The manifest of an archive.

    Raises:
        InputError: it is no backup, or of a newer version.
    """
    first = archive.next()
    if first is None or first.name != MANIFEST or not first.isfile() or first.size > _LONGEST_MANIFEST:
        raise InputError(
            f"{archive.name!s} is no backup of Safeguild", "name a file that `safeguild backup` wrote"
        )
    file = archive.extractfile(first)
    assert file is not None
    try:
        manifest = Manifest.model_validate_json(file.read(), strict=False)
    except ValidationError:
        raise InputError(
            f"{archive.name!s}: its manifest cannot be read", "it is damaged, or of a newer version of Safeguild"
        ) from None
    for item in manifest.items:
        _check_name(item.name)
    return manifest


def extract(archive: tarfile.TarFile, manifest: Manifest, folder: Path) -> None:
    """Write the files of an archive into an empty folder, readable by their owner only, and check each.

    Nothing but what the manifest names is written, and nothing outside of the folder.

    Raises:
        InputError: a file is missing, damaged, or not what the manifest says.
    """
    missing = {item.name: item for item in manifest.items}
    while head := archive.next():
        item = missing.pop(head.name, None)
        if item is None or not head.isfile() or head.size != item.size:
            raise InputError(f"{archive.name!s}: {head.name!r} should not be in it", "take another backup")
        _extract_one(archive, head, item, folder)
    if missing:
        raise InputError(
            f"{archive.name!s}: {min(missing)} is missing in it", "it is cut off: take another backup"
        )


def _extract_one(archive: tarfile.TarFile, head: tarfile.TarInfo, item: Item, folder: Path) -> None:
    target = folder / item.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    source = archive.extractfile(head)
    assert source is not None
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with source, os.fdopen(handle, "wb") as file:
        for chunk in _chunks(source):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != item.sha256:
        raise InputError(f"{archive.name!s}: {item.name} is damaged in it", "take another backup")


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk


def _check_name(name: str) -> None:
    """A manifest from outside does not say where in the file system is written."""
    parts = name.split("/")
    if not _ALLOWED.fullmatch(name) or any(part in ("", ".", "..") for part in parts) or "\\" in name:
        raise InputError(f"the backup names a file {name!r}, which no backup holds", "take another backup")
