"""The buttons below what somebody is writing: each holds a draft's id, and never state."""

import re
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

import discord
from discord.ui import Button, DynamicItem, Item, View

from bot.language import marked, tr


class Press(StrEnum):
    """What a button is for."""

    SAVE = "save"
    LIVE = "live"
    """Save, and set the mode to live."""
    FIX = "fix"
    """Open the form again, with all that was typed."""
    CHANGE = "change"
    CANCEL = "cancel"
    BOTH = "both"
    """Show what somebody else saved meanwhile beside one's own text."""
    MINE = "mine"
    """Save over what somebody else saved meanwhile."""
    AGAIN = "again"
    """Open the form with one's own text, on top of what somebody else saved meanwhile."""
    REMOVE = "remove"
    START = "start"
    """Set a policy's mode to live, having seen what it found in its shadow."""


_LABELS: Mapping[Press, str] = MappingProxyType(
    {
        Press.SAVE: marked("Save"),
        Press.LIVE: marked("Save and go live"),
        Press.FIX: marked("Fix"),
        Press.CHANGE: marked("Change"),
        Press.CANCEL: marked("Cancel"),
        Press.BOTH: marked("Look at both"),
        Press.MINE: marked("Save mine over it"),
        Press.AGAIN: marked("Edit again"),
        Press.REMOVE: marked("Remove"),
        Press.START: marked("Go live"),
    }
)
_STYLES: Mapping[Press, discord.ButtonStyle] = MappingProxyType(
    {
        Press.SAVE: discord.ButtonStyle.success,
        Press.LIVE: discord.ButtonStyle.primary,
        Press.FIX: discord.ButtonStyle.primary,
        Press.MINE: discord.ButtonStyle.danger,
        Press.REMOVE: discord.ButtonStyle.danger,
        Press.START: discord.ButtonStyle.primary,
    }
)
_CUSTOM_ID = re.compile(rf"draft:(?P<draft>[0-9a-f]{{16}}):(?P<press>{'|'.join(Press)})")

Handler = Callable[[discord.Interaction[Any], str, Press], Awaitable[None]]
"""Takes the interaction, the draft's id and what was pressed. Raises nothing."""


def draft_buttons(draft_id: str, *presses: Press) -> View:
    """Buttons that work until the draft is forgotten, and say so afterwards."""
    view = View(timeout=None)
    for press in presses:
        style = _STYLES.get(press, discord.ButtonStyle.secondary)
        view.add_item(Button(label=tr(_LABELS[press]), style=style, custom_id=f"draft:{draft_id}:{press}"))
    view.stop()  # a press finds its handler by its custom id alone
    return view


def handled_by(handler: Handler) -> type[DynamicItem[Button[Any]]]:
    """The class that discord.py makes of every such button that is pressed."""

    class DraftButton(DynamicItem[Button[Any]], template=_CUSTOM_ID):
        def __init__(self, draft_id: str, press: Press) -> None:
            super().__init__(Button(custom_id=f"draft:{draft_id}:{press}"))
            self.draft_id = draft_id
            self.press = press

        @classmethod
        async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(match["draft"], Press(match["press"]))

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            await handler(interaction, self.draft_id, self.press)

    return DraftButton
