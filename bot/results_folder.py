"""Holding a folder of results, which one process at a time works in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import InputError

_OTHER = "name another folder with --out"


@contextmanager
def held(folder: Path, work: str, error: type[InputError]) -> Iterator[None]:
    """Make the folder if it is missing, and keep others out of it. `work`: what is done in it, in one word.

    Raises:
        error: somebody else holds it, or it cannot be made or written to.
    """
    lock = FileLock(folder / "lock", timeout=0)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as taken:
        raise error(f"another {work} is at work in {folder}", f"wait for it, or {_OTHER}") from taken
    except (FileExistsError, NotADirectoryError) as no_folder:
        raise error(f"{folder} is a file, not a folder", "name a folder with --out") from no_folder
    except OSError as unfit:
        reason = unfit.strerror or type(unfit).__name__
        raise error(f"{folder} cannot be written to: {reason}", _OTHER) from unfit
    try:
        yield
    finally:
        lock.release()
