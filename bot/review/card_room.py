"""How many cards a review channel takes: so many in a minute, and so many that nobody has decided yet. Pure.

Critical cases have room of their own, so that a flood of others never holds them back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.records.reports import Posted

MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
"""A card that nobody has decided for so long takes no room any more: it is not a flood."""
UNDECIDED_MINUTES: Final = 5
"""As many minutes' worth of cards may hang undecided."""


@dataclass(frozen=True, slots=True)
class CardRoom:
    """A guild's room at one moment."""

    posted: Posted
    per_minute: int
    now: datetime
    minute: timedelta = MINUTE
    """How long a minute is: tests have shorter ones."""

    def wait(self, *, critical: bool) -> timedelta | None:
        """How long until there is room for another card; None: as long as nobody decides on those that hang."""
        lately, hanging = self._of_its_kind(critical=critical)
        if hanging >= UNDECIDED_MINUTES * self.per_minute:
            return None
        if len(lately) < self.per_minute:
            return timedelta(0)
        return max(timedelta(0), lately[-self.per_minute] + self.minute - self.now)

    def _of_its_kind(self, *, critical: bool) -> tuple[tuple[datetime, ...], int]:
        if critical:
            return self.posted.lately_critical, self.posted.hanging_critical
        return self.posted.lately, self.posted.hanging
