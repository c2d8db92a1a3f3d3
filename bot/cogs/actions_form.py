"""The form that asks for a reason before something is done to a member, with what they will be told."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import discord
from discord.ui import Label, Select, TextDisplay, TextInput

from bot.case import BESIDE_DELETING, Action, CaseFile, Decision
from bot.cogs.forms import StandingForm, Typed
from bot.cogs.notices_text import Notice, is_told, notice, usual_reason
from bot.cogs.presses import Press, Pressed, word_of
from bot.cogs.safe_text import shortened
from bot.cogs.words import length_of
from bot.guilds.settings import GuildSettings
from bot.language import marked, tr
from bot.review.offers import timeout_for

_LONGEST_REASON: Final = 400
"""It stands in the audit log, too, beside who decided: Discord takes 512 characters there."""
_LONGEST_PREVIEW: Final = 1800
LENGTHS: Final = (10, 60, 6 * 60, 24 * 60, 7 * 24 * 60, 28 * 24 * 60)
"""Minutes."""
HISTORIES: Final = (0, 1, 24, 7 * 24)
"""Hours."""
_TITLES: Final = {
    Press.WARN: marked("Warn the author"),
    Press.TIMEOUT: marked("Time the author out"),
    Press.KICK: marked("Kick the author"),
    Press.BAN: marked("Ban the author"),
    Press.HELP: marked("Offer the author help"),
}
NEEDS_FORM: Final = frozenset(_TITLES)
FORM_ID: Final = re.compile(r"case-form:(?P<case>[1-9][0-9]{0,18}):" + word_of(sorted(NEEDS_FORM)))
_REASON, _AMOUNT, _DELETE = "reason", "amount", "delete"


class ActionForm(StandingForm):
    """Asks why, how long, and whether the message goes too."""

    def __init__(self, case: CaseFile, press: Pressed, told: str) -> None:
        """`told`: what stands above the fields, ready to be shown."""
        super().__init__(tr(_TITLES[press.press]), f"case-form:{case.id}:{press.word}")
        self._press = press
        self._reason: TextInput[ActionForm] = TextInput(
            custom_id=_REASON,
            style=discord.TextStyle.paragraph,
            max_length=_LONGEST_REASON,
            required=False,
            default=usual_reason(case, _LONGEST_REASON) if press.press is not Press.HELP else None,
        )
        self._amount = _amounts(case, press)
        self._message = None if case.deleted_at else _message_choice(press)
        self._put_together(told)

    def _put_together(self, told: str) -> None:
        if told:
            self.add_item(TextDisplay(told))
        kindly = self._press.press is Press.HELP
        label = tr("A word of your own") if kindly else tr("Reason")
        readers = None if kindly else tr("Kept with the case. If the author is told, they read it, too.")
        self.add_item(Label(text=label, description=readers, component=self._reason))
        if self._amount is not None:
            asked = tr("How long") if self._press.press is Press.TIMEOUT else tr("What else the author wrote")
            self.add_item(Label(text=asked, component=self._amount))
        if self._message is not None:
            self.add_item(Label(text=tr("The message"), component=self._message))


def filled_in(opened: Pressed, typed: Typed) -> tuple[Pressed, str]:
    """What the form of a press came back with: the press with all that was chosen, and the reason."""
    amount = typed.choice(_AMOUNT) or ""
    chosen = replace(
        opened,
        amount=int(amount) if re.fullmatch("[0-9]{1,5}", amount) else opened.amount,
        also_delete=typed.choice(_DELETE) == _DELETE and opened.action in BESIDE_DELETING,
    )
    return chosen, typed.text(_REASON, _LONGEST_REASON)


def own_words(reason: str, case: CaseFile | None) -> str:
    """The reason, if the person wrote it: the one that a form opens with has cost nobody any work."""
    return "" if case is not None and reason == usual_reason(case, _LONGEST_REASON).strip() else reason


def preview(
    case: CaseFile,
    decision: Decision,
    settings: GuildSettings,
    server: str,
    *,
    quotes: bool = True,
    chosen: bool = True,
) -> str:
    """What the member will be told of a decision, or that nobody tells them. `quotes`, `chosen`: see `notice`."""
    if not is_told(decision, case, settings):
        return tr("The author is not told: this server sends no notices.")
    told: Notice = notice(case, decision, settings, server, quotes=quotes, chosen=chosen)
    quoted = "\n".join(f"> {line}" for line in told.text.split("\n"))
    return shortened(tr("The author will be told:") + "\n" + quoted, _LONGEST_PREVIEW)


def previewed(case: CaseFile, press: Pressed, decision: Decision) -> Decision:
    """The decision that a form would lead to if it were sent off as it opens."""
    reason = "" if decision.action is Action.HELP else usual_reason(case, _LONGEST_REASON)
    return decision.model_copy(update={"reason": reason, "also_delete": press.also_delete})


def _message_choice(press: Pressed) -> Select[Any]:
    choice: Select[Any] = Select(custom_id=_DELETE, required=True)
    choice.add_option(label=tr("Leave it"), value="leave", default=not press.also_delete)
    choice.add_option(label=tr("Delete it, too"), value=_DELETE, default=press.also_delete)
    return choice


def _amounts(case: CaseFile, press: Pressed) -> Select[Any] | None:
    if press.press is Press.TIMEOUT:
        usual = press.timeout or timeout_for(case)
        return _choice(_minutes(usual), LENGTHS, lambda minutes: length_of(timedelta(minutes=minutes)))
    if press.press is Press.BAN:
        return _choice(press.amount or 0, HISTORIES, _history)
    return None


def _choice(usual: int, amounts: tuple[int, ...], say: Callable[[int], str]) -> Select[Any]:
    choice: Select[Any] = Select(custom_id=_AMOUNT, required=True)
    for amount in sorted({usual, *amounts}):
        choice.add_option(label=say(amount), value=str(amount), default=amount == usual)
    return choice


def _history(hours: int) -> str:
    if not hours:
        return tr("Leave it")
    return tr("Delete what is at most {length} old", length=length_of(timedelta(hours=hours)))


def _minutes(length: timedelta) -> int:
    return max(1, round(length.total_seconds() / 60))
