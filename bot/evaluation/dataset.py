"""A data set as it is evaluated: texts with labels for each policy, and the rows that could not be used."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bot.evaluation.errors import BadRow, EvaluationError
from bot.evaluation.known_sets import KnownSet
from bot.evaluation.labels import Label, LabelColumn, NotALabelError, read_label, usual_words
from bot.evaluation.rows import Row, open_rows
from bot.visible import visible
from policies.policy import Policy

PEEKED = 1000
"""Rows that are read to learn which columns there are; in JSON Lines each row names its own."""
MAX_LISTED = 50
"""Bad rows that are listed one by one; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which columns are read, and as what."""

    text_column: str
    labels: Mapping[str, LabelColumn]
    """{policy id: where its labels stand}."""
    policies: Mapping[str, Policy]
    group_column: str | None = None
    known: KnownSet | None = None


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One row that can be used."""

    line: int
    text: str
    labels: Mapping[str, Label]
    """{policy id: label}; policies under which the text is not labelled are missing."""
    group: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Dataset:
    """What was read of a file."""

    name: str
    digest: str
    """SHA-256 (hex) of the file's bytes."""
    texts: tuple[LabelledText, ...]
    """In the file's order; those that are evaluated."""
    usable: int
    """Texts with a label, before a sample was drawn."""
    unlabelled: int = 0
    """Rows whose labels are all unknown."""
    bad_count: int = 0
    bad_rows: tuple[BadRow, ...] = ()
    """The first `MAX_LISTED`."""


def peek(path: Path) -> frozenset[str]:
    """The columns of a file.

    Raises:
        EvaluationError: the file cannot be read, or no row of its beginning can.
    """
    with open_rows(path) as rows:
        first = tuple(islice(rows, PEEKED))
    columns = frozenset(name for row in first if isinstance(row, Row) for name in row.fields)
    if columns:
        return columns
    bad = next((row for row in first if isinstance(row, BadRow)), None)
    if bad is None:
        raise EvaluationError(
            f"{path} has a header and no rows", "name a file with a text and a label in each row"
        )
    raise EvaluationError(f"{path}, {bad}", "none of the first rows can be read: write JSON Lines or CSV in UTF-8")


def read_dataset(path: Path, plan: Plan, *, limit: int | None = None, seed: int = 0) -> Dataset:
    """Read all rows; of their texts take `limit`, drawn at random as `seed` says.

    The same seed draws the same texts, and a higher limit adds to them.

    Raises:
        EvaluationError: no text is labelled under one of the policies.
    """
    texts: list[LabelledText] = []
    bad: list[BadRow] = []
    unlabelled = 0
    with open_rows(path) as rows:
        for found in _read(rows, plan):
            if isinstance(found, BadRow):
                bad.append(found)
            elif found.labels:
                texts.append(found)
            else:
                unlabelled += 1
    _refuse_without_labels(path, plan, texts, bad)
    drawn = texts if limit is None or limit >= len(texts) else _drawn(texts, limit, seed)
    return Dataset(
        path.name, _digest(path), tuple(drawn), len(texts), unlabelled, len(bad), tuple(bad[:MAX_LISTED])
    )


def _read(rows: Iterable[Row | BadRow], plan: Plan) -> Iterator[LabelledText | BadRow]:
    for row in rows:
        yield row if isinstance(row, BadRow) else _labelled(row, plan)


def _labelled(row: Row, plan: Plan) -> LabelledText | BadRow:
    text = row.fields.get(plan.text_column)
    if not isinstance(text, str) or not text.strip():
        return BadRow(row.line, f"`{plan.text_column}` holds no text")
    labels: dict[str, Label] = {}
    try:
        for policy_id, column in plan.labels.items():
            label = read_label(row.fields.get(column.column), column, plan.policies[policy_id])
            if label is not None:
                labels[policy_id] = label
    except NotALabelError as error:
        return BadRow(row.line, str(error))
    return LabelledText(row.line, text, labels, _group(row, plan))


def _group(row: Row, plan: Plan) -> str:
    if plan.group_column is None:
        return ""
    value = row.fields.get(plan.group_column)
    return "" if value is None else visible(" ".join(str(value).split()))[:80]


def _refuse_without_labels(path: Path, plan: Plan, texts: list[LabelledText], bad: list[BadRow]) -> None:
    for policy_id, column in plan.labels.items():
        if any(policy_id in text.labels for text in texts):
            continue
        why = f"; the first problem: {bad[0]}" if bad else ""
        hint = f"{usual_words()}. Else name the violating values: --label {policy_id}={column.column}:value,value"
        raise EvaluationError(f"{path}: no text has a label for {policy_id} in `{column.column}`{why}", hint)


def _drawn(texts: list[LabelledText], limit: int, seed: int) -> list[LabelledText]:
    """A sample whose members do not depend on the limit: by a number that each text has by itself."""

    def lot(text: LabelledText) -> bytes:
        return hashlib.sha256(f"{seed}:{text.line}:{text.digest}".encode()).digest()

    return sorted(sorted(texts, key=lot)[:limit], key=lambda text: text.line)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
