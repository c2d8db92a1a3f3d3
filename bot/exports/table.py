"""Cases as rows of a spreadsheet.

A spreadsheet takes a cell that begins with `=` for a formula and carries it out, and a member can write one. Such
a cell gets an apostrophe in front, which spreadsheets hide (OWASP, "CSV Injection").
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Final

from bot.attention import needs_a_look
from bot.exports.parts import moment, plain_outcome
from bot.exports.record import Entry
from bot.missing_words import told

COLUMNS: Final = (
    "case",
    "state",
    "guild_id",
    "channel_id",
    "message_id",
    "author_id",
    "created_at",
    "opened_at",
    "deleted_at",
    "erased_at",
    "revisions",
    "reports",
    "policies",
    "rules",
    "probability",
    "decision",
    "moderator_id",
    "decided_at",
    "carried_out",
    "decisions",
    "appeals",
    "appeal_state",
    "texts_left_out",
)
WORDS: Final = ("channel", "author", "text", "reason", "outcome", "rationale")
"""Columns that are there only where texts were asked for."""
_FORMULA: Final = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""The last four are the first four in full width."""
Cell = str | int | float | None


def header(*, texts: bool) -> bytes:
    """The first row, after the mark by which spreadsheets know UTF-8."""
    return b"\xef\xbb\xbf" + _line([*COLUMNS, *(WORDS if texts else ())])


def row(entry: Entry, *, texts: bool) -> bytes:
    """A case. The columns of `WORDS` stay empty where its texts are left out."""
    cells = [*_figures(entry), *(_words(entry) if texts else ())]
    return _line([_safe(cell) for cell in cells])


def _figures(entry: Entry) -> list[Cell]:
    case, message, last = entry.case, entry.case.message, entry.made[-1] if entry.made else None
    verdicts = [finding.verdict for finding in case.findings if finding.verdict]
    return [
        case.id,
        case.state.value,
        str(message.guild_id),
        str(message.channel_id),
        str(message.id),
        str(message.author_id),
        moment(message.created_at),
        moment(case.opened_at),
        moment(case.deleted_at),
        moment(case.erased_at),
        len(case.revisions),
        len(case.reports),
        _joined(finding.policy.id for finding in case.findings if needs_a_look(finding)),
        _joined(_rules(entry)),
        max((verdict.probability for verdict in verdicts if verdict.probability is not None), default=None),
        last.decision.action.value if last else None,
        str(last.decision.moderator_id) if last else None,
        moment(last.decision.decided_at) if last else None,
        None if last is None or last.enforced is None else int(last.enforced),
        len(entry.made),
        len(entry.appeals),
        entry.appeals[-1].state.value if entry.appeals else None,
        entry.left_out.value if entry.left_out else None,
    ]


def _rules(entry: Entry) -> Iterator[str]:
    """ "harassment:H1": what verdicts cite."""
    for finding in entry.case.findings:
        for rule_id in finding.verdict.rule_ids if finding.verdict else ():
            yield f"{finding.policy.id}:{rule_id}"


def _words(entry: Entry) -> list[Cell]:
    if entry.left_out is not None:
        return [None] * len(WORDS)
    message, last = entry.case.message, entry.made[-1] if entry.made else None
    rationales = [finding.verdict.rationale for finding in entry.case.findings if finding.verdict]
    return [
        message.channel_name,
        message.author_name,
        message.text,
        last.decision.reason if last else None,
        plain_outcome(last.outcome) if last else None,
        _joined(filter(None, rationales)),
    ]


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(parts))


def _safe(cell: Cell) -> Cell:
    """A cell that is not taken for a formula. Numbers of ours are numbers."""
    if not isinstance(cell, str):
        return cell
    text = told(cell).replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _line(cells: Sequence[Cell]) -> bytes:
    written = StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow(cells)
    return written.getvalue().encode("utf-8", "replace")
