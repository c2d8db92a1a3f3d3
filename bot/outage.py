"""What the worker does while the judge is away: how long to wait, and what to tell people."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Outage:
    """The judge is away. A new value for every failed try; None means that all is well."""

    reason: str
    since: datetime
    tries: int
    retry_after: timedelta
    """How long nobody is asked after the latest failed try."""

    def lasted(self, now: datetime) -> timedelta:
        """How long the judge has been away."""
        return now - self.since


@dataclass(frozen=True, slots=True)
class BackOff:
    """Wait twice as long after each failed try, up to a limit."""

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=1)

    def after(self, outage: Outage | None, reason: str, now: datetime) -> Outage:
        """The outage as it stands after one more failed try."""
        if outage is None:
            return Outage(reason, now, 1, self.first)
        return Outage(reason, outage.since, outage.tries + 1, min(outage.retry_after * 2, self.longest))
