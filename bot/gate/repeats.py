"""Who wrote the same lately: the one signal that one message alone cannot show."""

from collections.abc import Sequence
from datetime import timedelta

from bot.case import Message
from bot.units import format_duration
from inference.prefilter.repeats import RepeatCount, Repeats, Sighting
from inference.prefilter.suspicion import Evidence, EvidenceKind
from policies.policy import Policy
from policies.signals import Signal, SignalKind, parse_signal


def repeat_signals(policy: Policy) -> tuple[Signal, ...]:
    """The policy's signals about repeats."""
    signals = map(parse_signal, policy.prefilter.signals)
    return tuple(signal for signal in signals if signal.kind is SignalKind.REPEAT)


def sighting(message: Message) -> Sighting:
    """The message, as the watch over repeats needs it."""
    return Sighting(
        guild_id=message.guild_id,
        author_id=message.author_id,
        channel_id=message.channel_id,
        message_id=message.id,
        at=message.created_at.timestamp(),
    )


def repeat_evidence(signals: Sequence[Signal], repeats: Repeats, text: str) -> tuple[Evidence, ...]:
    """What these signals make of it that the text was written before."""
    counted = ((signal, repeats.within(signal.seconds)) for signal in signals)
    return tuple(_evidence(signal, count, text) for signal, count in counted if count.times >= signal.count)


def _evidence(signal: Signal, count: RepeatCount, text: str) -> Evidence:
    within = format_duration(timedelta(seconds=signal.seconds))
    name = f"{count.times} times within {within}, in {_number(count.channels, 'channel')}"
    name += f", by {_number(count.authors, 'member')}"
    return Evidence(kind=EvidenceKind.REPEAT, name=name, start=0, end=len(text), quote=text)


def _number(count: int, of: str) -> str:
    return f"{count} {of}{'s' * (count != 1)}"
