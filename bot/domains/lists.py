"""Lists of domains on the disk: the operator's file, and the last good one that was fetched."""

import os
from dataclasses import dataclass
from pathlib import Path

from bot.domains.fetching import MAX_BYTES
from bot.errors import EnvironmentProblem, InputError
from bot.guilds import files
from inference.prefilter.signals.domains import DomainList, UnreadableList

FETCHED = Path("domains") / "fetched.txt"
"""Where in the data folder the last good list from the web is kept."""

Stamp = tuple[int, ...]
"""When a file's content and permissions were changed last, its size and its inode; empty while it is out of reach.
Another stamp: it is worth reading again."""


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list on the disk."""

    path: Path
    hint: str
    """What to do when it cannot be read."""
    required: bool
    """Whether something is wrong when it is not there."""

    def stamp(self) -> Stamp | None:
        """Tells whether the file is worth reading again; None if there is no file."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return ()  # whoever reads it is told why
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino

    def read(self) -> DomainList:
        """The domains in the file. Blocks.

        Raises:
            InputError: it cannot be read, or is no list of domains.
        """
        try:
            return DomainList.parse(_text(self.path))
        except FileNotFoundError:
            raise InputError(f"there is no list of domains {self.path}", self.hint) from None
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise InputError(f"{self.path} cannot be read: {reason}", self.hint) from None
        except (UnicodeDecodeError, UnreadableList) as error:
            reason = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
            raise InputError(f"{self.path} is no list of domains: {reason}", self.hint) from None


def operators_file(path: Path) -> ListFile:
    """The list that `domains.file` names."""
    return ListFile(path, "write one domain on each line, or take `domains.file` out of the settings", True)


def fetched_file(data_folder: Path) -> ListFile:
    """The last good list that was fetched."""
    return ListFile(data_folder / FETCHED, "`safeguild domains update` fetches it again", False)


def keep_fetched(data_folder: Path, domains: DomainList) -> None:
    """Keep a list, whole or not at all. Blocks.

    Raises:
        EnvironmentProblem: the disk refuses; what was kept before is still there.
    """
    path = data_folder / FETCHED
    try:
        files.write_private(path, ("\n".join(sorted(domains.entries)) + "\n").encode())
    except OSError as error:
        raise EnvironmentProblem(
            f"{path} cannot be written: {files.reason_of(error)}", "free some space, or check who owns the folder"
        ) from error


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise OSError("it is not a file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UnreadableList(f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    return data.decode("utf-8-sig")
