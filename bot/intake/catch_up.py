"""Reads from history what did not come live: page by page, few channels at once, the oldest debt first."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.case import Earlier, Message
from bot.intake.arrival import Arrival, Batch, Source
from bot.intake.debts import Debt, Debts
from bot.intake.problems import Problems
from bot.intake.recent import PER_CHANNEL, RecentMessages, as_context
from bot.intake.removals import Removals
from bot.intake.work import Lanes
from bot.outage import BackOff, Outage
from bot.ports import DiscordAway, Gone, History, Page, Refused
from bot.tasks import task_group

_log = structlog.get_logger(__name__)

READERS = 3
"""Channels read at once. Each has one page (100 messages) in the lanes at most."""
PAGES_IN_A_ROW = 10
"""Then the next channel has its turn."""
PAUSE_SECONDS = 1.0
"""Before another page of a channel when the last one brought nothing new: live messages are being lost."""


@dataclass(slots=True)
class _Reader:
    """One of those who read."""

    outage: Outage | None = None
    """Discord was away for the last channels that it tried."""


class CatchUp:
    """Works debts off. Every page is looked at before the next one is asked for, so that memory stays bounded."""

    def __init__(
        self,
        history: History,
        debts: Debts,
        lanes: Lanes,
        removals: Removals,
        recent: RecentMessages,
        *,
        clock: Callable[[], datetime],
        back_off: BackOff | None = None,
    ) -> None:
        self._history = history
        self._debts = debts
        self._lanes = lanes
        self._removals = removals
        self._recent = recent
        self._clock = clock
        self._back_off = back_off or BackOff()
        self.problems = Problems(clock)
        self.read = 0
        """Messages that were read and had not come live."""
        self.outage: Outage | None = None

    async def run(self) -> None:
        """Read what is due, until cancelled."""
        async with task_group() as tasks:
            for _ in range(READERS):
                tasks.create_task(self._keep_reading())

    async def _keep_reading(self) -> None:
        reader = _Reader()
        while True:
            debt = await self._debts.next_due()
            if self.problems.is_resting(debt.key):
                self._debts.give_up(debt)
                continue
            for _ in range(PAGES_IN_A_ROW):
                if not await self._read_on(debt, reader):
                    break
            self._debts.put_last(debt)

    async def _read_on(self, debt: Debt, reader: _Reader) -> bool:
        """Read one page; whether there may be more of the channel to read."""
        page = await self._page(debt, reader)
        if page is None:
            return False
        before = debt.after
        batch = self._put(debt, page)
        is_current = self._debts.turn(debt, page)
        self.problems.solved(debt.key)
        await batch.done()
        if not is_current and (not page.more or debt.after == before):
            await asyncio.sleep(PAUSE_SECONDS)
        return not is_current

    async def _page(self, debt: Debt, reader: _Reader) -> Page | None:
        """The next page. None if it cannot be had now: others have their turn, it may be this channel only."""
        if not self._debts.is_due(debt):
            return None
        try:
            page = await self._history.after(*debt.key, debt.ask())
        except DiscordAway as away:
            self._debts.failed(debt)
            reader.outage = self.outage = self._back_off.after(reader.outage, str(away), self._clock())
            _log.warning("history is away", reason=self.outage.reason, wait=str(self.outage.retry_after))
            await asyncio.sleep(self.outage.retry_after.total_seconds())
        except Refused as refused:
            self._give_up(debt, refused)
        except Exception as defect:  # noqa: BLE001 - a defect in reading one channel must not stop the others
            self._shelve(debt, defect)
        else:
            reader.outage = self.outage = None
            return page
        return None

    def _put(self, debt: Debt, page: Page) -> Batch:
        """The page's messages into the lanes, each with what came before it."""
        missing = self._debts.missing(debt, page)
        fresh = {message.id for message in missing}
        batch = Batch(len(missing))
        context = deque(debt.context, maxlen=PER_CHANNEL)
        for message in page.messages:
            if message.id in fresh:
                self._put_one(debt, message, tuple(context), batch)
            context.append(as_context(message))
        debt.context = tuple(context)
        self.read += len(missing)
        return batch

    def _put_one(self, debt: Debt, message: Message, context: tuple[Earlier, ...], batch: Batch) -> None:
        earlier = tuple(line for line in context if line.message_id < message.id)
        self._recent.note(message)
        self._lanes.put(Arrival(message, earlier, Source.READ, batch))
        if message.id in debt.gone:
            self._removals.note_later(message.id)

    def _give_up(self, debt: Debt, refused: Refused) -> None:
        guild_id, channel_id = debt.key
        kind = "gone" if isinstance(refused, Gone) else "refused"
        _log.warning("a channel's history cannot be read", guild=guild_id, channel=channel_id, kind=kind)
        self.problems.note(debt.key, str(refused))
        self._debts.give_up(debt)

    def _shelve(self, debt: Debt, defect: Exception) -> None:
        guild_id, channel_id = debt.key
        kind = type(defect).__name__
        _log.error("reading a channel's history broke", guild=guild_id, channel=channel_id, error=kind)
        self.problems.note(debt.key, f"its history could not be read ({kind}); see the log")
        self._debts.shelve(debt)
