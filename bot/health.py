"""How a judge is doing, for `/safeguild status` and the log. Plain values."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JudgeHealth:
    """What a judge does at the moment, and how well it did since it was started."""

    judging: int
    """Questions that share the model right now."""
    waiting: int
    """Questions that wait before it."""
    restarting: bool = False
    """The model's process died and is started again; what it had in hand is asked again."""
    together: float | None = None
    """How many questions shared a step of the model on average; None where that is not known (yet)."""
    prefix_hits: float | None = None
    """How much of the policies' prompts was in memory when it was needed (0 to 1); None where it is not known."""
    restarts: int = 0
    """How often the model's process had to be started again."""
    servers: int = 0
    """On which the model runs; 0 when it runs on this machine."""
    servers_away: int = 0
    """Those of them that do not answer."""


Health = Callable[[], JudgeHealth]
"""Asks a judge how it is doing right now."""
