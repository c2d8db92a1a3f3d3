"""Cases out of the store into a file, page by page: memory stays bounded however many there are."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.case import CaseFile
from bot.exports import table
from bot.exports.record import Entry, LeftOut, record
from bot.ports import Store
from bot.records.people import CaseFilter
from bot.review.care import Hidden, hidden

PAGE: Final = 50
"""Cases that are held at once."""
Rule = Callable[[CaseFile], LeftOut | None]
"""Why the texts of a case are left out of this file; None if they are in it."""
_HIDDEN: Final = {
    Hidden.WITHHELD: LeftOut.WITHHELD,
    Hidden.ERASED: LeftOut.ERASED,
    Hidden.PRIVATE: LeftOut.PRIVATE,
}


class Format(StrEnum):
    """The kinds of files."""

    CSV = "csv"
    JSON_LINES = "jsonl"


@dataclass(frozen=True, slots=True)
class Style:
    """How cases are written."""

    format: Format
    texts: bool
    """Whether texts are in it at all."""


def no_texts(_: CaseFile) -> LeftOut | None:
    """The rule of a file without any."""
    return LeftOut.NOT_ASKED_FOR


def all_texts(_: CaseFile) -> LeftOut | None:
    """The rule of a file for the operator. What is withheld or erased is left out all the same."""
    return None


async def written(store: Store, wanted: CaseFilter, style: Style, rule: Rule) -> AsyncIterator[bytes]:
    """The file in pieces, one for each case; a CSV file begins with its header.

    Raises:
        StoreUnavailable: the store cannot be asked.
    """
    if style.format is Format.CSV:
        yield table.header(texts=style.texts)
    after = 0
    while cases := await store.filtered_cases(wanted, PAGE, after=after):
        for case in cases:
            entry = await _entry(store, case, rule)
            yield table.row(entry, texts=style.texts) if style.format is Format.CSV else _json_line(entry)
        after = cases[-1].message.id


async def _entry(store: Store, case: CaseFile, rule: Rule) -> Entry:
    reason = hidden(case)
    return Entry(
        case,
        await store.decisions(case.id),
        await store.appeals_of_case(case.id),
        _HIDDEN[reason] if reason else rule(case),
    )


def _json_line(entry: Entry) -> bytes:
    line = json.dumps(record(entry), ensure_ascii=False, default=str)
    return line.encode("utf-8", "replace") + b"\n"
