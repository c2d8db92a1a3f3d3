"""A policy as five fields of a form that a moderator can fill in on a phone.

    Title     Harassment
    Goal      Keep members free from attacks on their person.
    Rules     H1 [high, delete, timeout 1h]: Insults aimed at a member. | terms: trash, loser
    Allowed   Blunt criticism of an idea, a build or a play.
    Examples  * H1: you're trash, uninstall
              allowed: this boss is trash # no person is meant

One line for each rule, allowed case and example. `form_reading` makes a policy of it, `form_writing` a form of a
policy, `form_text` a text file of a form.
"""

from collections.abc import Mapping
from enum import StrEnum

from bot.language import marked, tr, tr_in
from policies.frozen import Frozen

LONGEST_FIELD = 4000
"""Characters; see Discord's documentation, "Text Input"."""
LONGEST_TITLE, LONGEST_GOAL = 80, 500
"""Characters that a policy takes."""


class Field(StrEnum):
    """The form's fields, in their order. The value is the input's id."""

    TITLE = "title"
    GOAL = "goal"
    RULES = "rules"
    ALLOWED = "allowed"
    EXAMPLES = "examples"


NAMES: Mapping[Field, str] = {
    Field.TITLE: marked("Title", context="part of a policy"),
    Field.GOAL: marked("Goal", context="part of a policy"),
    Field.RULES: marked("Rules", context="part of a policy"),
    Field.ALLOWED: marked("Allowed", context="part of a policy"),
    Field.EXAMPLES: marked("Examples", context="part of a policy"),
}
"""What people call the fields, in English; see `field_name`."""
LIMITS: Mapping[Field, int] = {
    Field.TITLE: LONGEST_TITLE,
    Field.GOAL: LONGEST_GOAL,
    Field.RULES: LONGEST_FIELD,
    Field.ALLOWED: LONGEST_FIELD,
    Field.EXAMPLES: LONGEST_FIELD,
}


def field_name(field: Field) -> str:
    """What people call a field, in the language that is spoken now."""
    return tr_in("part of a policy", NAMES[field])


class Form(Frozen):
    """What its author typed, right or wrong."""

    title: str = ""
    goal: str = ""
    rules: str = ""
    allowed: str = ""
    examples: str = ""

    def text(self, field: Field) -> str:
        """What stands in a field."""
        return str(getattr(self, field.value))


class FormProblem(Frozen):
    """One thing that is wrong with a form, and what to write instead, in the language that was spoken then."""

    field: Field
    line: int
    """From 1, blank lines included; 0 for the whole field."""
    message: str
    hint: str

    @property
    def place(self) -> str:
        """Where it is: "Rules, line 2"."""
        name = field_name(self.field)
        return tr("{field}, line {line}", field=name, line=self.line) if self.line else name


class FormError(Exception):
    """A form cannot be read. `problems` lists everything found, in the order of the fields."""

    def __init__(self, problems: tuple[FormProblem, ...]) -> None:
        order = tuple(Field)
        self.problems = tuple(sorted(problems, key=lambda each: (order.index(each.field), each.line)))
        super().__init__("\n".join(f"{each.place}: {each.message}; {each.hint}" for each in self.problems))
