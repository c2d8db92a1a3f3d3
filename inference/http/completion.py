"""What a server is asked to write, and what it wrote, whatever dialect it speaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from inference.answer import Phase


class Stop(Enum):
    """What ends free text before its budget."""

    MARKUP = auto()
    """Harmony's control tokens."""
    MARK = auto()
    """These, and a quotation mark, which may stand inside of a token."""
    NEVER = auto()
    """Nothing, but what the model itself takes for the end."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A request: go on behind these tokens."""

    prompt: tuple[int, ...]
    most: int
    """Tokens to write at most."""
    phase: Phase
    stop: Stop = Stop.NEVER
    allowed: tuple[int, ...] = ()
    """The only tokens that may be written; empty allows all."""
    scored: bool = False
    """Whether the probabilities at the first place are wanted."""
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """What was written."""

    tokens: tuple[int, ...]
    """All of them, with the one that ended it."""
    stopped: bool
    """Whether something that was to stop it did; otherwise it ran into its budget or the end of the context."""
    log_probabilities: Mapping[int, float] = field(default_factory=dict)
    """Of the likeliest tokens at the first place, over the whole vocabulary; what is missing has next to none."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt's tokens, how many the server had in its cache."""
    prompt_milliseconds: float | None = None
    """What it took to read the rest of them; None where the server does not tell."""
    writing_milliseconds: float | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """What a server tells of itself."""

    models: tuple[str, ...]
    """The names under which it serves; the first one is its own."""
    context: int | None = None
    """Tokens that a prompt and its continuation may have together."""
    vocabulary: int | None = None
    slots: int | None = None
    """Places for sequences, which a request may name; None where there is no such thing."""
