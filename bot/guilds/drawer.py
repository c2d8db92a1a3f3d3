"""A folder of YAML files that people edit by hand: what they say, what is wrong, and the last good version.

The last good version of every file is kept beside it (in `.last-good`), so that a bad edit does not put a policy
out of force at the next start either. Everything here blocks: call it in a thread.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from bot.guilds import files
from policies.phrases import phrase
from policies.problems import PolicyError, Problem

_log = structlog.get_logger(__name__)

Value = TypeVar("Value")
Stamp = tuple[int, int, int]
"""Inode, size and time of the last change (ns): a file with the same stamp is not read again."""

LAST_GOOD = ".last-good"
FOLDER = "."
"""The name under which a folder that cannot be read is entered."""
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Entry(Generic[Value]):
    """One file: what is in force of it, and what is wrong with it now."""

    value: Value | None
    """What the last good version says; None if there never was one."""
    problems: tuple[Problem, ...] = ()
    stamp: Stamp | None = None
    file_hash: str = ""
    """SHA-256 (hex) of the bytes that `value` was read from."""


Entries = Mapping[str, Entry[Value]]
"""{file name: entry}, by name."""


class Drawer(Generic[Value]):
    """Reads one folder. `parse` gets a file's name and bytes, and raises PolicyError."""

    def __init__(self, folder: Path, parse: Callable[[str, bytes], Value]) -> None:
        self._folder = folder
        self._parse = parse

    def read(self, known: Entries[Value], *, again: bool = False) -> dict[str, Entry[Value]]:
        """The folder as it is now. What `known` has under the same stamp is taken over, unless `again`.

        A folder that does not exist is empty. One that cannot be read keeps what is known: that the disk fails
        does not put a policy out of force.
        """
        try:
            stamps = self._stamps()
        except OSError as error:
            message = phrase("the folder cannot be read: {reason}", reason=files.reason_of(error))
            hint = phrase("the operator has to look at the disk")
            problem = Problem(self._folder.name, 1, 1, message, hint)
            return {**known, FOLDER: Entry(None, (problem,))}
        entries = {}
        for name, stamp in stamps.items():
            before = known.get(name)
            unchanged = before is not None and before.stamp == stamp and not again
            entry = before if unchanged else self._entry(name, stamp, before)
            if entry is not None:
                entries[name] = entry
        if not known or not known.keys() <= entries.keys():
            self._drop_copies(entries)
        return entries

    def _stamps(self) -> dict[str, Stamp]:
        """{file name: stamp}, by name."""
        stamps = {}
        try:
            with os.scandir(self._folder) as found:
                for item in found:
                    if item.name.endswith(_SUFFIXES) and not item.name.startswith("."):
                        stamps[item.name] = _stamp(item)
        except FileNotFoundError:
            return {}
        return dict(sorted(stamps.items()))

    def _entry(self, name: str, stamp: Stamp, before: Entry[Value] | None) -> Entry[Value] | None:
        """What a file says; None if it has just vanished."""
        try:
            data = files.read_limited(self._folder / name)
            value = self._parse(name, data)
        except FileNotFoundError:
            return None
        except OSError as error:
            message = phrase("the file cannot be read: {reason}", reason=files.reason_of(error))
            hint = phrase("the operator has to look at the file")
            problems: tuple[Problem, ...] = (Problem(name, 1, 1, message, hint),)
        except PolicyError as error:
            problems = error.problems
        else:
            self._keep_copy(name, data)
            return Entry(value, (), stamp, sha256(data).hexdigest())
        last_good = before or self._last_good(name)
        return Entry(last_good.value, problems, stamp, last_good.file_hash)

    def source(self, name: str, entry: Entry[Value]) -> bytes | None:
        """The bytes that an entry's value was read from; None if neither the file nor its copy has them now."""
        for path in (self._copy(name), self._folder / name):
            try:
                data = files.read_limited(path)
            except OSError:  # the other one may have them
                continue
            if sha256(data).hexdigest() == entry.file_hash:
                return data
        return None

    def _last_good(self, name: str) -> Entry[Value]:
        try:
            data = files.read_limited(self._copy(name))
            return Entry(self._parse(name, data), file_hash=sha256(data).hexdigest())
        except (OSError, PolicyError):  # there is none, or it was made for another version of Safeguild
            return Entry(None)

    def _keep_copy(self, name: str, data: bytes) -> None:
        copy = self._copy(name)
        try:
            if not copy.is_file() or copy.read_bytes() != data:
                files.write_private(copy, data)
        except OSError as error:
            _log.warning(
                "no copy of a good file was kept", file=self._label(name), error=str(files.reason_of(error))
            )

    def _drop_copies(self, entries: Entries[Value]) -> None:
        """Forget files that are not there any more: who deletes a file means it."""
        for copy in (self._folder / LAST_GOOD).glob("*"):
            if copy.name not in entries:
                self._drop_copy(copy)

    def _drop_copy(self, copy: Path) -> None:
        try:
            copy.unlink(missing_ok=True)
        except OSError as error:
            _log.warning(
                "a copy of a deleted file is left", file=self._label(copy.name), error=str(files.reason_of(error))
            )

    def _copy(self, name: str) -> Path:
        return self._folder / LAST_GOOD / name

    def _label(self, name: str) -> str:
        return f"{self._folder.name}/{name}"


def _stamp(item: os.DirEntry[str]) -> Stamp:
    """A link that leads nowhere has a stamp too: reading it says what is wrong."""
    try:
        found = item.stat()
    except FileNotFoundError:
        found = item.stat(follow_symlinks=False)
    return found.st_ino, found.st_size, found.st_mtime_ns
