"""Members who ask for a second opinion, and what became of it.

An appeal is about one decision of a case. It is stored before anything is shown, ruled on once, and then carried
to its end in steps that each survive the process: what was taken back, then the message to the member.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.case import CardPlace
from bot.records.people import People


class AppealState(StrEnum):
    """How an appeal stands."""

    OPEN = "open"
    GRANTED = "granted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class NewAppeal:
    """What a member hands in."""

    guild_id: int
    case_id: int
    decision: int
    """Which of the case's decisions it is about: 1 for the first one."""
    member_id: int
    text: str
    """Why it should be looked at again, in the member's words."""
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A moderator's word on an appeal. The first one stands."""

    moderator_id: int
    given_at: datetime
    granted: bool
    text: str
    """What the member is told about it, in the moderator's words; may be empty."""


class Told(StrEnum):
    """Whether the member knows of the answer."""

    NO = "no"
    BEGUN = "begun"
    """The message is on its way."""
    UNSURE = "unsure"
    """The process ended while the message was on its way. It is not sent twice."""
    YES = "yes"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal and what became of it."""

    id: int
    guild_id: int
    case_id: int
    decision: int
    member_id: int
    text: str
    """Empty once it was erased."""
    made_at: datetime
    answer: Answer | None = None
    outcome: str | None = None
    """What came of a grant: what was taken back and what cannot be. None until that is known."""
    told: Told = Told.NO
    not_told_because: str = ""
    version: int = 1
    """Grows with everything that its card shows."""
    shown_version: int = 0
    card: CardPlace | None = None

    @property
    def state(self) -> AppealState:
        """How it stands."""
        if self.answer is None:
            return AppealState.OPEN
        return AppealState.GRANTED if self.answer.granted else AppealState.REJECTED

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do: it was answered, carried out, and the member was told or cannot be."""
        return self.outcome is not None and self.told not in (Told.NO, Told.BEGUN)


class Appeals(People, Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""

    async def add_appeal(self, appeal: NewAppeal) -> tuple[Appeal, bool]:
        """Store an appeal, with the event in its case's history; the one that stands for this decision, and
        whether it is this one.

        Raises:
            UnknownCase: there is no such case in the guild.
        """
        ...

    async def appeal(self, appeal_id: int) -> Appeal | None:
        """An appeal; None if there is none with this id (any more)."""
        ...

    async def appeals_of_case(self, case_id: int) -> list[Appeal]:
        """The appeals against a case's decisions, oldest first."""
        ...

    async def appeals_since(self, guild_id: int, member_id: int, since: datetime) -> int:
        """How many appeals a member has made in a guild from this moment on."""
        ...

    async def open_appeals(self, guild_id: int) -> int:
        """How many appeals of a guild wait for an answer."""
        ...

    async def has_other_deciders(self, guild_id: int, moderator_id: int) -> bool:
        """Whether anybody but this person has ever decided a case of the guild."""
        ...

    async def answer_appeal(self, appeal_id: int, answer: Answer) -> tuple[Appeal, bool] | None:
        """Store an answer. The appeal with the answer that stands, and whether it is this one; None: no appeal."""
        ...

    async def settle_appeal(self, appeal_id: int, outcome: str) -> bool:
        """Note what came of an answered appeal, once; whether this call did it."""
        ...

    async def begin_telling(self, appeal_id: int) -> bool:
        """The member is about to be told. False if that was begun before: then nobody tells them again."""
        ...

    async def give_up_telling(self) -> None:
        """Where telling was begun, nobody knows how it ended: for whoever starts and knows that nobody else works
        on this memory."""
        ...

    async def end_telling(self, appeal_id: int, failure: str | None) -> None:
        """How telling the member ended: None if Discord took the message, else why it did not."""
        ...

    async def unfinished_appeals(self, limit: int) -> list[Appeal]:
        """Answered appeals that were not carried to their end, oldest first; up to `limit` of each guild."""
        ...

    async def appeal_cards_owed(self, limit: int) -> list[Appeal]:
        """Appeals whose card is missing or out of date, oldest first; up to `limit` of each guild."""
        ...

    async def begin_appeal_card(self, appeal_id: int, channel_id: int) -> bool:
        """A card is about to be posted. False if the appeal is gone: post nothing."""
        ...

    async def appeal_card_shown(self, appeal_id: int, version: int, message_id: int) -> None:
        """This version is on the card with this message id, which hangs where `begin_appeal_card` said."""
        ...

    async def forget_appeal_card(self, appeal_id: int) -> None:
        """The card is not there any more: the appeal owes a new one as long as it is open."""
        ...
