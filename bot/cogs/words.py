"""The words that cards and private answers have in common: times, people, lengths, decisions."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.case import Action, CaseFile, Decision
from bot.cogs.safe_text import escaped
from bot.language import marked, percent, tr, tr_n
from policies.constraints import timeout_minutes

_DAY: Final = 24 * 60
_ESCAPED_MOMENT: Final = re.compile(r"\\<t\\:([0-9]{1,12})\\:f\\>")
"""What `escaped` makes of a moment as `at` writes it."""
_DONE: Final[Mapping[Action, str]] = {
    Action.DELETE: marked("Deleted"),
    Action.TIMEOUT: marked("Timed out for {length}"),
    Action.DISMISS: marked("Dismissed"),
    Action.WARN: marked("Warned"),
    Action.KICK: marked("Kicked"),
    Action.BAN: marked("Banned"),
    Action.HELP: marked("Offered help"),
    Action.UNDO: marked("Taken back"),
}
_DONE_AND_DELETED: Final[Mapping[Action, str]] = {
    **_DONE,
    Action.TIMEOUT: marked("Deleted and timed out for {length}"),
    Action.WARN: marked("Deleted and warned"),
    Action.KICK: marked("Deleted and kicked"),
    Action.BAN: marked("Deleted and banned"),
    Action.HELP: marked("Deleted, and offered help"),
}
_ORDERED: Final[Mapping[Action, str]] = {
    Action.DELETE: marked("delete"),
    Action.TIMEOUT: marked("timeout of {length}"),
    Action.DISMISS: marked("dismiss"),
    Action.WARN: marked("warn"),
    Action.KICK: marked("kick"),
    Action.BAN: marked("ban"),
    Action.HELP: marked("offer help"),
    Action.UNDO: marked("undo"),
}
_NAMES: Final[Mapping[Action, str]] = {**_ORDERED, Action.TIMEOUT: marked("timeout")}
_ORDERED_AND_DELETED: Final[Mapping[Action, str]] = {
    **_ORDERED,
    Action.TIMEOUT: marked("delete and timeout of {length}"),
    Action.WARN: marked("delete and warn"),
    Action.KICK: marked("delete and kick"),
    Action.BAN: marked("delete and ban"),
    Action.HELP: marked("delete and offer help"),
}


def ago(moment: datetime) -> str:
    """A moment that each reader's client shows as "5 minutes ago"."""
    return f"<t:{int(moment.timestamp())}:R>"


def at(moment: datetime) -> str:
    """A moment that each reader's client shows as date and time in their own zone."""
    return f"<t:{int(moment.timestamp())}:f>"


def outcome_line(outcome: str, room: int) -> str:
    """What came of a decision, as it was stored. Nothing in it is markup but moments, in each reader's zone.

    What was stored as a text to be said later (a defect: nobody knows who will read of it) is said now.
    """
    return _ESCAPED_MOMENT.sub(r"<t:\1:f>", escaped(tr(outcome) if outcome else "", room))


def person(user_id: int) -> str:
    """A mention. It pings nobody: every message of the bot is sent with `AllowedMentions.none()`."""
    return f"<@{user_id}>"


def place(channel_id: int) -> str:
    """A channel, as a link that the client names."""
    return f"<#{channel_id}>"


def message_link(case: CaseFile) -> str:
    """The address that opens the message in the client."""
    return f"https://discord.com/channels/{case.guild_id}/{case.message.channel_id}/{case.message.id}"


def card_link(case: CaseFile) -> str | None:
    """The address of the case's card; None as long as there is none."""
    if case.card is None or case.card.message_id is None:
        return None
    return f"https://discord.com/channels/{case.guild_id}/{case.card.channel_id}/{case.card.message_id}"


def length_of(length: timedelta) -> str:
    """How long something lasts, in as large a unit as it is a whole number of: "10 minutes", "1 day"."""
    minutes = round(length.total_seconds() / 60)
    if minutes and minutes % _DAY == 0:
        return tr_n("{count} day", "{count} days", minutes // _DAY)
    if minutes and minutes % 60 == 0:
        return tr_n("{count} hour", "{count} hours", minutes // 60)
    return tr_n("{count} minute", "{count} minutes", minutes)


def short_length(length: timedelta) -> str:
    """The same for a button: "10 min", "1 h", "7 days"."""
    minutes = round(length.total_seconds() / 60)
    if minutes and minutes % _DAY == 0:
        return tr_n("{count} day", "{count} days", minutes // _DAY)
    if minutes and minutes % 60 == 0:
        return tr("{count} h", count=minutes // 60)
    return tr("{count} min", count=minutes)


def order(decision: Decision) -> str:
    """What was decided, to put behind "decided:": "timeout of 1 h", "delete and ban"."""
    forms = _ORDERED_AND_DELETED if decision.also_delete else _ORDERED
    return tr(forms[decision.action], length=short_length(decision.timeout or timedelta(0)))


def named(action: Action | None) -> str:
    """An action by its name: "timeout"; "" for none."""
    return tr(_NAMES[action]) if action else ""


def suggested(suggestion: str) -> str:
    """What a rule suggests, as its author wrote it ("timeout 1h"), in the language that is spoken now."""
    if minutes := timeout_minutes(suggestion):
        return tr(_ORDERED[Action.TIMEOUT], length=short_length(timedelta(minutes=minutes)))
    return named(Action(suggestion)) if suggestion in set(Action) else suggestion


def done(decision: Decision) -> str:
    """What was decided, as done: "Timed out for 1 h", "Deleted and banned"."""
    forms = _DONE_AND_DELETED if decision.also_delete else _DONE
    return tr(forms[decision.action], length=short_length(decision.timeout or timedelta(0)))


def by(decision: Decision) -> str:
    """Who decided, and when."""
    return tr("by {person} {when}", person=person(decision.moderator_id), when=ago(decision.decided_at))


def sure(probability: float) -> str:
    """A probability in per cent. Nothing is ever quite certain, or quite impossible."""
    if probability >= 0.995:
        return tr("over {share}", share=percent(0.99))
    return tr("under {share}", share=percent(0.01)) if probability < 0.005 else percent(probability)
