"""What a guild's cases say of a member, and cases as lists: for histories, for choosing and for exports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from bot.case import Action, CaseFile, CaseState, Decision


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """A member in numbers. Cases that only policies in shadow found are not counted."""

    open: int = 0
    """Cases that wait for a decision, or for one to be carried out."""
    acted_on: int = 0
    """Cases in which something other than a dismissal was carried out, and not taken back."""
    dismissed: int = 0
    taken_back: int = 0
    """Cases in which something was done and taken back, after an appeal say, and nothing else since."""
    since: datetime | None = None
    """When the first of these cases was opened."""
    actions: Mapping[Action, int] = field(default_factory=lambda: MappingProxyType({}))
    """How often each action was carried out."""
    appeals_open: int = 0
    appeals_granted: int = 0
    appeals_rejected: int = 0

    @property
    def cases(self) -> int:
        """How many there are."""
        return self.open + self.acted_on + self.dismissed + self.taken_back


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases of a guild are meant; None stands for any."""

    guild_id: int
    since: datetime | None = None
    """Opened at or after."""
    until: datetime | None = None
    """Opened before."""
    policy_id: str | None = None
    """With a finding of this policy."""
    state: CaseState | None = None
    member_id: int | None = None
    """Whose message it is about."""


@dataclass(frozen=True, slots=True)
class Made:
    """A decision of a case with all that became of it."""

    number: int
    """1 for the case's first decision."""
    decision: Decision
    enforced: bool | None
    """None until it was carried out or failed."""
    outcome: str
    """In a few words; empty until then."""
    taken_back: bool
    reopened: bool
    """The case was opened again although this was done; what was done was left as it is."""
    revision: int
    """The version of the message that it is about; 1 for the first one."""


class People(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""

    async def decisions(self, case_id: int) -> list[Made]:
        """Everything that was ever decided about a case, oldest first; nothing of a case that is not known."""
        ...

    async def add_note(self, case_id: int, moderator_id: int, text: str, at: datetime) -> None:
        """A moderator notes something about a case. Its card tells how many notes there are.

        Raises:
            UnknownCase: there is no such case.
        """
        ...

    async def reopen(self, case_id: int, moderator_id: int, reason: str, at: datetime) -> bool:
        """Let a case be decided anew, and note who wanted it and why. What was done stays done.

        False if it is not decided, or what was decided is still being carried out.
        """
        ...

    async def member_record(self, guild_id: int, member_id: int) -> MemberRecord:
        """A member in numbers."""
        ...

    async def member_cases(self, guild_id: int, member_id: int, limit: int, *, before: int = 0) -> list[CaseFile]:
        """Cases about a member, newest first; those below the case id `before` if it is given.

        As in all lists, cases that people look at or have looked at. Some may be known to policies in shadow only.
        """
        ...

    async def newest_cases(self, guild_id: int, limit: int, *, digits: str = "") -> list[CaseFile]:
        """A guild's cases, newest first; with `digits` only those whose id begins with them."""
        ...

    async def filtered_cases(self, wanted: CaseFilter, limit: int, *, after: int = 0) -> list[CaseFile]:
        """The next cases that fit, by the age of their messages; those with a message id above `after`.

        Without a state, those are meant that people look at or have looked at.
        """
        ...
