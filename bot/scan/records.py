"""Cuts records out of a file of any size, in flat memory: bytes in, raw records with their offsets out.

Why not a streaming JSON parser: ijson 3.6 (yajl) took 28 s and 203 MiB for one string of 100 MB, tells no byte
offsets, and one bad byte ends the file. Here only quotes and brackets are looked at; what is between them is
parsed record by record, so that one broken record costs one record.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

CHUNK = 1 << 18
"""Bytes read at once."""
MAX_RECORD = 8 << 20
"""Bytes of one record. A message with every reaction's users can have some; longer ones are skipped."""

_REST = rb'(?:[^"\\]++|\\.)*+'
_STRUCTURE = re.compile(
    rb'(?P<string>"' + _REST + rb'")|(?P<open>[{\[])|(?P<close>[}\]])|(?P<unfinished>"' + _REST + rb"\\?\Z)",
    re.DOTALL,
)
_STRING_END = re.compile(_REST + rb'"', re.DOTALL)
_MAX_HELD_BACK = 4096
"""An unfinished string up to this length is read again with the next chunk, so that keys are always whole."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is in the file."""

    key: str
    """The root object's key under which it is; empty for a line."""
    number: int
    """The line, or the element's number in its list, from 1."""
    offset: int
    raw: bytes | None
    """None if it is longer than `MAX_RECORD`."""


class Truncated(Exception):
    """The file ends inside a record."""

    def __init__(self, number: int, offset: int) -> None:
        super().__init__(f"the file ends in record {number}, which begins at byte {offset}")
        self.number = number
        self.offset = offset


def lines(stream: BinaryIO, limit: int = MAX_RECORD) -> Iterator[Record]:
    """Every line that is not blank."""
    number = offset = 0
    while piece := stream.readline(limit):
        number += 1
        length = len(piece) + _skip_rest_of_line(stream, piece, limit)
        whole = length == len(piece)
        if not whole or not piece.isspace():
            yield Record("", number, offset, piece if whole else None)
        offset += length


def _skip_rest_of_line(stream: BinaryIO, piece: bytes, limit: int) -> int:
    """How many bytes of an overlong line were passed over."""
    skipped = 0
    while len(piece) == limit and not piece.endswith(b"\n"):
        piece = stream.readline(min(limit, CHUNK))
        skipped += len(piece)
        limit = min(limit, CHUNK)
    return skipped


def objects(stream: BinaryIO, limit: int = MAX_RECORD) -> Iterator[Record]:
    """Every object that is a value of the root object, or an element of a list that is one, in the file's order.

    Raises:
        Truncated: the file ends before the root object does. Everything before was handed out.
    """
    cutter = _Cutter(limit)
    while chunk := stream.read(CHUNK):
        yield from cutter.feed(chunk)
    cutter.finish()


@dataclass(slots=True)
class _Cutter:
    """Where the reading of one file stands. Brackets are counted, not paired: parsing shows a broken record."""

    limit: int
    depth: int = 0
    """How many brackets are open."""
    in_list: bool = False
    """Whether the open bracket under the root is a list."""
    key: bytes = b""
    """The last string directly under the root: the key of what comes next."""
    number: int = 0
    start: int | None = None
    """Offset of the record that is being read."""
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    in_string: bool = False
    offset: int = 0
    """Of the chunk's first byte."""
    held_back: bytes = b""
    """The end of a chunk whose meaning is in the next: a short string's beginning, or a long one's backslash."""

    def feed(self, chunk: bytes) -> Iterator[Record]:
        """Go on with the file's next bytes."""
        chunk, self.held_back = self.held_back + chunk, b""
        begin, position = 0, 0
        if self.in_string:
            chunk, position = self._go_on_with_string(chunk)
        for token in _STRUCTURE.finditer(chunk, position):
            kind = token.lastgroup
            if kind == "open" and self._open(token[0], self.offset + token.start()):
                begin = token.start()
            elif kind == "close" and self._close():
                yield self._record(chunk[begin : token.end()])
            elif kind == "string" and self.depth == 1:
                self.key = token[0][1:-1]
            elif kind == "unfinished":
                chunk = self._hold_back(chunk, token.start())
        if self.start is not None:
            self._keep(chunk[begin:])
        self.offset += len(chunk)

    def finish(self) -> None:
        """Raise `Truncated` if the root object is still open."""
        if self.depth or self.in_string:
            raise Truncated(self.number + (self.start is None), self.offset if self.start is None else self.start)

    def _go_on_with_string(self, chunk: bytes) -> tuple[bytes, int]:
        """The chunk, and where to look on in it: after the string that began in an earlier one."""
        if end := _STRING_END.match(chunk):
            self.in_string = False
            return chunk, end.end()
        chunk = self._without_split_escape(chunk)
        return chunk, len(chunk)

    def _hold_back(self, chunk: bytes, quote: int) -> bytes:
        """The chunk without what has to be read together with the next one."""
        if len(chunk) - quote <= _MAX_HELD_BACK:
            self.held_back = chunk[quote:]
            return chunk[:quote]
        self.in_string = True
        return self._without_split_escape(chunk)

    def _without_split_escape(self, chunk: bytes) -> bytes:
        if (len(chunk) - len(chunk.rstrip(b"\\"))) % 2 == 0:
            return chunk
        self.held_back = b"\\"
        return chunk[:-1]

    def _open(self, mark: bytes, offset: int) -> bool:
        """Count a bracket; whether it begins a record."""
        if self.depth == 1:
            self.in_list = mark == b"["
            self.number = 0
        begins = mark == b"{" and self.depth == (2 if self.in_list else 1)
        self.depth += 1
        if begins:
            self.start = offset
            self.number += 1
        return begins

    def _close(self) -> bool:
        """Count a bracket; whether it ends a record."""
        self.depth = max(0, self.depth - 1)
        ends = self.start is not None and self.depth == (2 if self.in_list else 1)
        if self.depth <= 1:
            self.in_list = False
        return ends

    def _record(self, rest: bytes) -> Record:
        self._keep(rest)
        raw = b"".join(self.parts) if self.size <= self.limit else None
        start, self.start = self.start or 0, None
        self.parts, self.size = [], 0
        return Record(self.key.decode("utf-8", "replace"), self.number, start, raw)

    def _keep(self, part: bytes) -> None:
        """Collect a piece of the record; of one that is too long nothing is kept."""
        self.size += len(part)
        self.parts = [*self.parts, part] if self.size <= self.limit else []
