"""The three ways in which heads of the stand-in look around."""

from typing import Final

from inference.standin.layers import NO_SINK, Attention, rope_frequency
from inference.standin.stream import Sum, at

ONE: Final = Sum({}, 1.0)

_POSITION_PAIRS: Final = 7
_POSITION_STRENGTH: Final = 60.0
"""Score of the token at the right distance, for each pair; the next best is 25 lower in all."""
_RECENCY_PAIR, _RECENCY_STRENGTH, _RECENCY_PHASE = 3, 500.0, 0.5
"""cos(0.0166 x distance + 0.5) falls all the way through a window of 128 tokens, by 4 or more a token."""
_MARKED: Final = 2500.0
"""What a token without the mark loses: more than recency can give."""
_CLOSED: Final = 3000.0
"""What all tokens lose for a head that is not to look."""
_PRESENT: Final = 30.0


def look_back(attention: Attention, head: int, distance: int, only: "Sum | None" = None) -> None:
    """The head looks at the token `distance` before; with `only`, just where this flag stands.

    Takes content row 0 if `only` is given.
    """
    for pair in range(_POSITION_PAIRS):
        attention.turn(head, pair, _POSITION_STRENGTH, -rope_frequency(pair) * distance)
    attention.sinks[head] = NO_SINK
    if only:
        attention.ask(head, 0, _CLOSED * (only - 1.0), ONE)
        attention.sinks[head] = _POSITION_PAIRS * _POSITION_STRENGTH / 2


def look_for(attention: Attention, head: int, miss: Sum) -> None:
    """The head looks at the tokens where `miss` is 0 rather than -1 or less, if there are any.

    Takes the content row with the head's number.
    """
    attention.ask(head, head, _PRESENT, miss)
    attention.sinks[head] = -_PRESENT / 2


def look_for_latest(attention: Attention, head: int, miss: Sum, only: "Sum | None" = None) -> None:
    """The head looks at the latest token in the window where `miss` is 0 rather than -1; with `only`, just where
    this flag stands.

    Takes content rows 0 and 1.
    """
    attention.ask(head, 1, _MARKED, miss)
    attention.turn(head, _RECENCY_PAIR, _RECENCY_STRENGTH, _RECENCY_PHASE)
    attention.sinks[head] = -2 * _RECENCY_STRENGTH
    if only:
        attention.ask(head, 0, _CLOSED * (only - 1.0), ONE)


def copy(attention: Attention, head: int, row: int, source: slice, target: slice) -> None:
    """What the head finds at `source` goes to `target`, through value rows from `row` on."""
    for n in range(source.stop - source.start):
        attention.fetch(head, row + n, at(source.start + n), target.start + n)
