"""Pages that are turned by buttons: each button holds what it shows and which page, and never state.

So pages can be turned after a restart too, and every turn looks again whether the person may see them.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import discord
import structlog
from discord.ui import Button, DynamicItem, Item, View

from bot.cogs.budget import TITLE
from bot.cogs.plainly import plainly, said
from bot.cogs.replies import Reply
from bot.cogs.safe_text import shortened, units
from bot.language import marked, tr
from bot.ports import StoreError

_log = structlog.get_logger(__name__)
NO_MEMORY = marked("My memory does not answer. Please try again in a minute.")

_CUSTOM_ID = re.compile(r"(?P<book>case-pages|history-pages):(?P<id>[1-9][0-9]{0,18}):(?P<page>[0-9]{1,4})")
CASE_PAGES, HISTORY_PAGES = "case-pages", "history-pages"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page with the buttons that turn it."""

    embed: discord.Embed
    view: View | None = None


Turn = Callable[[discord.Interaction[Any], int, int], Awaitable[None]]
"""Takes the interaction, the id of what is shown and the page's index."""


def page_buttons(book: str, id_: int, page: int, last: int) -> View | None:
    """Back and forth; None where there is one page only."""
    if last <= 0:
        return None
    view = View(timeout=None)
    for target, label in ((page - 1, tr("Back")), (page + 1, tr("Next"))):
        possible = 0 <= target <= last
        custom_id = f"{book}:{id_}:{target if possible else page}"
        view.add_item(Button(label=label, disabled=not possible, custom_id=custom_id))
    view.stop()
    return view


def leaf(texts: Sequence[str], index: int, heading: str, turned_by: tuple[str, int]) -> Leaf:
    """One page of several; a number that is too high stands for the last one.

    `turned_by`: the book's name, and the id of what is shown.
    """
    last = len(texts) - 1
    index = min(max(index, 0), last)
    embed = discord.Embed(title=shortened(heading, TITLE), description=texts[index])
    if last:
        embed.set_footer(text=tr("Page {page} of {pages}", page=index + 1, pages=last + 1))
    return Leaf(embed, page_buttons(*turned_by, index, last))


def packed(blocks: Sequence[str], room: int) -> list[str]:
    """Blocks one below the other, as many on each page as fit. No block may be longer than a page."""
    texts: list[str] = []
    for block in filter(None, blocks):
        together = f"{texts[-1]}\n\n{block}" if texts else block
        if texts and units(together) <= room:
            texts[-1] = together
        else:
            texts.append(shortened(block, room))
    return texts or [tr("There is nothing to show.")]


async def show(click: discord.Interaction[Any], work: Awaitable[Leaf]) -> None:
    """Answer a command or a press with a page that only this person sees, or say what is in its way."""
    await click.response.defer(ephemeral=True, thinking=True)
    shown = await _made(work)
    await click.edit_original_response(embed=shown.embed, view=shown.view)


async def turn(click: discord.Interaction[Any], work: Awaitable[Leaf]) -> None:
    """Show another page in place of the one whose button was pressed."""
    await click.response.defer()
    shown = await _made(work)
    await click.edit_original_response(embed=shown.embed, view=shown.view)


async def _made(work: Awaitable[Leaf]) -> Leaf:
    leaves: list[Leaf] = []

    async def made() -> Reply:
        leaves.append(await work)
        return Reply(leaves[0].embed)

    try:
        told = await plainly(made())
    except StoreError as error:
        _log.error("a page found the store away", reason=str(error))
        told = said(tr(NO_MEMORY))
    return leaves[0] if leaves else Leaf(told.embed)


def page_items(turns: dict[str, Turn]) -> type[DynamicItem[Button[Any]]]:
    """The class that discord.py makes of every pressed button of these. `turns`: by the book's name."""

    class PageButton(DynamicItem[Button[Any]], template=_CUSTOM_ID):
        def __init__(self, match: re.Match[str]) -> None:
            super().__init__(Button(custom_id=match.string))
            self.turn = turns[match["book"]]
            self.id_ = int(match["id"])
            self.page = int(match["page"])

        @classmethod
        async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(match)

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            await self.turn(interaction, self.id_, self.page)

    return PageButton
