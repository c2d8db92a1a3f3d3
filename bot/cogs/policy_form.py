"""The form in which a policy is written: five inputs that a moderator can fill in on a phone."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import discord

from bot.cogs.forms import StandingForm, Typed
from bot.cogs.safe_text import shortened
from bot.guilds.drafts import Draft
from bot.guilds.form import LIMITS, Field, Form, field_name
from bot.language import marked, tr

FORM_ID = re.compile(r"policy-form:(?P<draft>.{1,80})")
"""When the draft is forgotten, as after a restart, what was typed is handed back as a file."""
_LONGEST_DESCRIPTION, _LONGEST_PLACEHOLDER = 100, 100
"""Characters; see Discord's documentation, "Label" and "Text Input"."""
_DESCRIPTIONS: Mapping[Field, str] = MappingProxyType(
    {
        Field.TITLE: marked("What moderators read on cards"),
        Field.GOAL: marked("What the policy is for, in one sentence"),
        Field.RULES: marked("One a line: H1 [high, delete, timeout 1h]: text | terms: word, word"),
        Field.ALLOWED: marked("One a line: what looks alike and is fine"),
        Field.EXAMPLES: marked(
            "One a line: H1: message, or allowed: message # note. A * before it: the model reads it"
        ),
    }
)
_PLACEHOLDERS: Mapping[Field, str] = MappingProxyType(
    {
        Field.TITLE: marked("Harassment"),
        Field.GOAL: marked("Keep members free from attacks on their person."),
        Field.RULES: marked("H1 [high, delete, timeout 1h]: Insults aimed at a member. | terms: loser, clown"),
        Field.ALLOWED: marked("Harsh words about an idea, a build or a play."),
        Field.EXAMPLES: marked("* H1: you are such a loser\nallowed: this boss is trash # no person is meant"),
    }
)


class PolicyForm(StandingForm):
    """The form with a draft's text."""

    def __init__(self, draft: Draft, title: str) -> None:
        super().__init__(title, f"policy-form:{draft.id}")
        for field in Field:
            description = shortened(tr(_DESCRIPTIONS[field]), _LONGEST_DESCRIPTION)
            text_input = _input(field, draft.form or Form())
            self.add_item(discord.ui.Label(text=field_name(field), description=description, component=text_input))


def filled_in(typed: Typed) -> Form:
    """What was typed, exactly as it was."""
    return Form(**{field.value: typed.texts.get(field.value, "") for field in Field})


def _input(field: Field, form: Form) -> "discord.ui.TextInput[PolicyForm]":
    is_short = field is Field.TITLE
    return discord.ui.TextInput(
        custom_id=field.value,
        style=discord.TextStyle.short if is_short else discord.TextStyle.paragraph,
        placeholder=shortened(tr(_PLACEHOLDERS[field]), _LONGEST_PLACEHOLDER),
        default=form.text(field) or None,
        required=False,  # what is missing is said with everything else that is wrong, and nothing typed is lost
        max_length=LIMITS[field],
    )
