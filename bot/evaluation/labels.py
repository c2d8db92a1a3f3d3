"""What a value in a label's column says: violating (and which rule), allowed, or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.evaluation.errors import EvaluationError
from policies.policy import ALLOWED, Policy

_VIOLATING = frozenset({"1", "1.0", "true", "yes", "y", "violation", "violating", "violates", "unsafe", "toxic"})
_ALLOWED = frozenset({"0", "0.0", "false", "no", "n", ALLOWED, "safe", "ok", "fine", "none", "non-toxic"})
_UNKNOWN = frozenset({"", "null", "nan", "na", "n/a", "unknown", "?"})


class NotALabelError(ValueError):
    """A value that says neither that a text is violating nor that it is allowed."""


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """Where one policy's labels stand."""

    column: str
    values: frozenset[str] = frozenset()
    """Those that mean "violating", folded; every other value then means "allowed". Empty: the usual words."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says of a text under one policy."""

    violates: bool
    rule_id: str | None = None
    """The rule, where the value is a rule's id."""


def parse_label_option(option: str) -> tuple[str, LabelColumn]:
    """`POLICY=COLUMN` or `POLICY=COLUMN:value,value`.

    Raises:
        EvaluationError: it is neither.
    """
    policy_id, equals, rest = option.partition("=")
    column, colon, listed = rest.partition(":")
    values = frozenset(value.strip().casefold() for value in listed.split(",") if value.strip())
    if not (policy_id.strip() and equals and column.strip()) or (colon and not values):
        hint = (
            "write --label harassment=insult, or --label harassment=kind:insult,threat with the violating values"
        )
        raise EvaluationError(f"{option!r} names no policy with a column", hint)
    return policy_id.strip(), LabelColumn(column.strip(), values)


def read_label(value: object, column: LabelColumn, policy: Policy) -> Label | None:
    """The label; None where it is unknown (missing, empty or null).

    Raises:
        NotALabelError: the value is of neither kind.
    """
    word = _word(value)
    if word in _UNKNOWN:
        return None
    if column.values:
        return Label(word in column.values)
    if rule_id := next((rule_id for rule_id in policy.rule_ids if rule_id.casefold() == word), None):
        return Label(True, rule_id)
    if word in _VIOLATING or word in _ALLOWED:
        return Label(word in _VIOLATING)
    raise NotALabelError(f"the label in `{column.column}` says neither violating nor allowed")


def _word(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value).strip().casefold()
    raise NotALabelError("a label is a word, a number or true and false")


def usual_words() -> str:
    """For hints: what stands for what."""
    return f"{_listed(_VIOLATING)} mean violating; {_listed(_ALLOWED)} mean allowed; a rule's id means that rule"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
