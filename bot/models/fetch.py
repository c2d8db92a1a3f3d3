"""Downloading a model so that a cut connection, a crash or Ctrl-C costs nothing.

`hf_hub_download` starts anew when its process has ended, so the bytes are kept here in a `.part` file, and the hub
library's own `http_get` goes on from its end. Nothing becomes a model before its SHA-256 and its head are checked.
"""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from bot.errors import EnvironmentProblem
from bot.models.choice import open_model_file
from bot.models.hub import Remote, Source, download, remote_file
from bot.models.meter import Meter
from bot.models.record import ModelRecord, record_of, sha256_of
from bot.units import format_size

_SHA256 = re.compile(r"[0-9a-f]{64}")


def fetch_model(source: Source, folder: Path, *, pinned: str | None, keep_free: int, meter: Meter) -> ModelRecord:
    """Download a model file into the folder, check it, and return what to remember of it.

    `pinned` is the SHA-256 that the operator expects; `keep_free` the bytes that must stay free on the disk.

    Raises:
        EnvironmentProblem: network, disk, or a file that is not what it should be. What has come is kept, unless
            it is wrong.
    """
    remote = remote_file(source)
    expected = _expected_sha256(remote, pinned)
    place = folder / source.repository.replace("/", "--")
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place / Path(source.file).name
    with _alone(place):
        if not (path.exists() and _sum(path, meter) == expected):
            part = _part(path, remote)
            _download(remote, part, keep_free, meter)
            _check_sum(part, expected, meter)
            open_model_file(part)
            part.replace(path)
            _remove_older_parts(path)
    return record_of(open_model_file(path), expected, f"{source.repository} at {remote.commit[:12]}")


def _expected_sha256(remote: Remote, pinned: str | None) -> str:
    stated = remote.etag if _SHA256.fullmatch(remote.etag) else None
    if pinned and stated and pinned != stated:
        raise EnvironmentProblem(
            f"the repository offers a file with SHA-256 {stated}, but `model.sha256` pins {pinned}",
            "the file was changed, or another one is pinned; look at the repository before you change the pin",
        )
    if not (pinned or stated):
        raise EnvironmentProblem(
            f"{remote.source.repository} does not state the SHA-256 of {remote.source.file}",
            "pin it yourself: set `model.sha256`",
        )
    return pinned or stated or ""


def _part(path: Path, remote: Remote) -> Path:
    """Named after the content, so that the parts of two versions never mix."""
    tag = re.sub(r"\W", "", remote.etag)[:16]
    return path.with_name(f"{path.name}.{tag}.part")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two downloads into one file would spoil it."""
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise EnvironmentProblem(
            f"another download into {folder} is running", "wait until it is done, or stop it first"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _download(remote: Remote, part: Path, keep_free: int, meter: Meter) -> None:
    done = part.stat().st_size if part.exists() else 0
    if done > remote.size:
        part.unlink()
        done = 0
    _check_space(part.parent, remote.size - done, keep_free)
    advance = meter.step(f"Downloading {remote.source.file}", remote.size, done)
    with _disk_errors(part.parent), part.open("ab") as file:
        download(remote, _writable(file), done, advance)
        file.flush()
        os.fsync(file.fileno())


def _writable(file: BinaryIO) -> BinaryIO:
    file.seek(0, os.SEEK_END)
    return file


def _check_space(folder: Path, missing: int, keep_free: int) -> None:
    free = shutil.disk_usage(folder).free
    lacking = missing + keep_free - free
    if lacking > 0:
        raise EnvironmentProblem(
            f"{folder}: {format_size(lacking)} of disk space are missing: {format_size(missing)} are to come, "
            f"{format_size(free)} are free and {format_size(keep_free)} must stay free",
            "free some space, or set `data_folder` to a larger disk (or lower `model.keep_free`)",
        )


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            hint = "free some space and run the same command again: it goes on where it stopped"
            raise EnvironmentProblem(f"{folder}: the disk is full", hint) from None
        raise EnvironmentProblem(
            f"the download into {folder} failed: {error.strerror or error}",
            "run the same command again: it goes on where it stopped",
        ) from None


def _sum(path: Path, meter: Meter) -> str:
    return sha256_of(path, meter.step(f"Checking {path.name}", path.stat().st_size, 0))


def _check_sum(part: Path, expected: str, meter: Meter) -> None:
    """A download with the wrong sum is removed: nothing of it can be trusted."""
    found = _sum(part, meter)
    if found != expected:
        part.unlink()
        raise EnvironmentProblem(
            f"the downloaded file has SHA-256 {found} and should have {expected}; it was removed",
            "download it again; if that does not help, the repository or the network cannot be trusted",
        )


def _remove_older_parts(path: Path) -> None:
    for part in path.parent.glob(f"{path.name}.*.part"):
        part.unlink()
