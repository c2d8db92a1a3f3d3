"""What a threshold sees of a policy's own examples, and what follows for messages like them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inference.prefilter.budget.binomial import lower_bound

CONFIDENCE = 0.95
WANTED = 0.9
"""The recall that is wanted: 9 of 10 violations reach the model."""
ENOUGH_EXAMPLES = 29
"""With fewer, even if all are seen, nobody can be sure that 9 of 10 violations are: 0.9 ** 29 < 0.05."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How many of a policy's examples a threshold sees, each scored by a fit that did not know it."""

    violating: int
    """Examples of violations that are seen."""
    violating_of: int
    allowed: int
    """Examples of what is allowed that would be flagged as well."""
    allowed_of: int
    threshold_wanted: float
    """The highest threshold at which 9 of 10 examples of violations are seen."""

    @property
    def share(self) -> float:
        """Of the examples of violations; 0 without any."""
        return self.violating / self.violating_of if self.violating_of else 0.0

    @property
    def at_least(self) -> float:
        """With 95% confidence, so much of messages like the examples is seen (exact, one-sided)."""
        return lower_bound(self.violating, self.violating_of, CONFIDENCE)

    @property
    def misses_too_much(self) -> bool:
        """Whether fewer of the examples are seen than are wanted: budget and recall conflict."""
        return self.violating_of > 0 and self.share < WANTED


def seen(violating: Sequence[float], allowed: Sequence[float], threshold: float) -> Seen:
    """Hold a threshold against the surprises of held-out examples."""
    return Seen(
        violating=sum(surprise >= threshold for surprise in violating),
        violating_of=len(violating),
        allowed=sum(surprise >= threshold for surprise in allowed),
        allowed_of=len(allowed),
        threshold_wanted=_threshold_for(violating),
    )


def _threshold_for(violating: Sequence[float]) -> float:
    if not violating:
        return math.inf
    return sorted(violating, reverse=True)[math.ceil(WANTED * len(violating)) - 1]
