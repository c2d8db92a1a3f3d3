"""Messages that Discord's AutoMod kept back: they were never posted, so they have no id of their own.

The id that stands for one names a moment that is a whole number of ten minutes. Of the ids that Discord gives out,
one in 600,000 does; and one whose message AutoMod also raised an alert about, hardly any.
"""

from hashlib import sha256
from typing import Final

SPAN_MS: Final = 10 * 60 * 1000
"""Milliseconds within which a text that is tried again is the same message."""
_LOW_BITS: Final = 22
"""Discord's ids count milliseconds above so many bits (its reference, "Snowflakes")."""


def stand_in_id(user_id: int, channel_id: int | None, content: str, now_id: int) -> int:
    """An id for a message that was kept back: the same for the same text, member and channel within ten minutes.

    `now_id`: an id as Discord would give it out now.
    """
    text = f"{user_id}:{channel_id}:{content}".encode("utf-8", "replace")
    low = int.from_bytes(sha256(text).digest()[:3]) & ((1 << _LOW_BITS) - 1)
    return ((now_id >> _LOW_BITS) // SPAN_MS * SPAN_MS) << _LOW_BITS | low


def is_stand_in(message_id: int) -> bool:
    """Whether an id may stand for a message that was kept back."""
    return (message_id >> _LOW_BITS) % SPAN_MS == 0
