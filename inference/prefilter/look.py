"""What the prefilter finds in a text under one policy, before it is decided whether that is enough."""

import math
from typing import NamedTuple

from inference.prefilter.suspicion import Evidence, Suspicion


class Look(NamedTuple):
    """One policy's view of one text.

    No dataclass: a message makes as many as its guild has policies, and a tuple is made in a third of the time.
    """

    policy_id: str
    forced: tuple[Evidence, ...]
    """Exact matches (keywords, patterns, signals, near copies of an example): each makes a suspicion by itself."""
    surprise: float = 0.0
    """-log10 of the share of ordinary messages that score at least as high; 0 where nothing can be said."""
    learned: Evidence | None = None
    """What the score points at, the nearest example or rule where there is one; None where the score is 0."""
    copied: str | None = None
    """The allowed example that the text is nearly the same as: it is not scored then."""

    def suspicion(self, threshold: float) -> Suspicion | None:
        """The suspicion, if there is one. `threshold` is the surprise from which the score alone is enough."""
        if not self.forced and (self.learned is None or self.surprise < threshold):
            return None
        learned = self.learned if self.surprise >= threshold else None
        evidence = self.forced if learned is None else (*self.forced, learned)
        return Suspicion(policy_id=self.policy_id, evidence=evidence, score=self.surprise)


def threshold_for(flag_rate: float) -> float:
    """The surprise that this share of ordinary messages reaches."""
    return -math.log10(flag_rate)
