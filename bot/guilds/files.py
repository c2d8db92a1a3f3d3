"""Small private files, written whole or not at all. Everything here blocks: call it in a thread."""

import os
import re
import secrets
from pathlib import Path

from policies.disk_errors import NotAFile, reason_of
from policies.yaml_tree import MAX_BYTES

__all__ = [
    "make_private_folder",
    "read_limited",
    "reason_of",
    "remove",
    "sweep_drafts",
    "sync_folder",
    "write_private",
]

_DRAFT = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")


def make_private_folder(folder: Path) -> None:
    """Make a folder that nobody else can look into."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, data: bytes) -> None:
    """Write a file and make its folder. After a power cut there is the old file or the new one, never a mixture.

    Raises OSError if the disk refuses; the old file is still there then.
    """
    make_private_folder(path.parent)
    draft = path.parent / f".{path.name}.{secrets.token_hex(8)}.tmp"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a Path cannot open a descriptor
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Delete a file for good; one that is not there is deleted already."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make new and vanished names outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_drafts(folder: Path) -> None:
    """Delete what a process that was killed while writing left behind."""
    for path in folder.glob(".*.tmp"):
        if _DRAFT.fullmatch(path.name):
            path.unlink(missing_ok=True)


def read_limited(path: Path) -> bytes:
    """A file's bytes, at most one more than a YAML file may have. Raises OSError.

    A pipe is not opened: it could keep us waiting for ever.
    """
    if path.exists() and not path.is_file():
        raise NotAFile
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
