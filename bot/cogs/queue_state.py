"""What a page of the queue is about, written into its buttons: nothing is remembered between two presses."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

import discord
from discord.ui import Button, DynamicItem, Item, Select

from bot.records.reports import QueueClaims, QueueOrder

Click = discord.Interaction[Any]
PAGE: Final = 8
"""Cases on a page."""
_ALL: Final = "*"


class QueuePress(StrEnum):
    """What is pressed or chosen on a page."""

    OPEN = "open"
    """On the line in the review channel: a page opens, for the one who pressed."""
    BACK = "back"
    ON = "on"
    NEXT = "next"
    """"Take the next one"."""
    BULK = "bulk"
    """"How far is it?"."""
    CASE = "case"
    ORDER = "order"
    CLAIMS = "claims"
    POLICY = "policy"

    @property
    def is_menu(self) -> bool:
        """Whether it comes with a chosen value."""
        return self in (QueuePress.CASE, QueuePress.ORDER, QueuePress.CLAIMS, QueuePress.POLICY)


_BUTTONS: Final = "|".join(press for press in QueuePress if not press.is_menu)
_MENUS: Final = "|".join(press for press in QueuePress if press.is_menu)
_STATE: Final = (
    r"queue:(?P<order>severity|age|split):(?P<claims>all|mine|free):(?P<policy>[a-z0-9-]{1,40}|\*)"
    r":(?P<offset>[0-9]{1,6})"
)
_BUTTON_ID: Final = re.compile(rf"{_STATE}:(?P<press>{_BUTTONS})")
_MENU_ID: Final = re.compile(rf"{_STATE}:(?P<press>{_MENUS})")


@dataclass(frozen=True, slots=True)
class QueueState:
    """Where somebody is in the queue."""

    order: QueueOrder = QueueOrder.SEVERITY
    claims: QueueClaims = QueueClaims.ALL
    policy_id: str | None = None
    offset: int = 0

    def custom_id(self, press: QueuePress) -> str:
        """What Discord sends back when this is pressed; at most 78 characters."""
        return f"queue:{self.order}:{self.claims}:{self.policy_id or _ALL}:{self.offset}:{press}"

    def after(self, press: QueuePress, value: str = "") -> Self:
        """Where they are after a press."""
        if press is QueuePress.BACK:
            return replace(self, offset=max(0, self.offset - PAGE))
        if press is QueuePress.ON:
            return replace(self, offset=self.offset + PAGE)
        if press is QueuePress.ORDER and value in set(QueueOrder):
            return replace(self, order=QueueOrder(value), offset=0)
        if press is QueuePress.CLAIMS and value in set(QueueClaims):
            return replace(self, claims=QueueClaims(value), offset=0)
        if press is QueuePress.POLICY:
            return replace(self, policy_id=None if value == _ALL else value, offset=0)
        return self

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """The state in a custom id."""
        policy = None if match["policy"] == _ALL else match["policy"]
        return cls(QueueOrder(match["order"]), QueueClaims(match["claims"]), policy, int(match["offset"]))


def is_line_id(custom_id: str | None) -> bool:
    """Whether a button is the one on the line in a review channel."""
    found = _BUTTON_ID.fullmatch(custom_id or "")
    return found is not None and found["press"] == QueuePress.OPEN


QueueHandler = Callable[[Click, QueueState, QueuePress, str], Awaitable[None]]
"""Takes the interaction, the page's state, what was pressed and the chosen value. Raises nothing."""


def queue_items(handler: QueueHandler) -> tuple[type[DynamicItem[Any]], ...]:
    """The classes that discord.py makes of what is pressed on a page, whenever it was sent."""

    class QueueButton(DynamicItem[Button[Any]], template=_BUTTON_ID):
        def __init__(self, match: re.Match[str]) -> None:
            super().__init__(Button(custom_id=match[0]))
            self.state, self.press = QueueState.of(match), QueuePress(match["press"])

        @classmethod
        async def from_custom_id(cls, _: Click, __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(match)

        async def callback(self, interaction: Click) -> None:
            await handler(interaction, self.state, self.press, "")

    class QueueMenu(DynamicItem[Select[Any]], template=_MENU_ID):
        def __init__(self, match: re.Match[str]) -> None:
            super().__init__(Select(custom_id=match[0]))
            self.state, self.press = QueueState.of(match), QueuePress(match["press"])

        @classmethod
        async def from_custom_id(cls, _: Click, __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(match)

        async def callback(self, interaction: Click) -> None:
            await handler(interaction, self.state, self.press, next(iter(self.item.values), ""))

    return QueueButton, QueueMenu
