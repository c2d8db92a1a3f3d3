"""The days that figures are told for."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from babel.dates import format_skeleton

from bot.language import current_language

MOST_POINTS = 31
"""A line with more of them is unreadable on a phone: days are put together to weeks."""
_TICKS = 4


class Period(IntEnum):
    """How many days are told."""

    WEEK = 7
    MONTH = 30
    QUARTER = 90


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both ends included, put together to equal steps that end with the last day."""

    first: date
    last: date

    @classmethod
    def until(cls, today: date, days: int) -> "Span":
        """So many days, today included."""
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    @property
    def step(self) -> int:
        """How many days are put together."""
        return 1 if self.days <= MOST_POINTS else 7

    @property
    def steps(self) -> int:
        """How many steps there are; the first one may have fewer days."""
        return -(-self.days // self.step)

    def index(self, day: date) -> int:
        """The step that a day belongs to."""
        return self.steps - 1 - (self.last - day).days // self.step

    def ticks(self) -> tuple[tuple[int, str], ...]:
        """A few steps with the names of their last days, the last one among them."""
        every = max(1, -(-(self.steps - 1) // (_TICKS - 1)))
        chosen = range(self.steps - 1, -1, -every)
        return tuple((at, day_name(self._last_of(at))) for at in reversed(chosen))

    def _last_of(self, step: int) -> date:
        return self.last - timedelta(days=(self.steps - 1 - step) * self.step)


def day_name(day: date) -> str:
    """Day and month, in the language that is spoken."""
    return format_skeleton("MMMd", day, locale=current_language().value)
