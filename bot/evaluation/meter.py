"""How far an evaluation is."""

from dataclasses import dataclass

from bot.units import format_clock


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where an evaluation is at one moment."""

    seconds: float
    """Since this run began to judge."""
    judged: int
    """In this run."""
    resumed: int
    """Verdicts that were there already."""
    total: int
    """Verdicts in all."""
    undecided: int = 0
    agreed: int = 0
    """Verdicts of this run that are their label's."""
    away: str | None = None
    """Why the judge is away; None if it is not."""

    @property
    def done(self) -> int:
        """Verdicts that are there now."""
        return self.resumed + self.judged

    @property
    def per_second(self) -> float | None:
        """Verdicts, in this run; None before there is one."""
        return self.judged / self.seconds if self.judged and self.seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """At this run's speed."""
        return (self.total - self.done) / self.per_second if self.per_second else None

    @property
    def share_done(self) -> float:
        """Of the verdicts; all of none."""
        return self.done / self.total if self.total else 1.0

    def __str__(self) -> str:
        parts = [f"{self.done:,}/{self.total:,} verdicts"]
        if self.per_second is not None:
            parts.append(f"{self.per_second:,.1f} a second")
            parts.append(f"{self.agreed / self.judged:.0%} as labelled")
        if self.undecided:
            parts.append(f"{self.undecided:,} undecided")
        if self.seconds_left is not None:
            parts.append(f"{format_clock(self.seconds_left)} left")
        if self.away is not None:
            parts.append(f"the judge is away, trying again: {self.away}")
        return ", ".join(parts)
