"""From a policy to the form that shows it, or the reason why no form can."""

from dataclasses import dataclass
from enum import StrEnum

from bot.guilds.form import LIMITS, Field, Form, FormError
from bot.guilds.form_lines import BULLETS, has_note_mark, has_terms_mark
from bot.guilds.form_reading import read_form
from policies.policy import Example, Policy, Rule


class Misfit(StrEnum):
    """Why a policy does not fit into a form."""

    TOO_LONG = "too long"
    """A field would have more characters than Discord takes."""
    UNUSUAL = "unusual"
    """It holds texts that the form's lines cannot hold: blanks at an end, for instance."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A policy's form."""

    form: Form
    hides_terms: bool
    """The rules' terms had no room: they stay as they are."""


def form_of(policy: Policy) -> Shown | Misfit:
    """The form that reads back as exactly this policy, without the rules' terms if they have no room."""
    shown = next(
        (each for each in (_shown(policy, hide=False), _shown(policy, hide=True)) if _fits(each.form)), None
    )
    if shown is None:
        return Misfit.TOO_LONG
    try:
        same = read_form(shown.form, policy.id, policy, hides_terms=shown.hides_terms) == policy
    except FormError:
        same = False
    return shown if same else Misfit.UNUSUAL


def example_line(example: Example) -> str:
    """An example as the form has it, several lines if the text has several."""
    text = example.text.replace("\n", "\n> ")
    mark = "* " if example.show else ""
    note = f" # {example.note or ''}".rstrip() if example.note or has_note_mark(example.text) else ""
    return f"{mark}{example.verdict}: {text}{note}"


def _shown(policy: Policy, *, hide: bool) -> Shown:
    form = Form(
        title=policy.title,
        goal=policy.goal,
        rules="\n".join(_rule_line(rule, hide=hide) for rule in policy.rules),
        allowed="\n".join(f"- {line}" if line.startswith(BULLETS) else line for line in policy.allowed),
        examples="\n".join(map(example_line, policy.examples)),
    )
    return Shown(form, hide)


def _rule_line(rule: Rule, *, hide: bool) -> str:
    options = ", ".join((rule.severity.value, *rule.suggest))
    terms = f" | terms: {', '.join(rule.terms)}" if rule.terms and not hide else ""
    if not terms and not hide and has_terms_mark(rule.text):
        terms = " | terms:"
    return f"{rule.id} [{options}]: {rule.text}{terms}"


def _fits(form: Form) -> bool:
    return all(len(form.text(field).encode("utf-16-le")) // 2 <= LIMITS[field] for field in Field)
