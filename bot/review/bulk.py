"""One decision about many cases: carried out one by one, at a bounded rate, over restarts.

What is to be decided stands in the store before anything is done. Every case is looked at again, and the person
who confirmed is checked again, at the moment of doing. A case that was decided when the process died is recognised
by its decision: who, what, and when it was confirmed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.case import Action, CaseFile, CaseState, Decision
from bot.outage import BackOff, Outage
from bot.ports import DiscordAway, Refused, Store, StoreUnavailable, UnknownCase
from bot.records.reports import Bulk, ItemEnd
from bot.review.access import LIFTED, taken
from bot.review.decisions import Review
from bot.review.together import DeletingTogether

_log = structlog.get_logger(__name__)

FOR_MANY: Final = frozenset({Action.DISMISS, Action.DELETE})
"""What may be decided about many cases at once. Nobody is punished in passing."""
TOGETHER: Final = 50
"""Cases that are worked on before the next bulk has its turn."""
REST: Final = timedelta(milliseconds=200)
"""After each case: cards, and clicks on them, need requests too."""


class Permits(Protocol):
    """Asks Discord whether a person may do something now."""

    async def objection(self, case: CaseFile, moderator_id: int, action: Action) -> str | None:
        """Why not; None if they may.

        Raises:
            DiscordAway: nobody knows now.
            Refused: Discord does not tell us.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Rest:
    """Discord is away for a server."""

    until: float
    """On the loop's clock."""
    outage: Outage


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be decided about many cases."""

    bulk: Bulk
    undone: Bulk | None
    """The one whose decisions it takes back."""

    @property
    def takes_back(self) -> bool:
        return self.bulk.action is Action.UNDO

    def ended(self, case: CaseFile) -> ItemEnd | None:
        """How the case has ended for it already; None: it has not."""
        if _is_of(self.bulk, case.decision or next(reversed(case.earlier_decisions), None)):
            return ItemEnd.DONE  # decided just before an earlier process died
        if self.takes_back:
            stands = case.state is CaseState.ENFORCED and self._made(case.decision)
            return self._reach(case) if stands else ItemEnd.PASSED
        return None if case.state is CaseState.OPEN else ItemEnd.PASSED

    def _reach(self, case: CaseFile) -> ItemEnd | None:
        """An undo would lift a timeout or a ban from before, too: that is for whoever sees the card to decide."""
        return ItemEnd.REFUSED if any(action in LIFTED for action, _ in taken(case)) else None

    def _made(self, decision: Decision | None) -> bool:
        """Whether a decision is one of those to be taken back, and not somebody's who decided after that."""
        if self.undone is not None:
            return _is_of(self.undone, decision)
        mine = decision is not None and decision.moderator_id == self.bulk.moderator_id
        return mine and decision is not None and decision.action is Action.DISMISS


def _is_of(bulk: Bulk, decision: Decision | None) -> bool:
    if decision is None:
        return False
    made = (decision.action, decision.moderator_id, decision.decided_at)
    return made == (bulk.action, bulk.moderator_id, bulk.begun_at)


