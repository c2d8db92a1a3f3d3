"""What the core needs from the outside: a memory and a place to show cases."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.case import CaseFile, CaseState, Claim, Decision, Earlier, JobState, Message, Suspected
from bot.records.appeals import Appeals
from bot.records.events import Events
from bot.records.figures import Figures
from bot.records.histories import Histories
from bot.records.labels import Labels
from bot.records.reports import Reports
from bot.records.retention import Retention
from bot.tallies import Tallies
from policies.policy import Policy
from policies.verdict import Verdict


class StoreError(Exception):
    """The memory could not do what was asked.

    StoreError
    ├── StoreUnavailable    disk full, database locked, I/O error: nothing was written; retry or stop
    ├── LeaseLost           the job was given to somebody else meanwhile: drop the result
    ├── PolicyNotKept       no version of the policy is known (any more): keep it, then record again
    └── UnknownCase         there is no such case: show it
    """


class StoreUnavailable(StoreError):
    """Nothing was written. The message says why and what to do."""


class LeaseLost(StoreError):
    """The lease ended before the work did, and the job is somebody else's now. Drop the result."""


class PolicyNotKept(StoreError):
    """A suspicion names a policy of which no version was kept. Call `keep_policy` before `record`."""


class UnknownCase(StoreError):
    """There is no case with this id."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in one guild."""

    questions: int
    """Jobs that wait for the judge or are with it, random checks aside."""
    cases: int
    """Open cases with a finding for people: a live policy was violated, or its answer could not be read."""


class Store(Tallies, Appeals, Events, Figures, Histories, Labels, Reports, Retention, Protocol):
    """The bot's memory. When a call returns, what it wrote survives kill -9 and power loss.

    Every implementation passes tests/bot/store/test_store_contract*.py.
    """

    async def keep_policy(self, guild_id: int, policy: Policy) -> None:
        """Keep this version of a policy; new jobs get the version that was kept last.

        Keeping one twice changes nothing; keeping an older one again puts it in force again.
        """
        ...

    async def record(self, suspected: Suspected) -> int | None:
        """Store a case with one job per suspicion, in one transaction, and return the case's id.

        The policies' versions must have been kept. A known message with a new digest gets a new revision and new
        jobs in its one case. A digest that was already stored for this message adds nothing (returns None); when
        it is an edit back to an older revision, the case notes that as `note_edit` does.
        """
        ...

    async def advance(self, guild_id: int, watermarks: Mapping[int, int]) -> None:
        """Raise channels' watermarks {channel id: message id}; a lower value than the stored one is ignored."""
        ...

    async def watermarks(self, guild_id: int) -> dict[int, int]:
        """The id per channel below and at which every message has passed the prefilter."""
        ...

    async def claim(self, limit: int, lease: timedelta, *, audits: int = 1) -> list[Claim]:
        """Lease up to `limit` waiting jobs, fairly over guilds. Jobs whose lease has ended count as waiting.

        Random checks come after everything else, and up to `audits` of them.
        """
        ...

    async def renew(self, claims: Sequence[Claim], lease: timedelta) -> list[Claim]:
        """Prolong leases; a claim that was lost is missing from the answer."""
        ...

    async def end_leases(self) -> None:
        """All leases have ended: for whoever starts and knows that nobody else works on this memory.

        The attempts count: a job that ends the process each time becomes UNDECIDED as any other.
        """
        ...

    async def finish(self, claim: Claim, verdict: Verdict) -> CaseState:
        """Store a verdict and return the case's new state. `violation=None` opens the case as undecided.

        A random check without a violation leaves its count only: its case is gone if nothing else is about it, and
        the answer is CLEARED.

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

    async def decide(self, decision: Decision, *, after: Decision | None = None) -> tuple[Decision, bool]:
        """Store a decision on an OPEN case, or on a decided one where `may_follow` allows it.

        With `after`, it is only taken while that very decision stands: an undo takes back what is meant.

        Returns the decision that stands and whether it is this one.

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

    async def find(self, guild_id: int, message_id: int) -> CaseFile | None:
        """The case about a message, if there is one."""
        ...

    async def note_edit(self, message: Message) -> int | None:
        """A message says something that nothing suspects. If it has a case and what it says is news, keep that.

        Returns the case's id if something changed. An edit back to the newest revision clears the note; one back
        to an older revision is noted like any other.
        """
        ...

    async def note_deletion(self, guild_id: int, message_ids: Collection[int], at: datetime) -> list[int]:
        """Messages are gone. Returns the ids of the cases that did not know it yet."""
        ...

    async def guilds_owing_cards(self) -> list[int]:
        """Guilds with cases whose card is missing or out of date."""
        ...

    async def cards_owed(self, guild_id: int, limit: int) -> list[CaseFile]:
        """Cases whose card is missing (OPEN, never shown) or shows an older version.

        Out of date ones come first, then what no person has to see, then the gravest.
        """
        ...

    async def begin_card(self, case_id: int, channel_id: int) -> None:
        """A card is about to be posted. Until `card_shown`, it is looked for before another one is posted.

        Raises:
            UnknownCase: the case was purged: post nothing.
        """
        ...

    async def card_shown(self, case_id: int, version: int, message_id: int | None) -> None:
        """This version of the case is on the card that hangs where `begin_card` said, under this message id.

        `None` says that the case needs no card in this version (a policy in shadow, a card that people removed);
        where a card hangs is not forgotten by it. Where no card was begun, no message id is noted.
        """
        ...

    async def forget_card(self, case_id: int) -> None:
        """The card is not there any more: an OPEN case owes a new one."""
        ...

    async def bind(self, application_id: int) -> int:
        """Note whose memory this is, once; return the application id that was noted first."""
        ...

    async def guilds(self) -> list[int]:
        """Every guild that something is kept of."""
        ...

    async def purge(self, guild_id: int) -> None:
        """Forget everything about a guild. Nothing of it is left in the database's files afterwards.

        Raises:
            StoreUnavailable: part of it, or traces in the files, may be left: purge it again.
        """
        ...

    async def job_counts(self) -> dict[JobState, int]:
        """How many jobs are in each state, random checks aside."""
        ...

    async def case_counts(self) -> dict[CaseState, int]:
        """How many cases are in each state."""
        ...

    async def backlog(self, guild_id: int) -> Backlog:
        """What waits in a guild."""
        ...


