"""Signals: what makes a message worth a look besides its words. Written as short lines: `repeat 3 in 2m`.

A policy keeps the lines as its author wrote them (blanks and capitals aside); `parse_signal` makes values of them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from policies.constraints import Unfit


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
_MISSING_TIME = "write how often and within how long a time: `repeat 3 in 2m`"
_MISSING_COUNT = "write how many: `mass-mention 5`"


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
        raise Unfit(f"there are two lines of `{kind_of(lines[position])}`", "delete one of the two")
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
        raise Unfit(f"there is no signal `{line[:40]}`", f"write one of: {WRITTEN}")
    if found is None:
        raise Unfit(f"`{line[:40]}` cannot be read", _how_to_write(kind))
    return kind, found[2], found[3], found[4] or ""


def _check_parts(signal: Signal, *, has_count: bool, has_time: bool) -> None:
    counts, lasts = signal.kind in (SignalKind.MASS_MENTION, SignalKind.REPEAT), signal.kind is SignalKind.REPEAT
    if has_count != counts or has_time != lasts:
        raise Unfit(f"`{signal.kind}` is not written like that", _how_to_write(signal.kind))
    if counts and not FEWEST <= signal.count <= MOST:
        raise Unfit(f"`{signal.kind}` cannot count to {signal.count}", f"write a number from {FEWEST} to {MOST}")
    if lasts and not SHORTEST_SECONDS <= signal.seconds <= LONGEST_SECONDS:
        raise Unfit("the time is too short or too long", "write a time from 5s to 1h: `repeat 3 in 2m`")


def _how_to_write(kind: SignalKind) -> str:
    if kind is SignalKind.REPEAT:
        return _MISSING_TIME
    return _MISSING_COUNT if kind is SignalKind.MASS_MENTION else f"write `{kind}` and nothing behind it"
