"""What people point at: reports of members, requests of moderators, alerts of AutoMod; and the queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.case import Action, CardPlace, CaseFile, Report, ReportKind, Suspected
from policies.policy import Severity


@dataclass(frozen=True, slots=True)
class Reported:
    """What came of pointing at a message."""

    case_id: int
    news: bool
    """Whether this person had not pointed at it before, or at an older version of it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much was reported since a moment."""

    by_person: int
    opened: int
    """Cases in the guild that only reports have opened."""


class QueueOrder(StrEnum):
    """What stands first in the queue. Among equals the oldest."""

    SEVERITY = "severity"
    AGE = "age"
    DISAGREEMENT = "split"
    """Where verdicts are on the edge, or one look says another thing than the one before."""


class QueueClaims(StrEnum):
    """Whose cases are shown."""

    ALL = "all"
    MINE = "mine"
    UNCLAIMED = "free"


@dataclass(frozen=True, slots=True)
class QueueView:
    """What one person wants to see of the queue, and may see."""

    guild_id: int
    viewer_id: int
    hidden: frozenset[int] = frozenset()
    """Channels and threads that the viewer may not read."""
    order: QueueOrder = QueueOrder.SEVERITY
    claims: QueueClaims = QueueClaims.ALL
    policy_id: str | None = None
    """Only cases that a live version of this policy has something to say about; None: all."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many open cases wait for people."""

    by_severity: Mapping[Severity, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_severity.values())


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A stretch of the queue."""

    cases: tuple[CaseFile, ...]
    waiting: Waiting
    """All cases of the view, on this page or not."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Cards of a guild, as far as they say how many more there is room for. Critical cases are counted apart."""

    lately: tuple[datetime, ...]
    """When those of the last minute were begun, oldest first."""
    lately_critical: tuple[datetime, ...]
    hanging: int
    """Recent cards whose case is still open."""
    hanging_critical: int


class Alike(StrEnum):
    """Which cases are taken together with one."""

    AUTHOR = "author"
    """The same member wrote the message."""
    TEXT = "text"
    """The text is nearly the same."""


@dataclass(frozen=True, slots=True)
class BulkExtent:
    """What a bulk decision would touch."""

    case_ids: tuple[int, ...]
    messages: int
    """Those that are still there."""
    channels: int
    authors: int
    more: bool = False
    """There are so many that not all of them were looked at: the figures are the least that there is."""


class ItemEnd(StrEnum):
    """How one case of a bulk ended."""

    DONE = "done"
    REFUSED = "refused"
    """The person may not do this, or Discord refused."""
    PASSED = "passed"
    """Somebody else had decided it, or it is not open any more."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """One decision about many cases."""

    id: int
    guild_id: int
    moderator_id: int
    action: Action
    begun_at: datetime
    waiting: int
    done: int
    refused: int
    passed: int
    undoes: int | None = None
    """The bulk whose decisions it takes back. None in those of earlier versions, too."""

    @property
    def total(self) -> int:
        """All cases that it is about, as far as they are still kept."""
        return self.waiting + self.done + self.refused + self.passed


class Reports(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""

    async def report(self, suspected: Suspected, report: Report) -> Reported:
        """Somebody points at a message: it has a case from now on, which is open for people.

        `suspected` may be without suspicions: then nobody is asked. Policies that were asked about this text
        already are not asked again. The same person (the same rule of AutoMod) counts once for each text. A text
        that people decided about stays decided.

        Raises:
            PolicyNotKept: as `record`.
        """
        ...

    async def report_pace(self, guild_id: int, kind: ReportKind, reporter_id: int, since: datetime) -> Pace:
        """How much this person has reported since then, and how many cases reports of this kind have opened."""
        ...

    async def queue_page(self, view: QueueView, offset: int, limit: int) -> QueuePage:
        """Open cases for people, in the view's order."""
        ...

    async def take_free(self, case_id: int, moderator_id: int, at: datetime) -> bool:
        """Claim an open case that nobody holds, as `take_on` does; False if somebody was quicker."""
        ...

    async def waiting_cases(self, guild_id: int) -> Waiting:
        """The guild's open cases for people."""
        ...

    async def held_cards(self, guild_id: int) -> Waiting:
        """Open cases for people whose card was not posted yet."""
        ...

    async def posted_cards(self, guild_id: int, minute: datetime, day: datetime) -> Posted:
        """The guild's cards: those begun since `minute`, and those begun since `day` whose case is open."""
        ...

    async def queue_line(self, guild_id: int) -> CardPlace | None:
        """Where the line about waiting cases stands, or may stand."""
        ...

    async def begin_queue_line(self, guild_id: int, channel_id: int) -> None:
        """The line is about to be posted; see `begin_card`."""
        ...

    async def queue_line_shown(self, guild_id: int, message_id: int) -> None:
        """The line stands where `begin_queue_line` said."""
        ...

    async def forget_queue_line(self, guild_id: int) -> None:
        """There is no line any more."""
        ...

    async def guilds_with_queue_line(self) -> list[int]:
        """Guilds where a line stands, or may stand."""
        ...

    async def alike(self, case_id: int, by: Alike, hidden: frozenset[int] = frozenset()) -> BulkExtent:
        """The open cases for people that are like this one, itself included, but for those in `hidden` channels.

        Raises:
            UnknownCase: there is no such case.
        """
        ...

    async def begin_bulk(
        self,
        guild_id: int,
        moderator_id: int,
        action: Action,
        case_ids: tuple[int, ...],
        at: datetime,
        *,
        undoes: int | None = None,
    ) -> Bulk:
        """Note a decision about these cases of the guild. It is carried out from here on, over restarts.

        `undoes`: the bulk whose decisions it takes back.
        """
        ...

    async def bulk(self, bulk_id: int) -> Bulk | None:
        """How far it is; None if there is none."""
        ...

    async def bulks_under_way(self) -> list[Bulk]:
        """Those with waiting cases, oldest first."""
        ...

    async def bulk_waiting(self, bulk_id: int, limit: int) -> list[int]:
        """The next cases of a bulk that wait."""
        ...

    async def bulk_done(self, bulk_id: int) -> tuple[int, ...]:
        """The cases of a bulk that it has decided."""
        ...

    async def end_bulk_item(self, bulk_id: int, case_id: int, end: ItemEnd) -> None:
        """A case of a bulk has ended."""
        ...

    async def last_bulk(self, guild_id: int, moderator_id: int) -> Bulk | None:
        """The newest one of this person."""
        ...
