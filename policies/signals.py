"""Signals: what makes a message worth a look besides its words. Written as short lines: `repeat 3 in 2m`.

A policy keeps the lines as its author wrote them (blanks and capitals aside); `parse_signal` makes values of them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from policies.constraints import DELETE_ONE, Unfit
from policies.phrases import Phrase, phrase


class SignalKind(StrEnum):
    """What a signal looks for. The value is the first word of its line."""

    PHISHING_LINK = "phishing-link"
    """A link to a domain that is known for phishing, or one that shows another address than it leads to."""
    LOOK_ALIKE_LINK = "look-alike-link"
    """A link whose domain pretends to be a well-known one."""
    INVITE_LINK = "invite-link"
    """An invitation to another Discord server."""
    MASS_MENTION = "mass-mention"
    """Many members or roles mentioned in one message, or everyone."""
    REPEAT = "repeat"
    """The same text, or nearly the same, several times within a short time."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One line of `signals`."""

    kind: SignalKind
    count: int = 0
    """MASS_MENTION: how many different members and roles; REPEAT: how many messages; else 0."""
    seconds: int = 0
    """REPEAT: within how long a time; else 0."""


FEWEST, MOST = 2, 100
"""How many mentions or repeats a signal may ask for. Discord's longest message holds fewer mentions than that."""
SHORTEST_SECONDS, LONGEST_SECONDS = 5, 3600
"""Over how long a time repeats are counted."""
MAX_SIGNALS = len(SignalKind)
"""Each kind once."""

WRITTEN = "phishing-link, look-alike-link, invite-link, mass-mention 5, repeat 3 in 2m"
"""Every kind of line, for error messages."""

_SECONDS = MappingProxyType({"s": 1, "m": 60, "h": 3600})
_LINE = re.compile(r"([a-z-]+)(?: ([0-9]{1,9}))?(?: in ([0-9]{1,9})([smh]))?")
_MISSING_TIME = phrase("write how often and within how long a time: `repeat 3 in 2m`")
_MISSING_COUNT = phrase("write how many: `mass-mention 5`")


def parse_signal(line: str) -> Signal:
    """The signal that a line stands for. Raises Unfit with what to write instead."""
    kind, count, amount, unit = _parts(_tidy(line))
    signal = Signal(kind, int(count or 0), int(amount or 0) * _SECONDS.get(unit, 1))
    _check_parts(signal, has_count=count is not None, has_time=amount is not None)
    return signal


def tidy_signal(line: str) -> str:
    """The line in its canonical spelling; Unfit if it is no signal."""
    parse_signal(line)
    return _tidy(line)


def one_of_a_kind(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines themselves; Unfit if two are of one kind."""
    for position, _ in repeated_kinds(lines):
        raise Unfit(phrase("there are two lines of {kind}", kind=f"`{kind_of(lines[position])}`"), DELETE_ONE)
    return lines


def repeated_kinds(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Pairs (position, position of the first such line) for each line whose kind was there before."""
    first: dict[str, int] = {}
    for position, line in enumerate(lines):
        earlier = first.setdefault(kind_of(line), position)
        if earlier != position:
            yield position, earlier


def kind_of(line: str) -> str:
    """The line's first word."""
    return _tidy(line).partition(" ")[0]


def _tidy(line: str) -> str:
    return " ".join(line.lower().split())


def _parts(line: str) -> tuple[SignalKind, str | None, str | None, str]:
    found = _LINE.fullmatch(line)
    kind = next((kind for kind in SignalKind if kind == kind_of(line)), None)
    if kind is None:
        message = phrase("there is no signal {line}", line=f"`{line[:40]}`")
        raise Unfit(message, phrase("write one of: {choices}", choices=WRITTEN))
    if found is None:
        raise Unfit(phrase("{line} cannot be read", line=f"`{line[:40]}`"), _how_to_write(kind))
    return kind, found[2], found[3], found[4] or ""


def _check_parts(signal: Signal, *, has_count: bool, has_time: bool) -> None:
    kind = f"`{signal.kind}`"
    counts, lasts = signal.kind in (SignalKind.MASS_MENTION, SignalKind.REPEAT), signal.kind is SignalKind.REPEAT
    if has_count != counts or has_time != lasts:
        raise Unfit(phrase("{kind} is not written like that", kind=kind), _how_to_write(signal.kind))
    if counts and not FEWEST <= signal.count <= MOST:
        message = phrase("{kind} cannot count to {count}", kind=kind, count=signal.count)
        raise Unfit(message, phrase("write a number from {fewest} to {most}", fewest=FEWEST, most=MOST))
    if lasts and not SHORTEST_SECONDS <= signal.seconds <= LONGEST_SECONDS:
        hint = phrase("write a time from 5s to 1h: `repeat 3 in 2m`")
        raise Unfit(phrase("the time is too short or too long"), hint)


def _how_to_write(kind: SignalKind) -> Phrase:
    if kind is SignalKind.REPEAT:
        return _MISSING_TIME
    if kind is SignalKind.MASS_MENTION:
        return _MISSING_COUNT
    return phrase("write {kind} and nothing behind it", kind=f"`{kind}`")
