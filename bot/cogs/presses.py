"""What can be pressed about a case, and how it is written into a component's id and read again.

An id names a case and what is wanted, and never holds state: who pressed, and how the case stands, is looked at
when it arrives. A press is written `delete-timeout-60` (delete the message, and time the author out for an hour),
`ban-24` (ban, and delete what was written in the last 24 hours) or `reasoning`; `anyway-` before it means that the
person was told what speaks against it.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Self

import discord
from discord.ui import Button, DynamicItem, Item, Select

from bot.case import BESIDE_DELETING, Action
from policies.constraints import LONGEST_TIMEOUT_MINUTES

LONGEST_HISTORY_HOURS: Final = 7 * 24
"""Discord's limit: 7 days (`delete_message_seconds` in the API reference of guild bans)."""


class Press(StrEnum):
    """What a button or a menu's entry is for."""

    DELETE = "delete"
    DISMISS = "dismiss"
    WARN = "warn"
    TIMEOUT = "timeout"
    KICK = "kick"
    BAN = "ban"
    HELP = "help"
    UNDO = "undo"
    REASONING = "reasoning"
    EVIDENCE = "evidence"
    CLAIM = "claim"
    RELEASE = "release"
    ESCALATE = "escalate"
    CALM = "calm"
    HISTORY = "history"
    PRECEDENTS = "precedents"
    EXAMPLE = "example"
    NOTICE = "notice"
    MORE = "more"

    @property
    def action(self) -> Action | None:
        """The action it decides for; None if it does something else."""
        return Action(self.value) if self.value in set(Action) else None


def word_of(presses: Iterable[Press]) -> str:
    """The pattern of these presses as they are written."""
    return rf"(?P<anyway>anyway-)?(?P<also>delete-)?(?P<press>{'|'.join(presses)})(?:-(?P<amount>[0-9]{{1,5}}))?"


_WORD: Final = word_of(Press)
_CASE: Final = r"case:(?P<case>[1-9][0-9]{0,18}):"
_BUTTON: Final = re.compile(_CASE + _WORD)
_MENU: Final = re.compile(_CASE + "act")
_WITH_AMOUNT: Final = frozenset({Press.TIMEOUT, Press.BAN})


@dataclass(frozen=True, slots=True)
class Pressed:
    """What somebody wants to be done."""

    press: Press
    also_delete: bool = False
    """Together with deleting the message."""
    amount: int | None = None
    """Minutes of a timeout; hours of history that a ban deletes."""
    anyway: bool = False
    """They were told what speaks against it."""

    @property
    def action(self) -> Action | None:
        """The action it decides for; None if it does something else."""
        return self.press.action

    @property
    def timeout(self) -> timedelta | None:
        """How long a timeout lasts, if it is one and says so."""
        if self.press is not Press.TIMEOUT or not self.amount:
            return None
        return timedelta(minutes=min(self.amount, LONGEST_TIMEOUT_MINUTES))

    @property
    def delete_history(self) -> timedelta:
        """How far back a ban deletes."""
        hours = self.amount if self.press is Press.BAN and self.amount else 0
        return timedelta(hours=min(hours, LONGEST_HISTORY_HOURS))

    @property
    def word(self) -> str:
        """The press in an id; `read` is the way back."""
        before = ("anyway-" if self.anyway else "") + ("delete-" if self.also_delete else "")
        return f"{before}{self.press}{'' if self.amount is None else f'-{self.amount}'}"

    @classmethod
    def of(cls, found: re.Match[str]) -> Self:
        """What an id says that has the shape of one; what makes no sense in it is left out."""
        press = Press(found["press"])
        return cls(
            press,
            also_delete=found["also"] is not None and press.action in BESIDE_DELETING,
            amount=int(found["amount"]) if found["amount"] and press in _WITH_AMOUNT else None,
            anyway=found["anyway"] is not None,
        )

    @classmethod
    def read(cls, word: str) -> Self | None:
        """The press that a menu's entry stands for; None if it is none."""
        found = re.fullmatch(_WORD, word)
        return cls.of(found) if found else None

    def insisted(self) -> "Pressed":
        """The same, by somebody who was told what speaks against it."""
        return replace(self, anyway=True)


Handler = Callable[[discord.Interaction[Any], int, Pressed], Awaitable[None]]
"""Takes the interaction, the case's id and what was pressed. Raises nothing."""


def custom_id(case_id: int, press: Pressed | Press) -> str:
    """What Discord sends back when the button is pressed."""
    return f"case:{case_id}:{press.word if isinstance(press, Pressed) else press.value}"


def menu_id(case_id: int) -> str:
    """The id of the menu of actions."""
    return f"case:{case_id}:act"


def case_of(custom_id: str | None) -> int | None:
    """The case that a button belongs to; None if it is not one of these buttons."""
    found = _BUTTON.fullmatch(custom_id or "")
    return int(found["case"]) if found else None


def handled_by(handler: Handler) -> tuple[type[DynamicItem[Button[Any]]], type[DynamicItem[Select[Any]]]]:
    """The classes that discord.py makes of every pressed button and menu of a case, whenever it was posted."""

    class CaseButton(DynamicItem[Button[Any]], template=_BUTTON):
        def __init__(self, case_id: int, press: Pressed) -> None:
            super().__init__(Button(custom_id=custom_id(case_id, press)))
            self.case_id = case_id
            self.press = press

        @classmethod
        async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(int(match["case"]), Pressed.of(match))

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            await handler(interaction, self.case_id, self.press)

    class CaseMenu(DynamicItem[Select[Any]], template=_MENU):
        def __init__(self, case_id: int) -> None:
            super().__init__(Select(custom_id=menu_id(case_id)))
            self.case_id = case_id

        @classmethod
        async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(int(match["case"]))

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            await handler(interaction, self.case_id, _chosen(interaction) or Pressed(Press.MORE))

    return CaseButton, CaseMenu


def _chosen(interaction: discord.Interaction[Any]) -> Pressed | None:
    data: Mapping[str, Any] = interaction.data or {}
    values = data.get("values", [])
    return Pressed.read(str(values[0])) if isinstance(values, list) and values else None
