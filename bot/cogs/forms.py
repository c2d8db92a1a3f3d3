"""Forms: what a person typed is worked on whether this process has opened the form, or one before it.

discord.py keeps the forms that it has sent, and forgets them with the process. Ours are not left to it: as with a
card's buttons, the id of a form names what it is about, and a form that is sent off is answered by its id alone.
An id holds no state and proves nothing, so who sends it and what it is about is looked at anew.
"""

import io
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.cogs.reading import storable
from bot.cogs.safe_text import code_block, shortened, units
from bot.language import marked, tr

Click = discord.Interaction[Any]

LONGEST_TITLE: Final = 45
"""Characters of a form's title, and of a field's label (Discord's reference, "Modal" and "Label")."""
_TEXT_INPUT: Final = 4
_YOURS: Final = marked("You wrote:")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stood in a form when it was sent off."""

    texts: Mapping[str, str]
    """{a field's id: what was typed into it}, in the form's order."""
    chosen: Mapping[str, tuple[str, ...]]
    """{a menu's id: the values that were chosen}."""

    @classmethod
    def of(cls, sent: Click) -> "Typed":
        """What a form brought; nothing, if it is none."""
        data: Mapping[str, Any] = sent.data or {}
        fields = tuple(_fields(data.get("components") or ()))
        return cls(
            {str(each["custom_id"]): storable(str(each.get("value") or "")) for each in fields if _is_text(each)},
            {str(each["custom_id"]): tuple(each.get("values") or ()) for each in fields if not _is_text(each)},
        )

    def text(self, field: str, longest: int) -> str:
        """What was typed into a field, without blanks around it; "" if there is no such field."""
        return self.texts.get(field, "").strip()[:longest]

    def choice(self, menu: str) -> str | None:
        """The first thing that was chosen from a menu; None if nothing was, or if there is no such menu."""
        return next(iter(self.chosen.get(menu, ())), None)

    @property
    def words(self) -> str:
        """All that was typed."""
        return "\n\n".join(text for text in self.texts.values() if text.strip())


Handler = Callable[[Click, re.Match[str], Typed], Awaitable[None]]
"""Takes the interaction that brought the form, what its id says, and what was typed."""


class StandingForm(discord.ui.Modal):
    """A form that anybody may send off at any time: its id finds the handler. See `FormBook`."""

    def __init__(self, title: str, custom_id: str) -> None:
        super().__init__(title=shortened(title, LONGEST_TITLE), timeout=None, custom_id=custom_id)
        self.stop()  # discord.py keeps only what still listens; this one is found by its id


class FormBook:
    """Who works on which form. One per bot."""

    def __init__(self) -> None:
        self._handlers: dict[re.Pattern[str], Handler] = {}

    @property
    def patterns(self) -> frozenset[re.Pattern[str]]:
        """The ids of all forms that are worked on."""
        return frozenset(self._handlers)

    def hear(self, pattern: re.Pattern[str], handler: Handler) -> None:
        """Let a handler work on every form with such an id."""
        self._handlers[pattern] = handler

    async def sent(self, click: Click) -> bool:
        """Work on a form that was sent off; whether there was anybody for it. Raises what the handler raises."""
        data: Mapping[str, Any] = click.data or {}
        custom_id = str(data.get("custom_id", ""))
        for pattern, handler in self._handlers.items():
            if match := pattern.fullmatch(custom_id):
                await handler(click, match, Typed.of(click))
                return True
        return False


def with_words(text: str, words: str, room: int) -> tuple[str, discord.File | None]:
    """An answer that gives a person back what they wrote for something that was not done.

    In at most `room` units; and as a file where what stands there is not the whole of it, letter by letter.
    """
    if not words.strip():
        return text, None
    above = f"{text}\n{tr(_YOURS)}\n"
    block, _ = code_block(words, room - units(above))
    whole = words in block
    return above + block, None if whole else _file(words)


def _file(words: str) -> discord.File:
    return discord.File(io.BytesIO(words.encode("utf-8", "replace")), "words.txt")


def _fields(components: Any) -> Iterator[Mapping[str, Any]]:
    """The fields and menus of a form, out of the labels and rows around them."""
    for each in components:
        if "custom_id" in each:
            yield each
        yield from _fields([each["component"]] if each.get("component") else each.get("components") or ())


def _is_text(field: Mapping[str, Any]) -> bool:
    return field.get("type") == _TEXT_INPUT
