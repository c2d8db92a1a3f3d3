"""How long words of people are kept, and what is erased on request.

Erased is what members wrote and everything that quotes it: texts and attachments' names, context, evidence,
rationales, reasons, notes. What stays until the case is forgotten: who, where, when, what was decided, labels and
figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

ERASED_AT_LATEST: Final = timedelta(days=7)
"""After a member asked for it, even if nobody has decided the case by then."""


class Source(StrEnum):
    """Where a kept text of a member comes from."""

    MESSAGE = "message"
    """It was flagged, or drawn as a random sample."""
    EDIT = "edit"
    """What a flagged message said later."""
    CONTEXT = "context"
    """It was said just before somebody else's message that was flagged."""
    REPORT = "report"
    """The reason of a report that the member made."""
    APPEAL = "appeal"


@dataclass(frozen=True, slots=True)
class KeptText:
    """One text of a member that is kept."""

    source: Source
    case_id: int
    message_id: int | None
    channel_id: int | None
    written_at: datetime | None
    """None where only its id tells it (`CONTEXT`)."""
    kept_since: datetime
    """When the newest words of its case were stored: its time runs from there."""
    content: str
    attachments: tuple[str, ...] = ()
    """Names and descriptions."""
    embeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """A member's wish that what they wrote in a guild is erased."""

    guild_id: int
    member_id: int
    asked_at: datetime
    language: str
    """That the member is answered in."""
    done_at: datetime | None = None
    """None: cases still wait for a moderator, or nobody has come to it yet. A wish is forgotten once it is done
    and the member knows."""
    silent: bool = False
    """It was fulfilled before, and a backup has brought the texts back: the member knows."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept about a member in a guild."""

    cases: int = 0
    """Cases about their messages that still hold words."""
    waiting: int = 0
    """Of those: nobody has decided them yet, or an appeal waits."""
    since: tuple[datetime, datetime] | None = None
    """The oldest and the newest `kept_since` of them."""
    records: int = 0
    """Cases of which only who, when and what was decided is left."""
    context: int = 0
    """Other people's cases in which something of theirs may stand as context."""
    reports: int = 0
    """Reports that they made."""
    request: ErasureRequest | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is known of them but perhaps their request."""
        return not (self.cases or self.records or self.context or self.reports)


@dataclass(frozen=True, slots=True)
class Erased:
    """What one step has erased."""

    cases: int = 0
    waiting: int = 0
    """Left alone for now: nobody has decided them yet, or an appeal waits."""
    more: bool = False
    """There is more to be done at once."""


class Retention(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable.

    Erasing takes the words out of the rows; their bytes leave the files with `wipe`.
    """

    async def erase_expired(self, guild_id: int, before: datetime, limit: int) -> int:
        """Erase the words of up to `limit` cases whose newest words are from before a moment; how many they were.

        Cases that wait for the judge become undecided. Cards that show the words are out of date.
        """
        ...

    async def forget_expired(self, guild_id: int, before: datetime, limit: int) -> int:
        """Delete up to `limit` cases that were opened before a moment and hold no words any more."""
        ...

    async def kept_of(self, guild_id: int, member_id: int) -> Kept:
        """What is kept about a member."""
        ...

    async def texts_of(self, guild_id: int, member_id: int) -> Sequence[KeptText]:
        """Every text of a member that is kept, by case; the newest ones if they are very many."""
        ...

    async def ask_for_erasure(self, guild_id: int, member_id: int, language: str) -> tuple[ErasureRequest, bool]:
        """Store a member's wish; the one that stands, and whether it is this one.

        A wish that was fulfilled does not stand in the way of another.
        """
        ...

    async def erasure_requests(self, limit: int) -> Sequence[ErasureRequest]:
        """The oldest wishes that are not fulfilled."""
        ...

    async def carry_out(self, request: ErasureRequest, limit: int) -> Erased:
        """Erase what a member wrote up to their request, in up to `limit` cases.

        Cases that wait for a person or the judge are left alone until `ERASED_AT_LATEST` after the request.
        """
        ...

    async def erasure_done(self, request: ErasureRequest) -> ErasureRequest | None:
        """Note that a wish is fulfilled; None if it is not there any more."""
        ...

    async def told_of_erasure(self, request: ErasureRequest) -> None:
        """The member knows: forget the wish."""
        ...

    async def forget_requests(self, before: datetime) -> None:
        """Forget fulfilled wishes from before a moment, though their members may not know."""
        ...

    async def forget_erasures(self, before: datetime) -> None:
        """Forget that anything was erased before a moment: no backup that is still of use can bring it back."""
        ...

    async def wipe(self, *, at_most_every: timedelta) -> bool:
        """Let the bytes of what was erased leave the files, if there are any; whether it was done.

        Nothing else is written meanwhile, so it is not done more often than that.

        Raises:
            StoreUnavailable: traces may be left. It stays owed.
        """
        ...
