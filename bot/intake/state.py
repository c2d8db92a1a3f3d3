"""What the intake is doing: for `/safeguild status`, metrics and logs."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ChannelProblem:
    """A channel whose history cannot be read: what was written there while nobody listened stays unread."""

    guild_id: int
    channel_id: int
    reason: str
    """In plain words, with what to do."""


@dataclass(frozen=True, slots=True)
class IntakeState:
    """One look at the intake. Counts of work done are since the start of the process."""

    waiting: int = 0
    """Messages in the lanes."""
    behind: int = 0
    """Channels that have to be read from history before they are up to date."""
    behind_in: Mapping[int, int] = field(default_factory=dict)
    """{guild id: channels behind}."""
    caught_up: int = 0
    """Messages that were read from history."""
    overflowed: int = 0
    """Messages that found the lanes full and were left to history."""
    failed: int = 0
    """Messages on which a defect showed; each holds its channel's mark until the next start."""
    dropped: int = 0
    """Edits and deletions that were forgotten because too many waited."""
    away: str | None = None
    """Why history cannot be read now; None if it can."""
    problems: tuple[ChannelProblem, ...] = ()