class Desk(Protocol):
    """Where cases are shown to people."""

    async def show(self, case: CaseFile) -> None:
        """Show a case, or bring what is shown of it up to date. Showing one twice makes one card.

        Never raises because the outside is away: a desk keeps trying, and looks at its start for what it owes.
        """
        ...


class DiscordError(Exception):
    """Discord did not do what was asked.

    DiscordError
    ├── DiscordAway     outage, rate limit, network: nobody knows whether it happened; try again later
    └── Refused         it will not work like this: show the reason, do not try again
        └── Gone        what it was about does not exist (any more)
    """


class DiscordAway(DiscordError):
    """Discord cannot be reached, or has too much to do. It may or may not have done what was asked."""


class Refused(DiscordError):
    """Discord refuses: a permission is missing, or the request makes no sense. The message says what, plainly."""


class Gone(Refused):
    """The message, channel, member or guild does not exist any more."""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a channel's history."""

    messages: tuple[Message, ...]
    """Oldest first; those that are in scope of moderation (no bots, no notices)."""
    last_id: int
    """The highest id on the page, in scope or not; the id that was asked after if the page was empty."""
    more: bool
    """Whether there may be newer messages."""


class History(Protocol):
    """What was written while nobody listened. Every call raises DiscordAway, Refused or Gone."""

    async def after(self, guild_id: int, channel_id: int, message_id: int) -> Page:
        """Up to 100 messages that follow an id."""
        ...

    async def before(self, message: Message, limit: int) -> tuple[Earlier, ...]:
        """What was said just before a message in its channel, oldest first."""
        ...

    async def completed(self, message: Message) -> Message:
        """The message with its author's roles and time of joining, which history does not tell."""
        ...


class Board(Protocol):
    """The review channels. Every call raises DiscordAway, Refused or Gone."""

    async def post(self, case: CaseFile, channel_id: int) -> int:
        """Hang up a new card and return its message id. Carries the case's nonce, which is enforced."""
        ...

    async def update(self, case: CaseFile, channel_id: int, message_id: int) -> None:
        """Let a card show the case as it is now."""
        ...

    async def find(self, case_id: int, channel_id: int, since: datetime) -> int | None:
        """Look through our own messages since a moment for the card of a case; its message id."""
        ...


class Enforcer(Protocol):
    """Carries decisions out. Every call raises DiscordAway, Refused or Gone."""

    async def carry_out(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        """Do what was decided, and say in a few words what came of it.

        `again`: an earlier try may have succeeded, so look first whether it is done already. A message that is
        gone already counts as deleted. `Gone` is raised when the member has left.
        """
        ...
