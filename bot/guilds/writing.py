"""What people need who write policies, beside the book: their drafts, and the model's measure."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.guilds.drafts import Drafts
from policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Spotted:
    """What keywords, patterns and signals of a policy alone make of its examples."""

    violating: int
    violating_of: int
    allowed: int
    allowed_of: int


async def _not_known(_: Policy) -> None:
    """Without a model nobody counts."""


@dataclass(frozen=True, slots=True)
class PolicyWriting:
    """Handed to the cogs."""

    drafts: Drafts = field(default_factory=Drafts)
    tokens: Callable[[Policy], Awaitable[int | None]] = _not_known
    """How long a policy is for the model; None if nobody knows."""
    spotted: Callable[[Policy], Awaitable[Spotted | None]] = _not_known
    """What its exact matches find in its examples; None if nobody knows."""
