"""Which columns of a data set are read as what: as asked for, as a known set has it, or as the names say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.evaluation.dataset import Plan, peek
from bot.evaluation.errors import EvaluationError
from bot.evaluation.known_sets import KNOWN_SETS, KnownSet, known_set, recognised
from bot.evaluation.labels import LabelColumn
from bot.evaluation.shipped import shipped_policies
from bot.visible import visible
from policies.hints import nearest
from policies.policy import Policy

GENERIC = "generic"
USUAL_TEXT = "text"
USUAL_LABEL = "label"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said of a data set's columns. What was not said is found out."""

    policies: Mapping[str, Policy] = field(default_factory=dict)
    """Empty: those of ours that fit a known set."""
    set_id: str | None = None
    """A known set, or `generic` for none."""
    text_column: str | None = None
    group_column: str | None = None
    labels: Mapping[str, LabelColumn] = field(default_factory=dict)


def plan_for(path: Path, wish: Wish) -> Plan:
    """How to read a file.

    Raises:
        EvaluationError: the file cannot be read, or a column or a policy is missing.
    """
    columns = peek(path)
    known = _known(path, wish, columns)
    policies = wish.policies or _fitting(path, known, columns)
    labels = {policy_id: _label_column(policy_id, wish, known, columns) for policy_id in policies}
    for policy_id in wish.labels.keys() - policies.keys():
        raise EvaluationError(f"--label names {policy_id}, which is not evaluated", f"add --policy {policy_id}")
    text_column = wish.text_column or (known.text_column if known else USUAL_TEXT)
    group_column = wish.group_column or (known.group_column if known else None)
    _check(path, columns, text_column, "the text", "--text-column NAME")
    if group_column and (wish.group_column or group_column in columns):
        _check(path, columns, group_column, "the group", "--group-column NAME")
    elif group_column:
        group_column = None
    for policy_id, column in labels.items():
        _check(path, columns, column.column, f"the label for {policy_id}", f"--label {policy_id}=NAME")
    return Plan(text_column, labels, policies, group_column, known)


def _known(path: Path, wish: Wish, columns: frozenset[str]) -> KnownSet | None:
    if wish.set_id == GENERIC:
        return None
    if wish.set_id is None:
        return recognised(columns)
    known = known_set(wish.set_id)
    if known is None:
        names = ", ".join([GENERIC, *(one.id for one in KNOWN_SETS)])
        raise EvaluationError(f"there is no format {wish.set_id!r}", f"there are: {names}")
    if not known.fits(columns):
        wanted = f"`{known.text_column}` and one of {', '.join(sorted(known.signs))}"
        raise EvaluationError(f"{path} is not {known.title}: its rows have {wanted}", "try --format generic")
    return known


def _fitting(path: Path, known: KnownSet | None, columns: frozenset[str]) -> Mapping[str, Policy]:
    """Our own policies for a known set, as far as their labels are there."""
    if known is None:
        raise EvaluationError(
            f"{path} is no data set that we have policies for",
            "name the policy: --policy FILE, or --policy ID for a starter policy (`safeguild policy starter`)",
        )
    shipped = shipped_policies()
    return {policy_id: shipped[policy_id] for policy_id, column in known.labels.items() if column in columns}


def _label_column(policy_id: str, wish: Wish, known: KnownSet | None, columns: frozenset[str]) -> LabelColumn:
    """As it was said, as the set has it, or the column of the policy's name; of a single policy also `label`."""
    if policy_id in wish.labels:
        return wish.labels[policy_id]
    if known and policy_id in known.labels:
        return LabelColumn(known.labels[policy_id])
    return LabelColumn(policy_id if policy_id in columns or len(wish.policies) > 1 else USUAL_LABEL)


def _check(path: Path, columns: frozenset[str], column: str, what: str, option: str) -> None:
    if column in columns:
        return
    meant = nearest(column, tuple(sorted(columns)))
    guess = f"did you mean {meant}? " if meant else ""
    there_are = ", ".join(sorted(columns)[:30])
    hint = visible(f"{guess}there are: {there_are}; name it with {option}")
    raise EvaluationError(f"{path} has no column `{column}` for {what}", hint)
