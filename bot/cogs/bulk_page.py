"""What is shown around one decision about many cases, and what its buttons say. Buttons hold ids, never state."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import discord
from discord.ui import Button, DynamicItem, Item, View

from bot.case import Action, CaseFile
from bot.cogs.replies import Reply, page
from bot.language import marked, number, tr, tr_n
from bot.records.reports import Alike, Bulk, BulkExtent

Click = discord.Interaction[Any]
_HEADINGS: Final = {
    Alike.AUTHOR: marked("By the same author"),
    Alike.TEXT: marked("With nearly the same text"),
}
_FINAL: Final = marked("Deleting is final: it cannot be undone.")
_REOPENS: Final = marked("This can be undone: the cases are opened again then.")
_CHECKED: Final = marked(
    "Each case is checked again when its turn comes: your permissions, and whether it is open."
)
_ID: Final = re.compile(
    r"bulk:(?P<id>[1-9][0-9]{0,18}):(?:(?P<press>look|undo|cancel)|"
    r"(?P<by>author|text):(?P<action>dismiss|delete):(?P<confirmed>ask|[0-9]{1,9}))"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a moderator wants to decide about many cases."""

    case_id: int
    by: Alike
    action: Action
    confirmed: int | None = None
    """How many cases were named when they confirmed; None: they have not been asked yet."""

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """The wish in a custom id."""
        confirmed = None if match["confirmed"] == "ask" else int(match["confirmed"])
        return cls(int(match["id"]), Alike(match["by"]), Action(match["action"]), confirmed)

    @property
    def custom_id(self) -> str:
        """What Discord sends back; at most 54 characters."""
        confirmed = "ask" if self.confirmed is None else self.confirmed
        return f"bulk:{self.case_id}:{self.by}:{self.action}:{confirmed}"


def alike_button(case_id: int, row: int | None = None) -> "Button[View]":
    """Opens the panel about cases that are like this one."""
    return Button(label=tr("Cases like this"), custom_id=f"bulk:{case_id}:look", row=row)


def panel_page(case: CaseFile, extents: Mapping[Alike, BulkExtent]) -> Reply:
    """What could be decided together with a case."""
    lines = [f"**{tr(_HEADINGS[by])}**: {extent_text(extent)}" for by, extent in extents.items()]
    view = View(timeout=None)
    for row, (by, extent) in enumerate(extents.items()):
        if len(extent.case_ids) > 1:
            for action in (Action.DISMISS, Action.DELETE):
                button: Button[View] = Button(
                    label=_wish_label(by, action), custom_id=Wish(case.id, by, action).custom_id, row=row
                )
                view.add_item(button)
    if not view.children:
        lines.append(tr("No other open case is like it."))
    view.stop()  # presses find their way by the custom id alone
    title = tr("Open cases like case {number}", number=case.id)
    return replace(page(title, lines), view=view if view.children else None)


def confirm_page(wish: Wish, extent: BulkExtent) -> Reply:
    """What it touches, before it is done."""
    count = len(extent.case_ids)
    told = tr("This touches {extent}.", extent=extent_text(extent))
    note = tr(_FINAL) if wish.action is Action.DELETE else tr(_REOPENS)
    label = (
        tr_n("Delete {count} message", "Delete {count} messages", extent.messages)
        if wish.action is Action.DELETE
        else tr_n("Dismiss {count} case", "Dismiss {count} cases", count)
    )
    style = discord.ButtonStyle.danger if wish.action is Action.DELETE else discord.ButtonStyle.primary
    view = View(timeout=None)
    view.add_item(Button(label=label, style=style, custom_id=replace(wish, confirmed=count).custom_id))
    view.add_item(Button(label=tr("Cancel"), custom_id=f"bulk:{wish.case_id}:cancel"))
    view.stop()
    return replace(page(tr(_HEADINGS[wish.by]), [f"**{told}**", note, tr(_CHECKED)]), view=view)


def progress_page(bulk: Bulk) -> Reply:
    """How far it is, and how it ended."""
    ended = bulk.total - bulk.waiting
    lines = [tr("{ended} of {total} cases", ended=number(ended), total=number(bulk.total)), *_endings(bulk)]
    if bulk.waiting:
        lines.append(tr("I go on with it, also after a restart."))
        return page(tr("Under way"), lines, discord.Colour.blurple())
    done = page(tr("Done"), lines, discord.Colour.green())
    if bulk.action is not Action.DISMISS or not bulk.done:
        return done
    view = View(timeout=None)
    view.add_item(Button(label=tr("Undo: open them again"), custom_id=f"bulk:{bulk.id}:undo"))
    view.stop()
    return replace(done, view=view)


def _endings(bulk: Bulk) -> Iterator[str]:
    takes_back = bulk.action is Action.UNDO
    if bulk.done:
        count = number(bulk.done)
        yield tr("Opened again: {count}", count=count) if takes_back else tr("Decided: {count}", count=count)
    if bulk.refused:
        yield tr("Refused: {count}. Their cards are as they were.", count=number(bulk.refused))
    if bulk.passed and takes_back:
        yield tr(
            "Not taken back: {count}. Somebody has decided about these cases since, or opened them again.",
            count=number(bulk.passed),
        )
    elif bulk.passed:
        yield tr("Decided by others meanwhile: {count}", count=number(bulk.passed))


def extent_text(extent: BulkExtent) -> str:
    """ "41 cases, 38 messages in 3 channels, 2 authors", and "at least" before it where there may be more."""
    text = _counted(extent)
    return tr("at least {extent}", extent=text) if extent.more else text


def _counted(extent: BulkExtent) -> str:
    return tr(
        "{cases}, {messages} in {channels}, {authors}",
        cases=tr_n("{count} case", "{count} cases", len(extent.case_ids)),
        messages=tr_n("{count} message", "{count} messages", extent.messages),
        channels=tr_n("{count} channel", "{count} channels", extent.channels),
        authors=tr_n("{count} author", "{count} authors", extent.authors),
    )


def _wish_label(by: Alike, action: Action) -> str:
    if action is Action.DELETE:
        return tr("Delete all of this author…") if by is Alike.AUTHOR else tr("Delete all with this text…")
    return tr("Dismiss all of this author…") if by is Alike.AUTHOR else tr("Dismiss all with this text…")


def bulk_items(handler: Callable[[Click, re.Match[str]], Awaitable[None]]) -> type[DynamicItem[Any]]:
    """The class that discord.py makes of these buttons, whenever they were sent. `handler` raises nothing."""

    class BulkButton(DynamicItem[Button[Any]], template=_ID):
        def __init__(self, match: re.Match[str]) -> None:
            super().__init__(Button(custom_id=match[0]))
            self.match = match

        @classmethod
        async def from_custom_id(cls, _: Click, __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(match)

        async def callback(self, interaction: Click) -> None:
            await handler(interaction, self.match)

    return BulkButton
