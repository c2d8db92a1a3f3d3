"""What the cogs need of the rest of the house, built once at the start and handed to each of them."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.asking import Asking
from bot.case import Earlier, Message, Report
from bot.gate.outlook import Outlook
from bot.guilds.book import GuildBook
from bot.guilds.policies import PolicyBook
from bot.guilds.status_report import StatusReport
from bot.guilds.writing import PolicyWriting
from bot.intake.lanes import Intake
from bot.language import Language
from bot.ports import Store, StoreUnavailable
from bot.records.reports import Reported
from bot.rehearsal import Rehearsal
from bot.retention.times import KeepingTimes
from bot.review.appeal_court import AppealCourt
from bot.review.bulk import BulkWork
from bot.review.decisions import Review
from bot.review.outbox import CardOutbox
from bot.trials.room import TrialRoom
from bot.trials.samples import SampleJudging
from inference.prefilter.explanation import Explanation
from policies.policy import Policy


async def _not_known(*_: object) -> None:
    """Without a gate nothing is counted."""


async def _nothing_rehearsed(*_: object) -> Rehearsal:
    """Without a model nothing is tried."""
    return Rehearsal(0, (), judge_away=True)


async def _not_taken(*_: object) -> Reported:
    """Without a core there are no cases."""
    raise StoreUnavailable("Nothing can be reported here.")


def _no_sweeper() -> None:
    """Where nothing runs, nothing is erased."""


def _english(_: int) -> Language:
    """Without Discord nobody knows a guild's locale."""
    return Language.ENGLISH


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms that the cogs talk to."""

    intake: Intake
    review: Review
    outbox: CardOutbox
    guild_book: GuildBook
    policy_book: PolicyBook
    store: Store
    clock: Callable[[], datetime]
    """The time, in UTC."""
    status: Callable[[int], Awaitable[StatusReport]]
    """The bot as a guild needs to know it. Raises StoreUnavailable."""
    purge: Callable[[int], Awaitable[None]]
    """Forget everything about a guild: what waits in memory, its files and its part of the store.

    Raises StoreUnavailable or OSError; doing it again later is safe.
    """
    kept: Path
    """A folder for small files, such as the commands that were synced last."""
    allowed_guilds: frozenset[int] | None = None
    """The guilds the operator lets the bot work in; None if in all of them."""
    outlook: Callable[[int, str], Awaitable[Outlook | None]] = _not_known
    """How a policy of a guild stands at the gate; None if it is not in force. Raises StoreUnavailable."""
    explain: Callable[[int, str, Collection[str]], Awaitable[Explanation | None]] = _not_known
    """Why these policies of a guild would flag a text now, or not; None if none is in force. Changes nothing."""

    rehearse: Callable[[int, Sequence[Policy], Sequence[Message]], Awaitable[Rehearsal]] = _nothing_rehearsed
    """What policies of a guild would make of messages, before they are in force. Nothing is kept."""
    report: Callable[[Message, Sequence[Earlier], Report], Awaitable[Reported]] = _not_taken
    """Somebody points at a message, before which this was said. Raises StoreUnavailable."""
    asking: Asking = field(default_factory=Asking.of_nobody)
    """What the judge says of any message, for whoever waits."""
    bulks: BulkWork | None = None
    """Carries out decisions about many cases; None where nothing is decided."""
    writing: PolicyWriting = field(default_factory=PolicyWriting)
    """What people need who write policies, beside the book."""
    appeals: AppealCourt | None = None
    """Takes appeals and answers; None where nothing is decided."""
    trials: TrialRoom | None = None
    """Tries policies on what people decided; None where no model judges."""
    samples: SampleJudging | None = None
    """Has to hear of samples that were labelled."""
    language: Callable[[int], Language] = _english
    """The language of a guild's cards, notices and digests."""

    times: KeepingTimes = field(default_factory=KeepingTimes)
    """How long things are kept."""
    sweep_now: Callable[[], None] = _no_sweeper
    """What is due to be erased is looked for at once."""

    def stir(self, guild_id: int) -> None:
        """Something was set or put right: whatever waits to be shown in this guild is tried again."""
        self.outbox.stir(guild_id)
        if self.appeals is not None:
            self.appeals.stir(guild_id)

    def allows(self, guild_id: int | None) -> bool:
        """Whether the bot works in this guild. Direct messages, which have no guild, are never looked at."""
        if guild_id is None:
            return False
        return self.allowed_guilds is None or guild_id in self.allowed_guilds

    def is_review_place(self, guild_id: int, channel_id: int, parent_id: int | None) -> bool:
        """Whether this is the guild's review channel or a thread in it: what people say there is not moderated."""
        review_channel = self.guild_book.settings(guild_id).review_channel
        return review_channel is not None and review_channel in (channel_id, parent_id)
