"""The buttons under a card: which there are, what they say, and how a press finds its way back."""

import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

import discord
from discord.ui import Button, DynamicItem, Item, View

from bot.case import Action, CaseFile, CaseState, may_follow
from bot.cogs.words import short_length
from bot.review.decisions import timeout_for
from bot.units import parse_duration


class Press(StrEnum):
    """What a button under a card is for."""

    DELETE = "delete"
    TIMEOUT = "timeout"
    DISMISS = "dismiss"
    REASONING = "reasoning"

    @property
    def action(self) -> Action | None:
        """The action it decides for; None if it only shows something."""
        return None if self is Press.REASONING else Action(self.value)


_STYLES = {
    Press.DELETE: discord.ButtonStyle.danger,
    Press.TIMEOUT: discord.ButtonStyle.primary,
    Press.DISMISS: discord.ButtonStyle.secondary,
    Press.REASONING: discord.ButtonStyle.secondary,
}
_CUSTOM_ID = re.compile(r"case:(?P<case>[1-9][0-9]{0,18}):(?P<press>delete|timeout|dismiss|reasoning)")
"""A button holds an id and never state."""
_TIMEOUT = "Timeout "

ButtonHandler = Callable[[discord.Interaction[Any], int, Press], Awaitable[None]]
"""Takes the interaction, the case's id and what was pressed. Raises nothing."""


def custom_id(case_id: int, press: Press) -> str:
    """What Discord sends back when the button is pressed."""
    return f"case:{case_id}:{press}"


def case_of(custom_id: str | None) -> int | None:
    """The case that a button belongs to; None if it is not one of these buttons."""
    found = _CUSTOM_ID.fullmatch(custom_id or "")
    return int(found["case"]) if found else None


def offered(case: CaseFile) -> tuple[Press, ...]:
    """The buttons that a case has in its state. Reasoning is always there: a card is found again by it."""
    possible = tuple(press for press in Press if press.action and _may_be_pressed(case, press.action))
    return (*possible, Press.REASONING)


def _may_be_pressed(case: CaseFile, action: Action) -> bool:
    if action is Action.DELETE and case.deleted_at:
        return False
    if case.state is CaseState.OPEN:
        return True
    return case.decision is not None and may_follow(case.decision, case.state, action)


def buttons(case: CaseFile) -> View:
    """The buttons as discord.py sends them.

    The view is stopped at once: a press finds its handler by its custom id alone, and discord.py would otherwise
    remember every view that was ever sent.
    """
    view = View(timeout=None)
    for press in offered(case):
        view.add_item(
            Button(label=_label(case, press), style=_STYLES[press], custom_id=custom_id(case.id, press), row=0)
        )
    view.stop()
    return view


def _label(case: CaseFile, press: Press) -> str:
    return _TIMEOUT + short_length(timeout_for(case)) if press is Press.TIMEOUT else press.value.capitalize()


def promised_timeout(message: discord.Message | None, case: CaseFile) -> timedelta:
    """The length that was on the button when it was pressed.

    The card may be older than the case, and another rule may call for another length by now: what a person
    pressed is what they decided.
    """
    wanted = custom_id(case.id, Press.TIMEOUT)
    labels = (button.label or "" for button in pressable(message) if button.custom_id == wanted)
    label = next(labels, "")
    try:
        return parse_duration(label.removeprefix(_TIMEOUT))
    except ValueError:
        return timeout_for(case)


def pressable(message: discord.Message | None) -> Iterator[discord.Button]:
    """The buttons that a message carries."""
    for row in message.components if message else ():
        if isinstance(row, discord.ActionRow):
            yield from (item for item in row.children if isinstance(item, discord.Button))


def handled_by(handler: ButtonHandler) -> type[DynamicItem[Button[Any]]]:
    """The class that discord.py makes of every pressed button of a card, whenever it was posted."""

    class CaseButton(DynamicItem[Button[Any]], template=_CUSTOM_ID):
        def __init__(self, case_id: int, press: Press) -> None:
            super().__init__(Button(custom_id=custom_id(case_id, press)))
            self.case_id = case_id
            self.press = press

        @classmethod
        async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(int(match["case"]), Press(match["press"]))

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            await handler(interaction, self.case_id, self.press)

    return CaseButton
