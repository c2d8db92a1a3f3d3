"""The form in which a policy is written: five inputs that a moderator can fill in on a phone."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import discord

from bot.cogs.safe_text import shortened
from bot.guilds.drafts import Draft
from bot.guilds.form import LIMITS, NAMES, Field, Form
from bot.language import marked, tr

PREFIX = "policy-form:"
"""What the custom id of such a form begins with; the draft's id follows."""
OPEN_SECONDS = 3600.0
"""After that, and after a restart, what was typed is handed back as a file."""
_LONGEST_TITLE, _LONGEST_DESCRIPTION, _LONGEST_PLACEHOLDER = 45, 100, 100
"""Characters; see Discord's documentation, "Modal" and "Label"."""
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

Submitted = Callable[[discord.Interaction[Any], str, Form], Awaitable[None]]
"""Takes the interaction, the draft's id and what was typed."""


class PolicyForm(discord.ui.Modal):
    """The form with a draft's text."""

    def __init__(self, draft: Draft, title: str, submitted: Submitted) -> None:
        super().__init__(
            title=shortened(title, _LONGEST_TITLE), timeout=OPEN_SECONDS, custom_id=f"{PREFIX}{draft.id}"
        )
        self._draft_id = draft.id
        self._submitted = submitted
        self._inputs = {field: _input(field, draft.form or Form()) for field in Field}
        for field, text_input in self._inputs.items():
            description = shortened(tr(_DESCRIPTIONS[field]), _LONGEST_DESCRIPTION)
            self.add_item(discord.ui.Label(text=tr(NAMES[field]), description=description, component=text_input))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Hand on what was typed."""
        typed = {field.value: text_input.value for field, text_input in self._inputs.items()}
        await self._submitted(interaction, self._draft_id, Form(**typed))


def typed_in(interaction: discord.Interaction[Any]) -> tuple[str, Form] | None:
    """The draft's id and what was typed, for a form that nobody waits for any more; None if it is another form."""
    data: Mapping[str, Any] = interaction.data or {}
    custom_id = str(data.get("custom_id", ""))
    if interaction.type is not discord.InteractionType.modal_submit or not custom_id.startswith(PREFIX):
        return None
    values = dict(_values(data.get("components", ())))
    return custom_id.removeprefix(PREFIX), Form(**{field.value: values.get(field.value, "") for field in Field})


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


def _values(components: Any) -> Iterator[tuple[str, str]]:
    for each in components:
        if "value" in each:
            yield str(each.get("custom_id")), str(each["value"] or "")
        yield from _values([each["component"]] if each.get("component") else each.get("components") or ())
