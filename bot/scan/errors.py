"""What can be wrong with an export, as the person who gave it reads it."""

from dataclasses import dataclass
from pathlib import Path

from bot.errors import InputError


class ScanError(InputError):
    """An export or the scan's folder is not in order. The message names the file and the place in it."""


class ScanChanged(ScanError):
    """The folder holds a scan of other files, other policies or another model. It can be started over."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something is."""

    file: Path
    record: int = 0
    """The line, or the message's number in the file, from 1; 0 for the file as a whole."""
    offset: int | None = None
    """Byte offset of the record's beginning."""
    unit: str = "message"
    """What a record is called: `message` or `line`."""

    def __str__(self) -> str:
        parts = [self.file.name]
        if self.record:
            parts.append(f"{self.unit} {self.record}")
        if self.offset is not None:
            parts.append(f"byte {self.offset}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """A record that could not be read. The scan goes on without it, and the report lists it."""

    place: Place
    what: str
    """Without anything that a member wrote."""

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"
