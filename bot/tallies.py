"""What is kept of how policies do: counts, how scores are spread, random checks. A part of the `Store`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from inference.prefilter.budget.audit import Tally


@dataclass(frozen=True, slots=True)
class Traffic:
    """How a guild's messages look to one version of a policy: numbers, and nothing of what was written."""

    guild_id: int
    policy_id: str
    digest: str
    """Of the policy's version."""
    surprises: bytes
    """A `RollingQuantile`, as it is kept."""
    looked_at: int = 0
    """Messages that were just written, since this was kept last."""
    flagged: int = 0
    """Of those: suspected, by whatever."""


class Tallies(Protocol):
    """Numbers about policies, and nothing of what was written. Every call raises StoreUnavailable."""

    async def keep_traffic(self, kept: Sequence[Traffic]) -> None:
        """Keep how scores are spread, in place of what was kept before, and add the counts to the tallies."""
        ...

    async def traffic(self) -> list[Traffic]:
        """All that was kept, of every guild; without counts, which are in the tallies."""
        ...

    async def tally(self, guild_id: int, policy_id: str, digest: str) -> Tally:
        """What was counted of one version of a policy; zeros if nothing was.

        Verdicts and random checks are counted as they are stored, for messages that were just written.
        """
        ...

    async def waiting_suspicions(self) -> int:
        """How many jobs wait, random checks aside. Asked every few seconds: it must stay cheap with the years."""
        ...

    async def waiting_audits(self) -> int:
        """How many random checks wait."""
        ...

    async def drop_audits(self) -> int:
        """Forget the random checks that wait, as if they had never been drawn; how many they were."""
        ...
