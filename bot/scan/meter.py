"""How far a scan is."""

from dataclasses import dataclass

from bot.units import format_clock


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a scan is at one moment."""

    seconds: float
    """Since this run began."""
    bytes_passed: int
    bytes_resumed: int
    """Where this run began."""
    bytes_total: int
    messages: int
    flagged: int
    jobs: int
    judged: int
    judged_this_run: int
    away: str | None = None
    """Why the judge is away; None if it is not."""

    @property
    def share_read(self) -> float:
        """Of the bytes of all files."""
        return self.bytes_passed / self.bytes_total if self.bytes_total else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Of what takes longer, reading or judging, at this run's speed; None before there is a speed."""
        estimates = [self._reading_left(), self._judging_left()]
        known = [estimate for estimate in estimates if estimate is not None]
        return max(known, default=None)

    def _reading_left(self) -> float | None:
        passed = self.bytes_passed - self.bytes_resumed
        return self.seconds / passed * (self.bytes_total - self.bytes_passed) if passed > 0 else None

    def _judging_left(self) -> float | None:
        if not self.judged_this_run or not self.share_read:
            return None
        expected = self.jobs / self.share_read
        return self.seconds / self.judged_this_run * max(0.0, expected - self.judged)

    @property
    def share_done(self) -> float:
        """Of the time that it takes; 0 before there is a speed."""
        left = self.seconds_left
        return self.seconds / (self.seconds + left) if left is not None and self.seconds else 0.0

    def __str__(self) -> str:
        parts = [f"{self.messages:,} messages, {self.flagged:,} flagged, {self.judged:,}/{self.jobs:,} judged"]
        if self.seconds_left is not None:
            parts.append(f"{format_clock(self.seconds_left)} left")
        if self.away is not None:
            parts.append(f"the judge is away, trying again: {self.away}")
        return ", ".join(parts)
