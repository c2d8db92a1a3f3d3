"""One process owns a data folder. The second one says who has it, and what to do."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog
from filelock import FileLock, Timeout
from pydantic import AwareDatetime, ValidationError

from bot.backup.placing import finish_placing
from bot.errors import EnvironmentProblem
from policies.frozen import Frozen

_log = structlog.get_logger(__name__)

_LOCK = "bot.lock"
_OWNER = "bot.owner.json"
"""Beside the lock: opening a lock file for locking empties it."""


class Owner(Frozen):
    """The process that holds a data folder."""

    process: int
    host: str
    since: AwareDatetime

    def __str__(self) -> str:
        here = "" if self.host == socket.gethostname() else f" on {self.host}"
        return f"process {self.process}{here}, since {self.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@contextmanager
def data_lock(folder: Path) -> Iterator[None]:
    """Hold a data folder. The kernel lets go of it when the process ends, however it ends.

    A restore that was cut off is finished first: nobody works with half of a backup.

    Raises:
        EnvironmentProblem: another process holds it, the folder cannot be locked, or a restore not be finished.
    """
    lock = FileLock(folder / _LOCK, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise EnvironmentProblem(
            f"another safeguild works in {folder} ({_owner(folder)})",
            "stop that one first (`systemctl stop safeguild` if it is a service), or give this one another "
            "`data_folder`; two bots need two data folders",
        ) from None
    except (OSError, NotImplementedError) as error:
        raise EnvironmentProblem(
            f"{folder} cannot be locked: {error}", "put the data folder on a local disk that you may write"
        ) from None
    try:
        _say_who_holds(folder)
        if finish_placing(folder):
            _log.info("a restore that was cut off is finished", folder=str(folder))
        yield
    finally:
        lock.release()


def _say_who_holds(folder: Path) -> None:
    owner = Owner(process=os.getpid(), host=socket.gethostname(), since=datetime.now(UTC))
    draft = folder / f"{_OWNER}.draft"
    draft.write_text(owner.model_dump_json(), "utf-8")
    draft.replace(folder / _OWNER)


def _owner(folder: Path) -> str:
    """Only for the message: the lock counts, not what stands here."""
    try:
        return str(Owner.model_validate_json((folder / _OWNER).read_bytes(), strict=False))
    except (OSError, ValidationError):
        return "it did not say who it is"
