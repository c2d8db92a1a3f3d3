"""The form that asks for a reason before something is done to a member, with what they will be told."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import discord
from discord.ui import Label, Modal, Select, TextDisplay, TextInput

from bot.case import Action, CaseFile, Decision
from bot.cogs.notices_text import Notice, is_told, notice, usual_reason
from bot.cogs.presses import Press, Pressed
from bot.cogs.safe_text import shortened
from bot.cogs.words import length_of
from bot.guilds.settings import GuildSettings
from bot.language import marked, tr
from bot.review.offers import timeout_for

Click = discord.Interaction[Any]
Sent = Callable[[Click, int, Pressed, str], Awaitable[None]]
"""Takes the interaction, the case's id, what was chosen, and the reason."""

_OPEN_FOR: Final = 900.0
"""Seconds. After that, and after a restart, whoever sends it is told that it is stale."""
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


class ActionForm(Modal):
    """Asks why, how long, and whether the message goes too."""

    def __init__(self, case: CaseFile, press: Pressed, told: str, sent: Sent) -> None:
        """`told`: what stands above the fields, ready to be shown."""
        super().__init__(title=tr(_TITLES[press.press]), timeout=_OPEN_FOR)
        self._case_id, self._press, self._sent = case.id, press, sent
        self._reason: TextInput[ActionForm] = TextInput(
            custom_id="reason",
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

    async def on_submit(self, interaction: Click, /) -> None:
        """Hand on what was chosen."""
        amount = int(self._amount.values[0]) if self._amount and self._amount.values else self._press.amount
        also_delete = bool(self._message and self._message.values == ["delete"])
        chosen = replace(self._press, amount=amount, also_delete=also_delete)
        await self._sent(interaction, self._case_id, chosen, self._reason.value.strip())


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
    choice: Select[Any] = Select(custom_id="delete", required=True)
    choice.add_option(label=tr("Leave it"), value="leave", default=not press.also_delete)
    choice.add_option(label=tr("Delete it, too"), value="delete", default=press.also_delete)
    return choice


def _amounts(case: CaseFile, press: Pressed) -> Select[Any] | None:
    if press.press is Press.TIMEOUT:
        usual = press.timeout or timeout_for(case)
        return _choice(_minutes(usual), LENGTHS, lambda minutes: length_of(timedelta(minutes=minutes)))
    if press.press is Press.BAN:
        return _choice(press.amount or 0, HISTORIES, _history)
    return None


def _choice(usual: int, amounts: tuple[int, ...], say: Callable[[int], str]) -> Select[Any]:
    choice: Select[Any] = Select(custom_id="amount", required=True)
    for amount in sorted({usual, *amounts}):
        choice.add_option(label=say(amount), value=str(amount), default=amount == usual)
    return choice


def _history(hours: int) -> str:
    if not hours:
        return tr("Leave it")
    return tr("Delete what is at most {length} old", length=length_of(timedelta(hours=hours)))


def _minutes(length: timedelta) -> int:
    return max(1, round(length.total_seconds() / 60))
