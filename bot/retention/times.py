"""How long things are kept. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

USUAL_DAYS: Final = 30
"""Where a server has set nothing."""


def _usual(_: int) -> int:
    return USUAL_DAYS


@dataclass(frozen=True, slots=True)
class KeepingTimes:
    """What servers have set, within what the operator allows."""

    set_days: Callable[[int], int] = _usual
    """{guild id: days} as its administrators set them."""
    most_days: int = 365
    """The operator's ceiling."""
    forget_days: int = 400
    """After as many days a case is deleted altogether."""

    def days(self, guild_id: int) -> int:
        """For how many days a guild keeps what members wrote."""
        return min(self.set_days(guild_id), self.most_days)

    def words_before(self, guild_id: int, now: datetime) -> datetime:
        """Words from before this moment are erased."""
        return now - timedelta(days=self.days(guild_id))

    def cases_before(self, now: datetime) -> datetime:
        """Cases that were opened before this moment are forgotten."""
        return now - timedelta(days=self.forget_days)
