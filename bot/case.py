"""What the bot remembers: messages, cases, jobs and what people decided. Plain values, no behaviour.

A case is about one message, however many policies flag it and however often it is edited. Each flagged revision
of the message has one job per policy that flagged it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from pydantic import AwareDatetime

from bot.kept_back import is_stand_in
from inference.prefilter.suspicion import Suspicion
from policies.frozen import Frozen
from policies.policy import Policy, Snowflake
from policies.verdict import Verdict


class Message(Frozen):
    """A message as it was at one moment: what members can read of it, and who wrote it where."""

    id: Snowflake
    guild_id: Snowflake
    channel_id: Snowflake
    parent_id: Snowflake | None = None
    """The channel that a thread or forum post belongs to; None outside of threads."""
    channel_name: str = ""
    author_id: Snowflake
    author_name: str = ""
    joined_at: AwareDatetime | None = None
    """When the author joined the guild; None if not known."""
    role_ids: tuple[Snowflake, ...] = ()
    created_at: AwareDatetime
    edited_at: AwareDatetime | None = None
    content: str = ""
    attachments: tuple[str, ...] = ()
    """Names and descriptions; the model reads text only."""
    embeds: tuple[str, ...] = ()
    """The readable text of embeds, polls, stickers and forwards."""
    reply_to: Snowflake | None = None

    @property
    def text(self) -> str:
        """Everything that is scanned and judged."""
        return "\n".join(part for part in (self.content, *self.embeds, *self.attachments) if part)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the text: an edit is a new revision only when this changed."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


class Earlier(Frozen):
    """A message that came before the judged one in its channel, kept as context."""

    message_id: Snowflake
    author_id: Snowflake
    text: str


class Suspected(Frozen):
    """What the prefilter hands on: a message, what came before it, and one suspicion per policy."""

    message: Message
    earlier: tuple[Earlier, ...] = ()
    """Oldest first."""
    suspicions: tuple[Suspicion, ...]
    just_written: bool = False
    """The message was looked at when it was written: it is counted. Edits, and what is read again, are not."""


class CaseState(StrEnum):
    """Where a case is on its way. `QUEUED -> JUDGING -> CLEARED | OPEN -> DECIDED -> ENFORCED | FAILED`."""

    QUEUED = "queued"
    """Some of its jobs wait for the judge and none has found a violation."""
    JUDGING = "judging"
    """A worker holds a lease on one of its jobs and none has found a violation."""
    CLEARED = "cleared"
    """Every job is judged; nothing was violated."""
    OPEN = "open"
    """A violation, or an answer that could not be read: a person has to look."""
    DECIDED = "decided"
    """A person has decided; the decision is stored and not carried out yet."""
    ENFORCED = "enforced"
    """The decision was carried out."""
    FAILED = "failed"
    """The decision could not be carried out; the outcome says why."""


class JobState(StrEnum):
    """Where one question to the judge is."""

    QUEUED = "queued"
    JUDGING = "judging"
    JUDGED = "judged"
    UNDECIDED = "undecided"
    """Tried as often as allowed without a readable verdict: a dead letter that a person sees."""


class Action(StrEnum):
    """What a moderator can decide."""

    DISMISS = "dismiss"
    DELETE = "delete"
    TIMEOUT = "timeout"
    WARN = "warn"
    KICK = "kick"
    BAN = "ban"
    HELP = "help"
    """The member is offered help by direct message: they are in distress, and did nothing wrong."""
    UNDO = "undo"
    """What was decided before is taken back, and the case is open again."""


SANCTIONS: Final = frozenset({Action.WARN, Action.TIMEOUT, Action.KICK, Action.BAN})
"""What is done to the member, from the mildest to the gravest in the order of `Action`'s use on cards."""
BESIDE_DELETING: Final = SANCTIONS | {Action.HELP}
"""What may be decided together with deleting the message, or before it."""


class Decision(Frozen):
    """A person's word on a case. The first one stands, but for what `may_follow` allows."""

    case_id: int
    action: Action
    moderator_id: Snowflake
    decided_at: AwareDatetime
    timeout: timedelta | None = None
    """How long a timeout lasts, from `decided_at` on; None for every other action."""
    also_delete: bool = False
    """The message is deleted, too. False for a decision that is to delete it and nothing else."""
    delete_history: timedelta = timedelta(0)
    """How far back a ban deletes everything that the member wrote; 7 days at most."""
    reason: str = ""

    @property
    def ends_at(self) -> datetime | None:
        """When a timeout ends. The same for every try, so that carrying it out twice changes nothing."""
        return self.decided_at + self.timeout if self.timeout is not None else None

    @property
    def deletes(self) -> bool:
        """Whether the message itself is to be deleted."""
        return self.action is Action.DELETE or self.also_delete


