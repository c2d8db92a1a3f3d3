"""Channels whose history cannot be read, and since when."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.intake.state import ChannelProblem

Key = tuple[int, int]
"""Guild id and channel id."""

REST = timedelta(minutes=10)
"""How long a channel that refused is not asked again, unless it is seen anew: refusals count against us."""
MAX_KEPT = 1000


class Problems:
    """The latest problem of each channel. At most a thousand; the oldest goes first."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: dict[Key, tuple[datetime, str]] = {}

    def note(self, key: Key, reason: str) -> None:
        """A channel cannot be read; `reason` says why and what to do."""
        self._known.pop(key, None)
        self._known[key] = (self._clock(), reason)
        if len(self._known) > MAX_KEPT:
            del self._known[next(iter(self._known))]

    def is_resting(self, key: Key) -> bool:
        """Whether the channel refused a short while ago."""
        known = self._known.get(key)
        return known is not None and self._clock() - known[0] < REST

    def solved(self, key: Key) -> None:
        """The channel can be read, or is worth another try."""
        self._known.pop(key, None)

    def forget(self, guild_id: int) -> None:
        """Drop what is known of a guild's channels."""
        for key in [key for key in self._known if key[0] == guild_id]:
            del self._known[key]

    @property
    def all(self) -> tuple[ChannelProblem, ...]:
        """Every problem, the oldest first."""
        return tuple(ChannelProblem(*key, reason) for key, (_, reason) in self._known.items())
