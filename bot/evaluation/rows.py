"""The rows of a data set: JSON Lines or a table with a header, whichever the file is."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import orjson

from bot.evaluation.errors import BadRow, EvaluationError
from bot.evaluation.lines import MAX_ROW, Line, open_lines

_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """What one row holds, by the names of its columns."""

    line: int
    fields: Mapping[str, object]


@contextmanager
def open_rows(path: Path) -> Iterator[Iterator[Row | BadRow]]:
    """The rows, in the file's order; those that cannot be read with the reason.

    Raises:
        EvaluationError: the file as a whole cannot be read, or it is empty.
    """
    with open_lines(path) as lines:
        first = next((line for line in lines if line.too_long or line.raw.strip()), None)
        if first is None:
            raise EvaluationError(f"{path} is empty", "name a file with a text and a label in each row")
        if first.raw.lstrip().startswith(b"["):
            hint = "write JSON Lines: one object per line, without brackets or commas around them"
            raise EvaluationError(f"{path}, line {first.number}: this is one JSON list", hint)
        is_json = first.raw.lstrip().startswith(b"{") or _named_json(path)
        yield _objects(chain([first], lines)) if is_json else _table(path, chain([first], lines))


def _named_json(path: Path) -> bool:
    return any(suffix in {".jsonl", ".ndjson", ".json"} for suffix in path.suffixes)


def _objects(lines: Iterator[Line]) -> Iterator[Row | BadRow]:
    for line in lines:
        if line.too_long:
            yield BadRow(line.number, _too_long(line.too_long))
        elif line.raw.strip():
            yield _object(line)


def _object(line: Line) -> Row | BadRow:
    try:
        found = orjson.loads(line.raw)
    except orjson.JSONDecodeError:
        return BadRow(line.number, "not valid JSON" if _is_utf8(line.raw) else "not valid UTF-8")
    return Row(line.number, found) if isinstance(found, dict) else BadRow(line.number, "not a JSON object")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _too_long(length: int) -> str:
    return f"{length:,} bytes long, more than the {MAX_ROW:,} that a row may have"


@dataclass(slots=True)
class _Text:
    """Lines for the CSV reader. What is wrong with one is kept until the row that it belongs to is there."""

    lines: Iterator[Line]
    wrong: dict[int, str] = field(default_factory=dict)
    number: int = 0

    def __iter__(self) -> "_Text":
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.number = line.number
        if line.too_long:
            self.wrong[line.number] = _too_long(line.too_long)
            return "\n"
        try:
            return line.raw.decode()
        except UnicodeDecodeError:
            self.wrong[line.number] = "not valid UTF-8"
            return line.raw.decode(errors="replace")

    def what_is_wrong(self) -> str | None:
        """With the lines since the last call."""
        found = next(iter(self.wrong.values()), None)
        self.wrong.clear()
        return found


def _table(path: Path, lines: Iterator[Line]) -> Iterator[Row | BadRow]:
    text = _Text(lines)
    head = next(text)
    before = csv.field_size_limit(MAX_ROW)
    try:
        names = _header(path, head, text)
        reader = csv.reader(text, delimiter=_separator(head), strict=True)
        yield from _records(reader, names, text)
    finally:
        csv.field_size_limit(before)


def _separator(head: str) -> str:
    return max(_SEPARATORS, key=head.count)


def _header(path: Path, head: str, text: _Text) -> list[str]:
    where = f"{path}, line {text.number}"
    hint = "the first line names the columns, each once; the file is CSV, or JSON Lines, in UTF-8"
    if wrong := text.what_is_wrong():
        raise EvaluationError(f"{where}: the header is {wrong}", hint)
    try:
        names = [name.strip() for name in next(csv.reader([head], delimiter=_separator(head), strict=True))]
    except csv.Error as error:
        raise EvaluationError(f"{where}: the header cannot be read: {error}", hint) from error
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise EvaluationError(f"{where}: two columns are called {twice!r}", hint)
    return names


def _records(reader: "Iterator[list[str]]", names: list[str], text: _Text) -> Iterator[Row | BadRow]:
    while True:
        start = text.number + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            text.what_is_wrong()
            yield BadRow(start, _broken(start, text.number, error))
            continue
        if wrong := text.what_is_wrong():
            yield BadRow(start, wrong)
        elif len(values) == len(names):
            yield Row(start, dict(zip(names, values, strict=True)))
        elif values:
            yield BadRow(start, f"{len(values)} fields, where the header names {len(names)}")


def _broken(start: int, end: int, error: csv.Error) -> str:
    """A quote that is never closed takes all that follows with it, up to the size of a row."""
    lines = f"it and the lines to {end} cannot be read as one row" if end > start else "no row of a table"
    return f"{lines}: {error}; is a quotation mark missing?"
