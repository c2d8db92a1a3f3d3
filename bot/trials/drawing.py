"""Draws messages at random out of channels' histories, so that each one is about as likely as any other. Pure.

Discord gives histories in pages, from a moment on. A quiet channel's week is one page: all of it is there. Of a
busy channel a few pages from random moments are looked at. A message is on such a page when the moment fell into
the stretch of time that the page covers before it: in a flood that is seconds, at night it is hours. So each
message counts by the inverse of its page's stretch (the Horvitz-Thompson weight; D. G. Horvitz and D. J. Thompson
1952, "A generalization of sampling without replacement from a finite universe"), and the draw is made by these
weights, without putting back (P. S. Efraimidis and P. G. Spirakis 2006, "Weighted random sampling with a
reservoir").
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from bot.case import Message

WEEK: Final = timedelta(days=7)
"""How far back samples go."""
_SHORTEST: Final = timedelta(seconds=1)
"""A page of a hundred messages in no time at all would count for everything."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages that were found together."""

    messages: tuple[Message, ...]
    weight: float = 1.0
    """For how many messages of the guild's each of them stands, up to a factor that is the same for all."""


def weight_of_page(covered: timedelta, pages: int) -> float:
    """The weight of messages on one of so many pages that begin at random moments of a week."""
    return WEEK / (max(covered, _SHORTEST) * pages)


def random_moment(now: datetime, dice: Random) -> datetime:
    """Any moment of the last week."""
    return now - WEEK * dice.random()


def drawn(stretches: Sequence[Stretch], dice: Random) -> list[Message]:
    """All messages, each once, in a random order in which those of greater weight tend to come first."""
    heaviest = {message.id: (stretch.weight, message) for stretch in stretches for message in stretch.messages}
    keyed = [(math.log(1 - dice.random()) / weight, message) for weight, message in heaviest.values()]
    return [message for _, message in sorted(keyed, key=lambda each: each[0], reverse=True)]


def mixed(cleared: int, unflagged: int, wanted: int) -> tuple[int, int]:
    """How many of each kind are handed out: half and half, and more of one where the other is short."""
    of_cleared = min(cleared, max(wanted // 2, wanted - unflagged))
    return of_cleared, min(unflagged, wanted - of_cleared)
