"""What the core needs from the outside: a memory and a place to show cases."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from bot.case import CaseFile, CaseState, Claim, Decision, JobState, Suspected
from policies.policy import Policy
from policies.verdict import Verdict


class StoreError(Exception):
    """The memory could not do what was asked.

    StoreError
    ├── StoreUnavailable    disk full, database locked, I/O error: nothing was written; retry or stop
    ├── LeaseLost           the job was given to somebody else meanwhile: drop the result
    └── UnknownCase         there is no such case: show it
    """


class StoreUnavailable(StoreError):
    """Nothing was written. The message says why and what to do."""


class LeaseLost(StoreError):
    """The lease ended before the work did, and the job is somebody else's now. Drop the result."""


class UnknownCase(StoreError):
    """There is no case with this id."""


class Store(Protocol):
    """The bot's memory. When a call returns, what it wrote survives kill -9 and power loss.

    Every implementation passes tests/bot/store/test_store_contract.py.
    """

    async def keep_policy(self, guild_id: int, policy: Policy) -> None:
        """Keep this version of a policy; new jobs get the version that was kept last.

        Keeping one twice changes nothing; keeping an older one again puts it in force again.
        """
        ...

    async def record(self, suspected: Suspected) -> int | None:
        """Store a case with one job per suspicion, in one transaction, and return the case's id.

        The policies' versions must have been kept. A known message with a new digest gets a new revision and new
        jobs in its one case; a digest that was already stored for this message changes nothing (returns None).
        """
        ...

    async def advance(self, guild_id: int, watermarks: Mapping[int, int]) -> None:
        """Raise channels' watermarks {channel id: message id}; a lower value than the stored one is ignored."""
        ...

    async def watermarks(self, guild_id: int) -> dict[int, int]:
        """The id per channel below and at which every message has passed the prefilter."""
        ...

    async def claim(self, limit: int, lease: timedelta) -> list[Claim]:
        """Lease up to `limit` waiting jobs, fairly over guilds. Jobs whose lease has ended count as waiting."""
        ...

    async def renew(self, claims: Sequence[Claim], lease: timedelta) -> list[Claim]:
        """Prolong leases; a claim that was lost is missing from the answer."""
        ...

    async def finish(self, claim: Claim, verdict: Verdict) -> CaseState:
        """Store a verdict and return the case's new state. `violation=None` opens the case as undecided.

        Raises:
            LeaseLost: the job is somebody else's; nothing was written.
        """
        ...

    async def release(self, claim: Claim, *, failed: bool) -> JobState:
        """Give a job back to the queue. `failed` counts the attempt; five failed attempts make it UNDECIDED and
        open its case.

        Raises:
            LeaseLost: the job is somebody else's; nothing was written.
        """
        ...

    async def decide(self, decision: Decision) -> tuple[Decision, bool]:
        """Store the first decision on an OPEN case; return the one that stands and whether it is this one.

        Raises:
            UnknownCase: there is no such case, or it is not open for decisions.
        """
        ...

    async def settle(self, case_id: int, *, enforced: bool, outcome: str) -> bool:
        """Move a DECIDED case to ENFORCED or FAILED, once; return whether this call did it."""
        ...

    async def case(self, case_id: int) -> CaseFile:
        """A case with everything about it.

        Raises:
            UnknownCase: there is no such case.
        """
        ...

    def cases(self, *states: CaseState) -> AsyncIterator[CaseFile]:
        """All cases in these states, by id. Cases are fetched in pages: memory stays bounded."""
        ...

    async def job_counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        ...

    async def case_counts(self) -> dict[CaseState, int]:
        """How many cases are in each state."""
        ...


class Desk(Protocol):
    """Where cases are shown to people."""

    async def show(self, case: CaseFile) -> None:
        """Show a case, or bring what is shown of it up to date. Showing one twice makes one card."""
        ...
