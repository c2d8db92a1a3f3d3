"""Numbers about how moderation goes, and nothing of what was written: they outlive the texts that they count.

Days are those of UTC. What is counted of decisions belongs to the day of the first decision on a finding; a
decision that is taken back, or made otherwise later, is counted there too.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Final, Protocol

from bot.case import Action
from bot.records.latency import Latencies
from bot.records.waits import Waits
from inference.prefilter.budget.audit import Tally


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of a policy in some time. Times are in microseconds, so that adding up is exact."""

    looked_at: int = 0
    """Messages that were just written."""
    flagged: int = 0
    """Of those: suspected, by whatever."""
    verdicts: int = 0
    """Suspicions that were answered, random checks aside; what stayed undecided included."""
    violations: int = 0
    undecided: int = 0
    """No answer could be read: a person has to look."""
    confirmed: int = 0
    """Violations among `flagged`."""
    cleared: int = 0
    """Random checks that found nothing."""
    missed: int = 0
    """Random checks that found a violation."""
    unsure: int = 0
    """Random checks without a readable answer."""
    second_looks: int = 0
    """Answers for which the model was asked again with more effort."""
    tokens: int = 0
    """Generated for all answers, random checks included. So are the times."""
    queued: int = 0
    prefill: int = 0
    reasoning: int = 0
    answer: int = 0
    agreed: int = 0
    """Violations on which people acted."""
    overturned: int = 0
    """Violations that people dismissed."""

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in COUNTED))

    @property
    def computing(self) -> int:
        """What the model worked, waiting aside."""
        return self.prefill + self.reasoning + self.answer

    @property
    def tally(self) -> Tally:
        """For estimating what was missed."""
        return Tally(
            looked_at=self.looked_at,
            flagged=self.flagged,
            confirmed=self.confirmed,
            cleared=self.cleared,
            missed=self.missed,
            unsure=self.unsure,
        )


COUNTED: Final = tuple(each.name for each in fields(Counts))
"""What is counted, by name."""


@dataclass(frozen=True, slots=True)
class PolicyDay:
    """A policy on one day, all its versions together."""

    day: date
    policy_id: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """What became of the violations that cite one rule."""

    policy_id: str
    rule_id: str
    cited: int = 0
    confirmed: int = 0
    overturned: int = 0
    waits: Waits = field(default_factory=Waits)
    """From the verdict to the first decision."""


@dataclass(frozen=True, slots=True)
class WaitDay:
    """How long it took from a verdict to the first decision, by the decision's day."""

    day: date
    policy_id: str
    """Empty: of the whole guild, where a case with findings under two policies counts once."""
    waits: Waits


@dataclass(frozen=True, slots=True)
class DecisionDay:
    """How often something was decided on a day."""

    day: date
    policy_id: str
    """Empty: of the whole guild."""
    action: Action
    number: int
    failed: int
    """How many could not be carried out; told for the whole guild only."""


@dataclass(frozen=True, slots=True)
class QueueDay:
    """The most that waited for people at any full hour of a day."""

    day: date
    cases: int
    oldest: int
    """Microseconds that the case which had waited longest had waited."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A version of a policy came into force for the first time."""

    policy_id: str
    at: datetime
    is_new: bool
    """The first version of this policy that was ever kept."""


@dataclass(frozen=True, slots=True)
class GuildFigures:
    """Everything that was counted of a guild between two days, both included, at one moment."""

    first: date
    last: date
    days: tuple[PolicyDay, ...] = ()
    rules: tuple[RuleFigures, ...] = ()
    waits: tuple[WaitDay, ...] = ()
    decisions: tuple[DecisionDay, ...] = ()
    queue_days: tuple[QueueDay, ...] = ()
    waiting_since: tuple[datetime, ...] = ()
    """When each case that waits for people now began to, earliest first."""
    changes: tuple[PolicyChange, ...] = ()

    def of_policy(self, policy_id: str) -> "GuildFigures":
        """One policy's part. What waits is known for the whole guild only, and stays."""
        return replace(
            self,
            days=tuple(each for each in self.days if each.policy_id == policy_id),
            rules=tuple(each for each in self.rules if each.policy_id == policy_id),
            waits=tuple(replace(each, policy_id="") for each in self.waits if each.policy_id == policy_id),
            decisions=tuple(replace(each, policy_id="") for each in self.decisions if each.policy_id == policy_id),
            changes=tuple(each for each in self.changes if each.policy_id == policy_id),
        )


@dataclass(frozen=True, slots=True)
class DigestState:
    """What is known of a guild's last weekly digest."""

    week: date
    """The Monday on which it is due."""
    channel_id: int | None
    begun_at: datetime
    """When posting was begun. A digest that nobody confirmed is looked for from here on before posting again."""
    done: bool
    """It hangs there, or there was nothing to tell."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The store as the operator needs to know it, all guilds together."""

    waiting: int
    """Jobs that wait for the judge, random checks aside."""
    judging: int
    oldest_waiting: datetime | None
    """When the message of the oldest of them was taken in."""
    audits: int
    """Random checks that wait."""
    open_cases: int
    oldest_open: datetime | None
    """Since when the oldest case waits for people."""
    pending_decisions: int
    """Decided, and not carried out yet."""
    cards_owed: int
    """Cards that are missing or out of date."""


class Figures(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""

    async def figures(self, guild_id: int, first: date, last: date) -> GuildFigures:
        """What was counted between two days, both included.

        Verdicts and decisions are counted in the transaction that stores them.
        """
        ...

    async def note_queue(self) -> None:
        """Keep for every guild the most that waited for people today. Called about once an hour."""
        ...

    async def digest(self, guild_id: int) -> DigestState | None:
        """The guild's last digest; None if there was none."""
        ...

    async def begin_digest(self, guild_id: int, week: date, channel_id: int) -> None:
        """A digest is about to be posted. Until `end_digest`, it is looked for before another one is posted."""
        ...

    async def end_digest(self, guild_id: int, week: date) -> None:
        """The week's digest is posted, or there is nothing to tell of that week."""
        ...

    async def forget_digest(self, guild_id: int) -> None:
        """It is certain that the digest which was begun does not hang there."""
        ...

    async def operation(self) -> Operation:
        """What waits, in all guilds. Asked every few seconds: it must stay cheap with the years."""
        ...

    def write_times(self) -> Latencies:
        """How long commits took since the store was opened, the disk's confirmation included. Never raises."""
        ...

    def damaged_texts(self) -> int:
        """How many texts could not be read since the store was opened: they are damaged. Never raises."""
        ...
