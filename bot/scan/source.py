"""An export file: what it is, where its messages are from, and all of them as entries."""

import codecs
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from bot.scan.entry import Entry, why_invalid
from bot.scan.errors import Place, Problem, ScanError
from bot.scan.exporter import Channel, Guild, Origin, origin, read_message
from bot.scan.json_lines import GUILD, read_line
from bot.scan.records import MAX_RECORD, Record, Truncated, lines, objects

HEAD = 1 << 16
"""Bytes that tell what a file is."""
WANTED = "give a DiscordChatExporter export (--format Json) or JSON Lines (one object with `text` per line)"
_EXPORT_KEYS = re.compile(rb'\A\s*\{\s*"(guild|channel|dateRange|messages)"\s*:\s*[{\[]')
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"7z\xbc\xaf")
"""How gzip, zip, Zstandard, xz and 7z begin."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Kind(StrEnum):
    """What a file holds."""

    EXPORT = "DiscordChatExporter JSON"
    LINES = "JSON Lines"


@dataclass(frozen=True, slots=True)
class Source:
    """One file that was looked into and can be read."""

    path: Path
    number: int
    """Its place on the command line, from 1."""
    kind: Kind
    size: int
    """Bytes."""
    origin: Origin | None
    """Where an export's messages are from; None for lines, each of which says so itself."""

    @property
    def guild_id(self) -> int:
        """The one server that all of the file's messages are from."""
        return self.origin.guild_id if self.origin else GUILD

    def entries(self) -> Iterator[Entry]:
        """Every record in the file's order. Reads as it goes; memory stays flat.

        Raises:
            ScanError: the file cannot be read any more.
        """
        try:
            with self.path.open("rb") as stream:
                _skip_mark(stream)
                yield from self._export(stream, self.origin) if self.origin else self._lines(stream)
        except OSError as error:
            raise ScanError(
                f"{self.path}: {error.strerror or error}", "look at the disk, then run it again"
            ) from error

    def _export(self, stream: BinaryIO, origin: Origin) -> Iterator[Entry]:
        try:
            for record in objects(stream):
                if record.key == "messages":
                    place = Place(self.path, record.number, record.offset)
                    yield _too_long(place) if record.raw is None else read_message(record.raw, origin, place)
        except Truncated as cut:
            place = Place(self.path, cut.number, cut.offset)
            yield Entry(
                place, problem=Problem(place, "the file ends here: it was cut off. Export the channel again")
            )

    def _lines(self, stream: BinaryIO) -> Iterator[Entry]:
        for record in lines(stream):
            place = Place(self.path, record.number, record.offset, "line")
            yield _too_long(place) if record.raw is None else read_line(record.raw, self.number, place)


def open_source(path: Path, number: int) -> Source:
    """Look into a file.

    Raises:
        ScanError: it is missing, unreadable, empty, in another encoding, or no export.
    """
    try:
        about = path.stat()
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
            raise ScanError(
                f"{path} is not a file on a disk", "save it to a file first: it is read more than once"
            )
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    except OSError as error:
        raise _unreadable(path, error) from error
    head = _text_of(path, head)
    if not _is_export(path, head):
        return Source(path, number, Kind.LINES, about.st_size, None)
    return Source(path, number, Kind.EXPORT, about.st_size, _origin(path, number))


def _unreadable(path: Path, error: OSError) -> ScanError:
    if isinstance(error, FileNotFoundError):
        return ScanError(f"{path}: there is no such file", "check the path")
    if isinstance(error, IsADirectoryError):
        return ScanError(f"{path} is a folder", f"name the files in it, for instance {path}/*.json")
    return ScanError(f"{path}: {error.strerror or error}", "check that you may read the file")


def _text_of(path: Path, head: bytes) -> bytes:
    """The head without a byte order mark and leading blanks.

    Raises:
        ScanError: it is empty or not UTF-8.
    """
    if head.startswith(_COMPRESSED):
        raise ScanError(f"{path}: the file is compressed", "unpack it first")
    if head.startswith(_UTF16) or head[:2].count(0) == 1:
        raise ScanError(
            f"{path}: the text is UTF-16, not UTF-8",
            f"convert it: iconv -f UTF-16 -t UTF-8 {path.name} > utf8-{path.name}",
        )
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text:
        raise ScanError(f"{path}: the file is empty", WANTED)
    _must_be_utf8(path, head)
    return text


def _must_be_utf8(path: Path, head: bytes) -> None:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        raise ScanError(
            f"{path}, byte {error.start}: the text is not UTF-8; it looks like Latin-1 or Windows-1252",
            f"convert it: iconv -f WINDOWS-1252 -t UTF-8 {path.name} > utf8-{path.name}",
        ) from error


def _is_export(path: Path, text: bytes) -> bool:
    """Whether this is one export; else it is lines.

    Raises:
        ScanError: it is neither.
    """
    if text[:1] == b"[":
        raise ScanError(
            f"{path}: this is a JSON list, not an export", f"{WANTED}; lists: jq -c '.[]' FILE > FILE.jsonl"
        )
    if text[:1] == b"<":
        raise ScanError(f"{path}: this is HTML", "export the channel again with --format Json")
    if text[:1] != b"{":
        raise ScanError(f"{path}: this is not JSON", WANTED)
    first_line = text.partition(b"\n")[0]
    return bool(_EXPORT_KEYS.match(text)) or (b'"messages"' in text and not first_line.rstrip().endswith(b"}"))


def _origin(path: Path, number: int) -> Origin:
    """What the export's head says about server and channel, which stand before the messages.

    Raises:
        ScanError: there is no head, or it is not what the exporter writes.
    """
    found: dict[str, bytes] = {}
    with path.open("rb") as stream:
        _skip_mark(stream)
        for record in _until_messages(stream):
            found[record.key] = record.raw or b""
    try:
        guild = Guild.model_validate_json(found.get("guild", b"{}"))
        channel = Channel.model_validate_json(found.get("channel", b"{}"))
    except ValidationError as error:
        raise ScanError(f"{path}: the export's head is not in order: {why_invalid(error)}", WANTED) from error
    return origin(guild, channel, number)


def _until_messages(stream: BinaryIO) -> Iterator[Record]:
    try:
        for record in objects(stream):
            if record.key == "messages":
                return
            yield record
    except Truncated:
        return  # told with its place when the messages are read


def _skip_mark(stream: BinaryIO) -> None:
    if stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        stream.seek(0)


def _too_long(place: Place) -> Entry:
    return Entry(
        place, problem=Problem(place, f"longer than {MAX_RECORD >> 20} MiB, which no message is; skipped")
    )
