"""A form with one field for a few sentences: a note, a reason, an appeal, an answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.cogs.safe_text import shortened

Click = discord.Interaction[Any]

LONGEST_TITLE, LONGEST_LABEL, LONGEST_DESCRIPTION = 45, 45, 100
"""Discord's limits, in characters."""
_OPEN_FOR: Final = 3600.0
"""Seconds that a form may be open. After that, and after a restart, whoever sends it is told that it is stale."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    title: str
    label: str
    description: str = ""
    longest: int = 1000
    required: bool = True


class WordsForm(discord.ui.Modal):
    """Asks one question; what was written goes to `sent` with the interaction that brought it."""

    def __init__(self, question: Question, sent: Callable[[Click, str], Awaitable[None]]) -> None:
        super().__init__(title=shortened(question.title, LONGEST_TITLE), timeout=_OPEN_FOR)
        self._sent = sent
        self._words: discord.ui.TextInput[WordsForm] = discord.ui.TextInput(
            custom_id="words",
            style=discord.TextStyle.paragraph,
            max_length=question.longest,
            required=question.required,
        )
        self.add_item(
            discord.ui.Label(
                text=shortened(question.label, LONGEST_LABEL),
                description=shortened(question.description, LONGEST_DESCRIPTION) or None,
                component=self._words,
            )
        )

    async def on_submit(self, interaction: Click, /) -> None:
        """Hand on what was written."""
        await self._sent(interaction, self._words.value.strip())
