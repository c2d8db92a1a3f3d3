"""The lines of a data set's file, plain or gzip: never more than a row's worth of bytes in memory."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.evaluation.errors import EvaluationError

MAX_ROW = 1 << 20
"""Bytes. A message on Discord has a few thousand; a row of more is a mistake of whoever made the file."""

_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHERS = {
    b"\xff\xfe": "is UTF-16, not UTF-8",
    b"\xfe\xff": "is UTF-16, not UTF-8",
    b"PAR1": "is a Parquet file",
    b"PK\x03\x04": "is a zip file or a spreadsheet",
    b"BZh": "is compressed with bzip2",
    b"\xfd7zXZ": "is compressed with xz",
    b"(\xb5/\xfd": "is compressed with zstd",
}
"""What people give by mistake, by its first bytes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file."""

    number: int
    """From 1."""
    raw: bytes
    """With its line break; empty where it is too long."""
    too_long: int = 0
    """Its length in bytes, if that is more than `MAX_ROW`."""


@contextmanager
def open_lines(path: Path) -> Iterator[Iterator[Line]]:
    """The file's lines.

    Raises:
        EvaluationError: there is no such file, or it is of a kind that cannot be read.
    """
    try:
        with path.open("rb") as plain:
            head = plain.read(8)
            plain.seek(0)
            _refuse_others(path, head)
            if not head.startswith(_GZIP):
                yield _lines(plain)
                return
            with gzip.open(plain, "rb") as unpacked:
                yield _whole(path, _lines(unpacked))
    except IsADirectoryError as error:
        raise EvaluationError(f"{path} is a folder", "name one file, JSON Lines or CSV") from error
    except FileNotFoundError as error:
        raise EvaluationError(f"{path}: there is no such file", "check the name") from error


def _refuse_others(path: Path, head: bytes) -> None:
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise EvaluationError(f"{path} {what}", "save it as CSV or JSON Lines in UTF-8, plain or gzip")


def _whole(path: Path, lines: Iterator[Line]) -> Iterator[Line]:
    """A compressed file that is cut off would give a result over part of it, which nobody meant."""
    number = 0
    try:
        for line in lines:
            number = line.number
            yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        what = f"{path} is damaged or cut off after line {number}: {error}"
        raise EvaluationError(what, "get the file once more") from error


def _lines(stream: IO[bytes] | gzip.GzipFile) -> Iterator[Line]:
    number = 0
    while raw := stream.readline(MAX_ROW + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if len(raw) <= MAX_ROW or raw.endswith(b"\n"):
            yield Line(number, raw)
        else:
            yield Line(number, b"", too_long=len(raw) + _skip_rest(stream))


def _skip_rest(stream: IO[bytes] | gzip.GzipFile) -> int:
    """Go to the next line; how many bytes that were."""
    skipped = 0
    while part := stream.readline(MAX_ROW):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped
