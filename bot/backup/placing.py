"""Puts what a restore has unpacked into its place: a crash leaves the old state, or one that becomes the new one.

Before anything of the old is touched, what is to be done stands in the folder `.restore-ready` beside it, whole
and on the disk. From then on whoever takes hold of the data folder does the rest first; doing a step twice
changes nothing.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bot.backup.archive import Manifest
from bot.errors import EnvironmentProblem
from policies.frozen import Frozen

STAGE: Final = ".restoring"
"""Where a backup is unpacked and looked through."""
READY: Final = ".restore-ready"
"""Its name from the moment on at which it is to replace what is there."""
_PLAN: Final = "plan.json"
_DRAFT: Final = "plan.json.draft"


class Plan(Frozen):
    """What is to be done."""

    backup: str
    """SHA-256 (hex) of the backup's manifest."""
    aside: str
    """The folder in the data folder that takes what was there."""
    old: tuple[str, ...]
    """What goes there."""
    new: tuple[str, ...]
    """What comes from the backup, in this order."""
    brings_key: bool
    erasures: int | None
    """How many erasures were carried over; None: not all of them are known."""

    @property
    def set_aside(self) -> bool:
        """Whether there was anything before."""
        return bool(self.old)


def fingerprint(manifest: Manifest) -> str:
    """By which a backup is recognised."""
    return hashlib.sha256(manifest.model_dump_json().encode()).hexdigest()


def is_something(path: Path) -> bool:
    """Whether there is a file, or a folder with something in it."""
    return any(path.iterdir()) if path.is_dir() else path.exists()


def unfinished(folder: Path) -> Plan | None:
    """What a restore that was cut off still has to do here; None: nothing.

    Raises:
        EnvironmentProblem: it cannot be read.
    """
    path = folder / READY / _PLAN
    try:
        return Plan.model_validate_json(path.read_bytes(), strict=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError):
        raise EnvironmentProblem(
            f"{path} of a restore that was cut off cannot be read",
            f"look at {folder}: move what is in {READY} and in the newest `replaced-…` to where it belongs, then "
            f"delete {READY}",
        ) from None


def place(folder: Path, plan: Plan) -> None:
    """Let what is in the stage replace what is there.

    Raises:
        EnvironmentProblem: the folder could not be changed. The message says how it goes on.
    """
    stage, ready = folder / STAGE, folder / READY
    try:
        with (stage / _DRAFT).open("w", encoding="utf-8") as file:
            file.write(plan.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        (stage / _DRAFT).rename(stage / _PLAN)
        for below in sorted(path for path in stage.rglob("*") if path.is_dir()):
            _sync(below)
        _sync(stage)
        shutil.rmtree(ready, ignore_errors=True)  # emptied, but for what nobody needs
        stage.rename(ready)
        _sync(folder)
    except OSError as error:
        raise EnvironmentProblem(
            f"{folder} could not be changed: {error.strerror}", "nothing was; make room, and restore again"
        ) from error
    finish_placing(folder)


def finish_placing(folder: Path) -> Plan | None:
    """Do what is left to be done here, for whoever holds the data folder; None: nothing was.

    Raises:
        EnvironmentProblem: the folder could not be changed. It goes on the next time.
    """
    plan = unfinished(folder)
    if plan is None:
        return None
    try:
        _set_aside(folder, plan)
        _put(folder, plan)
        (folder / READY / _PLAN).unlink()  # the restore ends here
        _sync(folder / READY)
    except OSError as error:
        raise EnvironmentProblem(
            f"a restore could not be finished in {folder}: {error.strerror}",
            "make room or put right who may write there, and run the same command again: it goes on",
        ) from error
    shutil.rmtree(folder / READY, ignore_errors=True)
    return plan


def _set_aside(folder: Path, plan: Plan) -> None:
    aside = folder / plan.aside
    for name in plan.old:
        is_new = name in plan.new and not (folder / READY / name).exists()
        if not is_new and is_something(folder / name):
            aside.mkdir(mode=0o700, exist_ok=True)
            (folder / name).rename(aside / name)
    if aside.exists():
        _sync(aside)
    _sync(folder)


def _put(folder: Path, plan: Plan) -> None:
    for name in plan.new:
        if (folder / READY / name).exists():
            (folder / READY / name).rename(folder / name)  # an empty folder gives way
    _sync(folder)


def _sync(folder: Path) -> None:
    """The names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
