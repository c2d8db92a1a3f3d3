"""Time and ids as Discord makes them; a test can move the clock, and ids follow it."""

from datetime import UTC, datetime, timedelta
from itertools import count

DISCORD_EPOCH_MS = 1_420_070_400_000
_WORKER_BITS = 22


class Clock:
    """UTC time that a test can shift."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def shift(self, by: timedelta) -> None:
        """Move all later times and ids; `timedelta(minutes=15)` lets interaction tokens expire."""
        self._shift += by


class Snowflakes:
    """Mints ids: milliseconds since 2015 in the upper bits, so that ids sort by time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self._increments = count(1)

    def mint(self, at: datetime | None = None) -> int:
        """A new id; ids of the present always grow, ids for a given time carry that time."""
        if at is not None:
            return first_id_of(at) | (next(self._increments) & 0xFFF)
        self._last = max(self._last + 1, first_id_of(self._clock.now()))
        return self._last


def first_id_of(at: datetime) -> int:
    """The smallest id of this moment."""
    return (int(at.timestamp() * 1000) - DISCORD_EPOCH_MS) << _WORKER_BITS


def created_at(snowflake: int) -> datetime:
    """When the thing with this id was made."""
    return datetime.fromtimestamp(((snowflake >> _WORKER_BITS) + DISCORD_EPOCH_MS) / 1000, UTC)
