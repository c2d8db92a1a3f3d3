"""The words that cards and private answers have in common: times, people, lengths, decisions."""

from datetime import datetime, timedelta

from bot.case import Action, CaseFile, Decision
from bot.units import format_duration

_DONE = {
    Action.DELETE: "deleted",
    Action.TIMEOUT: "timed out",
    Action.DISMISS: "dismissed",
    Action.WARN: "warned",
    Action.KICK: "kicked",
    Action.BAN: "banned",
}


def ago(moment: datetime) -> str:
    """A moment that each reader's client shows as "5 minutes ago"."""
    return f"<t:{int(moment.timestamp())}:R>"


def at(moment: datetime) -> str:
    """A moment that each reader's client shows as date and time in their own zone."""
    return f"<t:{int(moment.timestamp())}:f>"


def person(user_id: int) -> str:
    """A mention. It pings nobody: every message of the bot is sent with `AllowedMentions.none()`."""
    return f"<@{user_id}>"


def place(channel_id: int) -> str:
    """A channel, as a link that the client names."""
    return f"<#{channel_id}>"


def message_link(case: CaseFile) -> str:
    """The address that opens the message in the client."""
    return f"https://discord.com/channels/{case.guild_id}/{case.message.channel_id}/{case.message.id}"


def short_length(length: timedelta) -> str:
    """How long something lasts, for a button: "10 min", "1 h", "7 days"."""
    amount, _, unit = format_duration(length).partition(" ")
    return f"{amount} {_SHORT.get(unit, unit)}"


_SHORT = {"minutes": "min", "minute": "min", "hours": "h", "hour": "h", "seconds": "s"}


def order(decision: Decision) -> str:
    """What was decided, to put behind "decided:": "timeout of 1 h"."""
    length = f" of {short_length(decision.timeout)}" if decision.timeout else ""
    return f"{decision.action}{length}"


def done(decision: Decision) -> str:
    """What was decided, as done: "timed out for 1 h"."""
    length = f" for {short_length(decision.timeout)}" if decision.timeout else ""
    return f"{_DONE[decision.action]}{length}"


def by(decision: Decision) -> str:
    """Who decided, and when."""
    return f"by {person(decision.moderator_id)} {ago(decision.decided_at)}"


def sure(probability: float) -> str:
    """A probability in per cent. Nothing is ever quite certain, or quite impossible."""
    if probability >= 0.995:
        return "over 99%"
    return "under 1%" if probability < 0.005 else f"{probability:.0%}"
