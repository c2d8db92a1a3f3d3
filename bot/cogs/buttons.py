"""The buttons under a card: which there are, what they say, and how a press finds its way back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import discord
from discord.ui import Button, View

from bot.case import Action, CaseFile, CaseState, may_follow
from bot.cogs.presses import Press, Pressed, case_of, custom_id
from bot.cogs.words import short_length
from bot.language import marked, tr
from bot.review.access import LIFTED, taken
from bot.review.care import Hidden
from bot.review.offers import Offer, offers

__all__ = ["Press", "Pressed", "button", "buttons", "case_of", "custom_id", "offered", "pressable"]

_STYLES: Final = {
    Press.DELETE: discord.ButtonStyle.danger,
    Press.BAN: discord.ButtonStyle.danger,
    Press.KICK: discord.ButtonStyle.danger,
    Press.TIMEOUT: discord.ButtonStyle.primary,
    Press.WARN: discord.ButtonStyle.primary,
    Press.HELP: discord.ButtonStyle.success,
}
_LABELS: Final = {
    Press.DELETE: marked("Delete"),
    Press.DISMISS: marked("Dismiss"),
    Press.WARN: marked("Warn"),
    Press.TIMEOUT: marked("Timeout {length}"),
    Press.KICK: marked("Kick"),
    Press.BAN: marked("Ban"),
    Press.HELP: marked("Offer help"),
    Press.UNDO: marked("Undo"),
    Press.REASONING: marked("Reasoning"),
    Press.EVIDENCE: marked("Evidence"),
    Press.CLAIM: marked("Claim"),
    Press.RELEASE: marked("Release"),
    Press.ESCALATE: marked("Escalate"),
    Press.CALM: marked("Take back escalation"),
    Press.HISTORY: marked("History"),
    Press.PRECEDENTS: marked("Precedents"),
    Press.EXAMPLE: marked("Add as example"),
    Press.NOTICE: marked("Preview notice"),
    Press.MORE: marked("More"),
}
_AND_DELETE: Final = {
    Press.WARN: marked("Delete + warn"),
    Press.TIMEOUT: marked("Delete + {length}"),
    Press.KICK: marked("Delete + kick"),
    Press.BAN: marked("Delete + ban"),
    Press.HELP: marked("Delete + help"),
}
_REOPEN: Final = marked("Reopen")
_LIFT: Final = marked("Lift + reopen")
"""Where a part of what was done stays: a message that is deleted, a warning."""
_TAKE_OVER: Final = marked("Take over")
_IN_HAND: Final = (CaseState.OPEN, CaseState.FAILED)


def offered(
    case: CaseFile, hidden: Hidden | None = None, viewer_id: int | None = None
) -> tuple[tuple[Pressed, ...], tuple[Pressed, ...]]:
    """The two rows of buttons that a case has: what it is decided with, and what helps to decide.

    Reasoning is always there: a card is found again by it. `viewer_id`: the only one who sees them, if it is one.
    """
    deciding = tuple(press for press in _deciding(case) if _may_be_pressed(case, press))
    theirs = case.holder is not None and case.holder.moderator_id == viewer_id
    helping = [Pressed(Press.RELEASE if theirs else Press.CLAIM)] if case.state in _IN_HAND else []
    evidence = [Pressed(Press.EVIDENCE)] if hidden is Hidden.PRIVATE else []
    return deciding, (*helping, Pressed(Press.REASONING), *evidence, Pressed(Press.MORE))


def buttons(case: CaseFile, hidden: Hidden | None = None, viewer_id: int | None = None) -> View:
    """The buttons as discord.py sends them, in the language that is spoken now. `viewer_id`: see `offered`.

    The view is stopped at once: a press finds its handler by its custom id alone, and discord.py would otherwise
    remember every view that was ever sent.
    """
    view = View(timeout=None)
    deciding, helping = offered(case, hidden, viewer_id)
    for press in deciding:
        view.add_item(button(case, press, row=0))
    for press in helping:
        view.add_item(button(case, press, row=1))
    view.stop()
    return view


def button(case: CaseFile, press: Pressed, row: int | None = None) -> Button[Any]:
    """One button of a case."""
    style = _STYLES.get(press.press, discord.ButtonStyle.secondary)
    return Button(label=label(case, press), style=style, custom_id=custom_id(case.id, press), row=row)


def label(case: CaseFile, press: Pressed) -> str:
    """What stands on a button: short, for five of them share a phone's width."""
    if press.press is Press.UNDO and not is_lifted(case):
        lifts = any(action in LIFTED for action, _ in taken(case))
        return tr(_LIFT) if lifts else tr(_REOPEN)
    if press.press is Press.CLAIM and case.holder:
        return tr(_TAKE_OVER)
    text = _AND_DELETE[press.press] if press.also_delete else _LABELS[press.press]
    return tr(text, length=short_length(press.timeout or timedelta(0)))


def is_lifted(case: CaseFile) -> bool:
    """Whether an undo takes everything back that was done."""
    done = {action for action, _ in taken(case)}
    return done <= LIFTED | {Action.DISMISS}


def pressable(message: discord.Message | None) -> Iterator[discord.Button]:
    """The buttons that a message carries."""
    for row in message.components if message else ():
        if isinstance(row, discord.ActionRow):
            yield from (item for item in row.children if isinstance(item, discord.Button))


def _deciding(case: CaseFile) -> tuple[Pressed, ...]:
    """Whatever may be in place, in the order in which it stands there."""
    offering = () if case.state is CaseState.ENFORCED else tuple(_of_offer(case, offer) for offer in offers(case))
    return (*offering, Pressed(Press.DELETE), Pressed(Press.DISMISS), Pressed(Press.UNDO))


def _of_offer(case: CaseFile, offer: Offer) -> Pressed:
    minutes = None if offer.timeout is None else round(offer.timeout.total_seconds() / 60)
    return Pressed(Press(offer.action.value), offer.also_delete and not case.deleted_at, minutes)


def _may_be_pressed(case: CaseFile, press: Pressed) -> bool:
    action = press.action
    if action is None or (action is Action.DELETE and case.deleted_at):
        return False
    if case.state is CaseState.OPEN:
        return action is not Action.UNDO or any(part in LIFTED for part, _ in taken(case))
    if action is Action.UNDO and case.state is CaseState.FAILED and not case.answers:
        return False  # nothing was done that could be taken back
    return case.decision is not None and may_follow(case.decision, case.state, action)
