"""How a judge is doing, for `/safeguild status` and the log. Plain values."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JudgeWork:
    """What a model on this machine has done since its process was started."""

    steps: int
    generated_tokens: int
    read_tokens: int
    """Of policies, messages, and the forced parts of answers."""
    model_seconds: float
    """In the model."""
    other_seconds: float
    """Between its steps, while there was work."""
    kv_used: float | None
    """How much of the room for tokens is taken or promised (0 to 1); None where it is not known."""


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
    work: JudgeWork | None = None
    """None where the model runs elsewhere."""


Health = Callable[[], JudgeHealth]
"""Asks a judge how it is doing right now."""