def may_follow(standing: Decision, state: CaseState, action: Action) -> bool:
    """Whether a case that was decided takes another decision on the same revision.

    What could not be carried out may be tried again or decided otherwise. What was carried out may be taken back,
    which opens the case again, and where the message was spared so far it may still be deleted. Everything else
    stands.
    """
    if state is CaseState.FAILED:
        return True
    if state is not CaseState.ENFORCED:
        return False
    if action is Action.UNDO:
        return True
    return action is Action.DELETE and standing.action in BESIDE_DELETING and not standing.also_delete


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that a worker holds until its lease ends, with all that is needed to judge it."""

    job_id: int
    case_id: int
    revision: int
    token: str
    """Proof of the lease: finishing with another token is refused."""
    leased_until: datetime
    attempt: int
    """1 for the first try."""
    policy: Policy
    """The version that flagged the message, even if the file has changed since."""
    suspicion: Suspicion
    message: Message
    earlier: tuple[Earlier, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A judged job of a case: which policy, on which revision, and what the judge said."""

    job_id: int
    revision: int
    state: JobState
    policy: Policy
    suspicion: Suspicion
    verdict: Verdict | None
    """None while the job waits."""


@dataclass(frozen=True, slots=True)
class CardPlace:
    """Where a case's card hangs, or may hang."""

    channel_id: int
    begun_at: datetime
    """When posting was begun. A card that nobody confirmed is looked for from here on before posting again."""
    message_id: int | None
    """None: posting was begun, and whether it arrived is not known."""


class ReportKind(StrEnum):
    """Who points at a message."""

    MEMBER = "member"
    """"Report to moderators": the reporter stays hidden."""
    MODERATOR = "moderator"
    """"Judge this message"."""
    AUTOMOD = "automod"
    """Discord's own AutoMod raised an alert."""


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody points at a message. It makes a case one for people, whatever the judge says."""

    kind: ReportKind
    reporter_id: int
    """Not shown to anybody for reports of members."""
    reason: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """A moderator who has taken a case on, so that others leave it."""

    moderator_id: int
    since: datetime


@dataclass(frozen=True, slots=True)
class AuthorRecord:
    """What is known of an author from the guild's other cases."""

    cases: int = 0
    """Other cases that people looked at or have to look at: open or decided."""
    acted_on: int = 0
    """Those in which a decision other than a dismissal was carried out."""
    dismissed: int = 0
    taken_back: int = 0
    """Those in which something was done and taken back, after an appeal say, and nothing else since."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with everything that was found about it."""

    id: int
    guild_id: int
    state: CaseState
    opened_at: datetime
    revisions: tuple[Message, ...]
    """The flagged revisions, oldest first; the last one is the newest."""
    earlier: tuple[Earlier, ...]
    """Context of the newest revision."""
    findings: tuple[Finding, ...]
    decision: Decision | None
    outcome: str | None
    """What became of the decision, once carried out or failed."""
    earlier_decisions: tuple[Decision, ...] = ()
    """Oldest first: what was decided before the decision that stands."""
    answers: tuple[Decision, ...] = ()
    """Oldest first: what was decided on the revision that was decided on last, and not taken back since. This is
    what an undo is about. Decisions that failed are not among it, but for those of two parts: one may be done."""
    version: int = 0
    """Grows with everything that a card shows of the case."""
    shown_version: int = 0
    """The version that people see on its card."""
    card: CardPlace | None = None
    current: Message | None = None
    """What the message says now, when it was edited into something that nothing suspects; None otherwise."""
    deleted_at: datetime | None = None
    """When the message was seen to be gone."""
    author_record: AuthorRecord = AuthorRecord()
    holder: Holder | None = None
    """Who has claimed the case."""
    escalated: Holder | None = None
    """Who asked for somebody with more say, and when."""
    reports: tuple[Report, ...] = ()
    """Oldest first."""
    notes: int = 0
    """How many notes moderators have added."""
    erased_at: datetime | None = None
    """When what the member wrote was erased: texts are empty from then on, figures stay."""
    unreadable: bool = False
    """What the member wrote is damaged where it is stored, some of it at least: texts are empty, figures stay."""

    @property
    def message(self) -> Message:
        """The newest revision."""
        return self.revisions[-1]

    @property
    def was_kept_back(self) -> bool:
        """Discord's AutoMod kept the message back: it was never posted, so nobody has deleted it."""
        alerted = any(report.kind is ReportKind.AUTOMOD for report in self.reports)
        return alerted and self.deleted_at is not None and is_stand_in(self.message.id)
