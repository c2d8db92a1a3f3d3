"""Everything that one person can do about a case right now, and why the rest is not possible.

The panel is for one person alone. Its buttons and its menu hold ids as those of cards do, so it works after a
restart too, and every press is checked again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord.ui import Select, View

from bot.case import Action, CaseFile, CaseState, may_follow
from bot.cogs.actions_form import NEEDS_FORM
from bot.cogs.budget import DESCRIPTION, joined
from bot.cogs.bulk_page import alike_button
from bot.cogs.buttons import button
from bot.cogs.presses import Press, Pressed, menu_id
from bot.cogs.review_checks import Present, actions_of
from bot.cogs.words import named
from bot.language import marked, tr
from bot.review.access import Handling, Permission, handling_refusal
from bot.review.care import care_of, hidden
from bot.review.offers import offers
from policies.policy import Care

_ON_AUTHOR: Final = (Press.HELP, Press.WARN, Press.TIMEOUT, Press.KICK, Press.BAN)
_MENU: Final = {
    Press.HELP: (marked("Offer help"), marked("A kind message with where to find help")),
    Press.WARN: (marked("Warn"), marked("By direct message; kept in their history")),
    Press.TIMEOUT: (marked("Time out …"), marked("They cannot write or talk for a while")),
    Press.KICK: (marked("Kick"), marked("They can come back with an invite")),
    Press.BAN: (marked("Ban …"), marked("They cannot come back; their messages can go too")),
}
_GENTLY: Final = marked(
    "**This may be somebody in distress.** A sanction can make it worse: think twice, and ask somebody."
)


@dataclass(frozen=True, slots=True)
class Panel:
    """What somebody gets who asks for more."""

    embed: discord.Embed
    view: View


def panel(case: CaseFile, present: Present) -> Panel:
    """What this person can do now."""
    wanted = list(_possible(case))
    objections = {press: _objection(case, present, press) for press in wanted}
    allowed = [press for press in wanted if objections[press] is None]
    embed = discord.Embed(
        title=tr("Case {number}: more", number=case.id),
        description=joined(list(_lines(case, objections)), DESCRIPTION) or tr("Choose what to do."),
    )
    return Panel(embed, _view(case, present, allowed))


def _possible(case: CaseFile) -> Iterator[Pressed]:
    """What the case's state allows, whoever it is that asks."""
    deciding = (*_ON_AUTHOR, Press.DELETE, Press.UNDO)
    suggested = {Press(offer.action.value): offer for offer in offers(case)}
    for press in deciding:
        assert press.action is not None
        if _state_allows(case, press.action):
            offer = suggested.get(press)
            yield Pressed(press, also_delete=bool(offer and offer.also_delete and not case.deleted_at))


def _state_allows(case: CaseFile, action: Action) -> bool:
    if action is Action.DELETE and case.deleted_at:
        return False
    if case.state is CaseState.OPEN:
        return action is not Action.UNDO or bool(case.answers)
    return case.decision is not None and may_follow(case.decision, case.state, action)


def _objection(case: CaseFile, present: Present, press: Pressed) -> str | None:
    """Deleting with it is a choice of the form: it does not stand in the way of the rest."""
    return next(
        filter(None, (present.objection(action, case) for action in actions_of(Pressed(press.press)))), None
    )


def _lines(case: CaseFile, objections: dict[Pressed, str | None]) -> Iterator[str]:
    if care_of(case) is Care.SUPPORT:
        yield tr(_GENTLY)
    if case.state in (CaseState.OPEN, CaseState.FAILED) and case.holder:
        yield tr("Claimed by {person}.", person=f"<@{case.holder.moderator_id}>")
    for reason in dict.fromkeys(filter(None, objections.values())):
        names = [named(press.press.action) for press, said in objections.items() if said == reason]
        yield tr("**Not possible: {actions}.** {reason}", actions=", ".join(names), reason=reason)


def _view(case: CaseFile, present: Present, allowed: Sequence[Pressed]) -> View:
    view = View(timeout=None)
    menu = [press for press in allowed if press.press in NEEDS_FORM]
    if menu:
        view.add_item(_menu(case, menu))
    others = [press for press in allowed if press.press not in NEEDS_FORM]
    for press in (*others, *_handling(case, present)):
        view.add_item(button(case, press, row=1))
    for press in _looking(case, present):
        view.add_item(button(case, press, row=2))
    if case.state is CaseState.OPEN:
        view.add_item(alike_button(case.id, row=3))
    view.stop()
    return view


def _menu(case: CaseFile, presses: Sequence[Pressed]) -> Select[Any]:
    menu: Select[Any] = Select(
        custom_id=menu_id(case.id), placeholder=tr("Do something about the author …"), row=0
    )
    for press in presses:
        name, meaning = _MENU[press.press]
        menu.add_option(label=tr(name), description=tr(meaning), value=press.word)
    return menu


def _handling(case: CaseFile, present: Present) -> Iterator[Pressed]:
    """Claims and escalations, as far as this person may."""
    if case.state not in (CaseState.OPEN, CaseState.FAILED):
        return
    wanted = [Handling.RELEASE] if case.holder else []
    wanted.append(Handling.CALM if case.escalated else Handling.ESCALATE)
    for handling in wanted:
        if handling_refusal(handling, case, present.guild_id, present.settings, present.actor) is None:
            yield Pressed(Press(handling.value))


def _looking(case: CaseFile, present: Present) -> Iterator[Pressed]:
    yield Pressed(Press.HISTORY)
    if present.actor.reads and not hidden(case):
        yield Pressed(Press.PRECEDENTS)
        if present.actor.may(Permission.MANAGE_GUILD):  # it changes a policy
            yield Pressed(Press.EXAMPLE)
    yield Pressed(Press.NOTICE)
