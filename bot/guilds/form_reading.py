"""From a form to a policy. Pure; errors name the field and the line, in the language that is spoken now."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.guilds.form import LIMITS, Field, Form, FormError, FormProblem
from bot.guilds.form_lines import (
    ExampleLine,
    LineProblem,
    RuleLine,
    entries,
    example_entries,
    read_example,
    read_rule,
    verdict_named,
)
from bot.language import said, tr
from policies.constraints import HIDDEN_CHARACTER
from policies.policy import ALLOWED, MAX_SHOWN_EXAMPLES, Mode, Policy
from policies.wording import worded

SHOWN_OF_EACH_SIDE = 3
"""How many examples a new policy shows the model if its author marks none."""

Values = dict[str, Any]


def read_form(form: Form, policy_id: str, base: Policy | None = None, *, hides_terms: bool = False) -> Policy:
    """The policy that a form describes. What a form does not show is as in `base`; without one it is new.

    A new policy is in shadow. `hides_terms`: the form was too small for the rules' terms: they stay as they are.
    Characters that nobody can see, which some keyboards add, are left out.

    Raises:
        FormError: something cannot be read; all of it that one pass can find is listed.
    """
    return _Reading(form, policy_id, base, hides_terms=hides_terms).policy()


class _Reading:
    """One form being read."""

    def __init__(self, form: Form, policy_id: str, base: Policy | None, *, hides_terms: bool) -> None:
        self._form = form
        self._policy_id = policy_id
        self._base = base
        self._hides_terms = hides_terms
        self._problems: list[FormProblem] = []
        self._lines: dict[Field, list[int]] = {}
        """Where each entry of a field begins."""

    def policy(self) -> Policy:
        values = self._values()
        if self._problems:
            raise FormError(tuple(self._problems))
        try:
            return Policy.model_validate(values)
        except ValidationError as error:
            raise FormError(tuple(self._placed(error.errors(include_url=False)))) from error

    def _values(self) -> Values:
        base = self._base
        values: Values = base.model_dump() if base else {"mode": Mode.SHADOW}
        rules = [self._rule(line) for line in self._read(Field.RULES, entries, read_rule)]
        rule_ids = [rule["id"] for rule in rules]
        self._note_repeated_ids(rule_ids)
        changed = {
            "id": self._policy_id,
            "title": self._single(Field.TITLE),
            "goal": self._single(Field.GOAL),
            "rules": tuple(rules),
            "allowed": tuple(self._read(Field.ALLOWED, entries, str)),
            "examples": tuple(self._examples(rule_ids)),
        }
        if not rules and not self._problems:
            self._note(Field.RULES, 0, tr("there is no rule"), tr("write `R1: what members must not do`"))
        return values | changed

    def _single(self, field: Field) -> str:
        """A field that is one line; what was typed on several is joined."""
        text = " ".join(self._text(field).split())
        if not text:
            self._note(field, 0, tr("it is empty"), tr("write a few words"))
        elif len(text) > LIMITS[field]:
            self._note_length(field, 0, len(text), LIMITS[field])
        return text

    def _read(self, field: Field, split: Any, read: Any) -> list[Any]:
        found = []
        self._lines[field] = []
        for entry in split(self._text(field)):
            try:
                found.append(read(entry.text))
                self._lines[field].append(entry.line)
            except LineProblem as problem:
                self._note(field, entry.line, str(problem), problem.hint)
        return found

    def _text(self, field: Field) -> str:
        return HIDDEN_CHARACTER.sub("", self._form.text(field).replace("\r\n", "\n").replace("\r", "\n"))

    def _rule(self, line: RuleLine) -> Values:
        rules = self._base.rules if self._base else ()
        before = next((rule for rule in rules if rule.id == line.id), None)
        kept = before.terms if before and self._hides_terms else ()
        typed: Values = {"id": line.id, "text": line.text, "suggest": line.suggest}
        typed["terms"] = kept if line.terms is None else line.terms
        if line.severity is not None:
            typed["severity"] = line.severity
        return (before.model_dump(exclude={"severity"}) if before else {}) | typed

    def _note_repeated_ids(self, rule_ids: Sequence[str]) -> None:
        for index, rule_id in enumerate(rule_ids):
            if rule_id in rule_ids[:index]:
                line = self._lines[Field.RULES][rule_ids.index(rule_id)]
                message = tr("the id {id} is used twice, first in line {line}", id=f"`{rule_id}`", line=line)
                self._note(Field.RULES, self._lines[Field.RULES][index], message, tr("give the rule another id"))

    def _examples(self, rule_ids: Sequence[str]) -> Iterator[Values]:
        lines: list[ExampleLine] = self._read(Field.EXAMPLES, example_entries, read_example)
        shown = self._shown(lines)
        for index, line in enumerate(lines):
            number = self._lines[Field.EXAMPLES][index]
            try:
                verdict = verdict_named(line.verdict, rule_ids)
            except LineProblem as problem:
                self._note(Field.EXAMPLES, number, str(problem), problem.hint)
                continue
            yield {"text": line.text, "verdict": verdict, "note": line.note, "show": index in shown}

    def _shown(self, lines: Sequence[ExampleLine]) -> frozenset[int]:
        """The examples that are marked; of a new policy without marks the first ones of each side."""
        marked = [index for index, line in enumerate(lines) if line.show]
        for count, index in enumerate(marked[MAX_SHOWN_EXAMPLES:], start=MAX_SHOWN_EXAMPLES + 1):
            message = tr("this is example number {count} with a `*`", count=count)
            hint = tr("the model reads {most} at most: take the `*` from another line", most=MAX_SHOWN_EXAMPLES)
            self._note(Field.EXAMPLES, self._lines[Field.EXAMPLES][index], message, hint)
        return frozenset(marked) if marked or self._base else _first_of_each_side(lines)

    def _placed(self, errors: Sequence[ErrorDetails]) -> Iterator[FormProblem]:
        for error in errors:
            path = error["loc"]
            field = next((each for each in Field if path and path[0] == each.value), Field.RULES)
            lines = self._lines.get(field, [])
            index = path[1] if len(path) > 1 and isinstance(path[1], int) else -1
            line = lines[index] if 0 <= index < len(lines) else 0
            if error["type"] == "string_too_long":
                yield _too_long(field, line, len(error["input"]), error["ctx"]["max_length"])
            else:
                message, hint = worded(error, path)
                yield FormProblem(field=field, line=line, message=said(message), hint=said(hint))

    def _note(self, field: Field, line: int, message: str, hint: str) -> None:
        self._problems.append(FormProblem(field=field, line=line, message=message, hint=hint))

    def _note_length(self, field: Field, line: int, length: int, most: int) -> None:
        self._problems.append(_too_long(field, line, length, most))


def _too_long(field: Field, line: int, length: int, most: int) -> FormProblem:
    message = tr("it has {length} characters, {most} are allowed", length=length, most=most)
    return FormProblem(field=field, line=line, message=message, hint=tr("say it shorter, or make two of it"))


def _first_of_each_side(lines: Sequence[ExampleLine]) -> frozenset[int]:
    """One of each rule before a second of any."""
    allowed = [index for index, line in enumerate(lines) if line.verdict.casefold() == ALLOWED]
    by_verdict: Mapping[str, int] = {
        line.verdict.casefold(): index for index, line in reversed(list(enumerate(lines))) if index not in allowed
    }
    firsts = sorted(by_verdict.values())
    others = [index for index in range(len(lines)) if index not in allowed and index not in firsts]
    return frozenset((*[*firsts, *others][:SHOWN_OF_EACH_SIDE], *allowed[:SHOWN_OF_EACH_SIDE]))
