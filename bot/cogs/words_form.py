"""A form with one field for a few sentences: a note, an appeal, an answer."""

from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.cogs.forms import LONGEST_TITLE, StandingForm
from bot.cogs.safe_text import shortened

Click = discord.Interaction[Any]

WORDS: Final = "words"
"""The field's id."""
_LONGEST_DESCRIPTION: Final = 100
"""Discord's limit, in characters."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    title: str
    label: str
    description: str = ""
    longest: int = 1000
    required: bool = True


class WordsForm(StandingForm):
    """Asks one question. `custom_id` says who works on the answer."""

    def __init__(self, question: Question, custom_id: str) -> None:
        super().__init__(question.title, custom_id)
        words: discord.ui.TextInput[WordsForm] = discord.ui.TextInput(
            custom_id=WORDS,
            style=discord.TextStyle.paragraph,
            max_length=question.longest,
            required=question.required,
        )
        self.add_item(
            discord.ui.Label(
                text=shortened(question.label, LONGEST_TITLE),
                description=shortened(question.description, _LONGEST_DESCRIPTION) or None,
                component=words,
            )
        )