class BulkWork:
    """Works off what was confirmed. One per store."""

    def __init__(
        self,
        store: Store,
        review: Review,
        permits: Permits,
        together: DeletingTogether,
        *,
        clock: Callable[[], datetime],
        rest: timedelta = REST,
        back_off: BackOff | None = None,
    ) -> None:
        """`together` stands before the enforcer that `review` has. `rest`: the pause after each case."""
        self._store = store
        self._review = review
        self._permits = permits
        self._together = together
        self._clock = clock
        self._rest = rest
        self._back_off = back_off or BackOff()
        self._stirred = asyncio.Event()
        self._rests: dict[int, _Rest] = {}

    async def begin(self, guild_id: int, moderator_id: int, action: Action, case_ids: Sequence[int]) -> Bulk:
        """Note what a person has confirmed, and begin with it.

        Raises:
            ValueError: this is not decided about many cases at once.
            StoreUnavailable: nothing was noted.
        """
        if action not in FOR_MANY:
            raise ValueError(f"“{action}” is decided case by case.")
        bulk = await self._store.begin_bulk(guild_id, moderator_id, action, tuple(case_ids), self._clock())
        self._stirred.set()
        return bulk

    async def take_back(self, bulk: Bulk, moderator_id: int) -> Bulk | None:
        """Open again what a bulk has dismissed and nobody has decided otherwise since; None if it has done nothing
        that can be taken back.

        Raises:
            StoreUnavailable: nothing was noted.
        """
        case_ids = await self._store.bulk_done(bulk.id) if bulk.action is Action.DISMISS else ()
        if not case_ids:
            return None
        undoing = await self._store.begin_bulk(
            bulk.guild_id, moderator_id, Action.UNDO, case_ids, self._clock(), undoes=bulk.id
        )
        self._stirred.set()
        return undoing

    async def run(self) -> None:
        """Work until cancelled. An outage of Discord holds up the servers that it meets and no others.

        Raises:
            StoreUnavailable: the store is away. Run it again: everything goes on.
        """
        while True:
            self._stirred.clear()
            seconds = await self._work_off()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._stirred.wait()

    async def _work_off(self) -> float | None:
        """Give every bulk its turns while one can go on; seconds until one that rests can, None: none rests."""
        while under_way := await self._store.bulks_under_way():
            rested = [bulk for bulk in under_way if not self._seconds_of_rest(bulk.guild_id)]
            if not rested:
                return min(self._seconds_of_rest(bulk.guild_id) for bulk in under_way)
            for bulk in rested:
                await self._take_turn(bulk)
        return None

    async def _take_turn(self, bulk: Bulk) -> None:
        if self._seconds_of_rest(bulk.guild_id):  # another bulk of the same server has met an outage just now
            return
        try:
            await self._go_on(bulk)
        except DiscordAway as away:
            self._let_rest(bulk.guild_id, str(away))
        else:
            self._rests.pop(bulk.guild_id, None)

    def _let_rest(self, guild_id: int, reason: str) -> None:
        known = self._rests.get(guild_id)
        outage = self._back_off.after(known.outage if known else None, reason, self._clock())
        until = asyncio.get_running_loop().time() + outage.retry_after.total_seconds()
        self._rests[guild_id] = _Rest(until, outage)
        if known is None:
            _log.warning("decisions about many cases wait", guild=guild_id, reason=reason)

    def _seconds_of_rest(self, guild_id: int) -> float:
        rest = self._rests.get(guild_id)
        return max(0.0, rest.until - asyncio.get_running_loop().time()) if rest else 0.0

    async def _go_on(self, bulk: Bulk) -> None:
        """Work on some of a bulk's cases, those of one channel together."""
        cases = [
            case for id_ in await self._store.bulk_waiting(bulk.id, TOGETHER) if (case := await self._case(id_))
        ]
        undone = None if bulk.undoes is None else await self._store.bulk(bulk.undoes)
        by_channel: dict[int, list[CaseFile]] = {}
        for case in cases:
            by_channel.setdefault(case.message.channel_id, []).append(case)
        for group in by_channel.values():
            await self._work_on(_Task(bulk, undone), group)

    async def _case(self, case_id: int) -> CaseFile | None:
        with suppress(UnknownCase):  # purged meanwhile, and its item with it
            return await self._store.case(case_id)
        return None

    async def _work_on(self, task: _Task, group: Sequence[CaseFile]) -> None:
        bulk = task.bulk
        allowed = [case for case in group if await self._is_allowed(task, case)]
        if bulk.action is Action.DELETE:
            with self._together.expecting(allowed):
                await _all_of(self._decide(task, case) for case in allowed)
            await asyncio.sleep(self._rest.total_seconds() * len(allowed))
        else:
            for case in allowed:
                await self._decide(task, case)
                await asyncio.sleep(self._rest.total_seconds())

    async def _is_allowed(self, task: _Task, case: CaseFile) -> bool:
        """Whether there is something to do about the case that this person may do. If not, the item has ended."""
        bulk, end = task.bulk, task.ended(case)
        if end is None and not await self._may(bulk, case):
            end = ItemEnd.REFUSED
        if end is not None:
            await self._store.end_bulk_item(bulk.id, case.id, end)
        return end is None

    async def _may(self, bulk: Bulk, case: CaseFile) -> bool:
        try:
            return await self._permits.objection(case, bulk.moderator_id, bulk.action) is None
        except Refused as no:
            _log.warning("who may decide cannot be told", guild=bulk.guild_id, case=case.id, reason=str(no))
            return False

    async def _decide(self, task: _Task, case: CaseFile) -> None:
        """Whatever happens to one case is noted of it; without the store nothing is, and it is tried again."""
        try:
            end = await self._ruled(task, case)
        except StoreUnavailable:
            raise
        except Exception as defect:  # noqa: BLE001 - trying again would only repeat it, and hold up all others
            _log.error("one of many cases could not be decided", case=case.id, error=type(defect).__name__)
            end = ItemEnd.REFUSED
        await self._store.end_bulk_item(task.bulk.id, case.id, end)

    async def _ruled(self, task: _Task, case: CaseFile) -> ItemEnd:
        bulk = task.bulk
        decision = Decision(
            case_id=case.id, action=bulk.action, moderator_id=bulk.moderator_id, decided_at=bulk.begun_at
        )
        try:
            ruling = await self._review.decide(decision, after=case.decision if task.takes_back else None)
        except UnknownCase:
            return ItemEnd.PASSED
        if not ruling.mine:
            return ItemEnd.PASSED
        return ItemEnd.REFUSED if ruling.case.state is CaseState.FAILED else ItemEnd.DONE


async def _all_of(works: Iterable[Awaitable[None]]) -> None:
    """Wait for all of them, whatever becomes of each; then raise what one of them has raised."""
    for ended in await asyncio.gather(*works, return_exceptions=True):
        if ended is not None:
            raise ended
