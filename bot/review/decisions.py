"""What people decide: stored first, then carried out, once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from bot.case import Action, CaseFile, CaseState, Decision
from bot.language import marked, tr_n
from bot.outage import BackOff, Outage
from bot.ports import Desk, DiscordAway, Enforcer, Refused, Store, StoreUnavailable, UnknownCase
from bot.review.locks import KeyedLocks
from bot.review.turns import Turns
from bot.tasks import task_group

_log = structlog.get_logger(__name__)

_DISMISSED: Final = "Dismissed."
DEFECT: Final = marked(
    "Something went wrong in me, and I do not know whether it was done. "
    "Look for yourself, decide again if it was not, and tell the operator of the bot to look at the log."
)
"""Stored as it is, for whoever reads it speaks their own language: it is said when it is shown."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What came of a click."""

    case: CaseFile
    """As it is now. DECIDED: it is being carried out, or waits for Discord to come back."""
    standing: Decision
    """The decision that stands."""
    mine: bool
    """Whether that is the one that was handed in; if not, somebody was quicker and nothing was done."""


class Review:
    """Takes decisions and carries them out. One per store."""

    def __init__(
        self,
        store: Store,
        enforcer: Enforcer,
        outbox: Desk,
        *,
        clock: Callable[[], datetime],
        back_off: BackOff | None = None,
        width: int = 8,
    ) -> None:
        """`outbox` shows what became of cases; `width`: guilds in which is tried again at once."""
        self._store = store
        self._enforcer = enforcer
        self._outbox = outbox
        self.decided: Counter[Action] = Counter()
        """What was decided since the start of the process."""
        self._clock = clock
        self._back_off = back_off or BackOff()
        self._locks = KeyedLocks()
        self._turns = Turns(self._try_next, width=width)
        self._waiting: dict[int, dict[int, None]] = {}
        """{guild id: case ids in the order of their turn}: decisions that have to be tried again."""
        self._outages: dict[int, Outage] = {}
        self._under_way: set[asyncio.Task[Ruling]] = set()

    @property
    def waiting(self) -> int:
        """How many decisions wait to be carried out, in all guilds."""
        return sum(map(len, self._waiting.values()))

    def problem(self, guild_id: int) -> str | None:
        """Why this guild's decisions wait, in plain words; None if none does."""
        number, outage = len(self._waiting.get(guild_id, ())), self._outages.get(guild_id)
        if not number or outage is None:
            return None
        return tr_n(
            "{count} decision waits to be carried out: {reason} I keep trying.",
            "{count} decisions wait to be carried out: {reason} I keep trying.",
            number,
            reason=outage.reason,
        )

    async def decide(self, decision: Decision, *, after: Decision | None = None) -> Ruling:
        """Store a decision and carry it out. Cancelling the caller does not stop what was begun.

        `after`: it is only stored while that decision stands (see `Store.decide`).

        When Discord is away, the case stays DECIDED and `run` tries again until it is done.

        Raises:
            UnknownCase: there is no such case, or it is not open for decisions.
            StoreUnavailable: the decision was not stored, and nothing was done.
        """
        task = asyncio.create_task(self._decide(decision, after))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def run(self) -> None:
        """Carry out what an earlier process left DECIDED and what Discord was away for, until cancelled.

        What is under way then stays DECIDED: the next start looks whether it was done.
        """
        try:
            async with task_group() as tasks:
                tasks.create_task(self._turns.run())
                await self._resume()
        finally:
            await self._leave_the_rest()

    async def _decide(self, decision: Decision, after: Decision | None) -> Ruling:
        before = await self._store.case(decision.case_id)
        standing, mine = await self._store.decide(decision, after=after)
        if not mine:
            return Ruling(await self._store.case(decision.case_id), standing, mine=False)
        self.decided[decision.action] += 1
        case = replace(before, state=CaseState.DECIDED, decision=decision, outcome=None)
        try:
            case = await self._carry_out_once(case.id)
        except (DiscordAway, StoreUnavailable) as away:
            self._put_off(case, away)
            await self._outbox.show(case)
        return Ruling(case, decision, mine=True)

    async def _carry_out_once(self, case_id: int) -> CaseFile:
        """Carry out a case's decision if nobody has; the case as it is afterwards.

        Raises:
            DiscordAway, StoreUnavailable: it may or may not have been done; try again.
        """
        async with self._locks.hold(case_id):
            case = await self._store.case(case_id)
            if case.state is CaseState.DECIDED and case.decision is not None:
                again = case_id in self._waiting.get(case.guild_id, ())
                enforced, outcome = await self._carry_out(case, case.decision, again=again)
                await self._store.settle(case_id, enforced=enforced, outcome=outcome)
                case = await self._store.case(case_id)
                await self._outbox.show(case)
            self._forget(case.guild_id, case_id)
            return case

    async def _carry_out(self, case: CaseFile, decision: Decision, *, again: bool) -> tuple[bool, str]:
        """Whether it was done, and what came of it in a few words."""
        if decision.action is Action.DISMISS:
            return True, _DISMISSED
        try:
            done, outcome = True, await self._enforcer.carry_out(case, decision, again=again)
        except Refused as no:
            done, outcome = False, str(no)
        except DiscordAway:
            raise
        except Exception as defect:  # noqa: BLE001 - a defect is shown on the card; trying again would only repeat it
            _log.error("a decision could not be carried out", case=case.id, error=type(defect).__name__)
            return False, DEFECT
        self._discord_is_back(case.guild_id)
        return done, outcome

    async def _resume(self) -> None:
        """Find what an earlier process has left."""
        outage: Outage | None = None
        while True:
            try:
                async for case in self._store.cases(CaseState.DECIDED):
                    self._wait_for_turn(case.guild_id, case.id)
                    self._turns.call(case.guild_id)
            except StoreUnavailable as error:
                outage = self._back_off.after(outage, str(error), self._clock())
                _log.warning("decisions of earlier cannot be read", error=str(error))
                await asyncio.sleep(outage.retry_after.total_seconds())
            else:
                return

    async def _try_next(self, guild_id: int) -> bool:
        """Try again to carry out the decision of a guild that has waited longest; whether there are more."""
        waiting = self._waiting.get(guild_id)
        if not waiting:
            return False
        case_id = next(iter(waiting))
        try:
            await self._carry_out_once(case_id)
        except UnknownCase:  # its guild was purged meanwhile
            self._forget(guild_id, case_id)
        except (DiscordAway, StoreUnavailable) as away:
            self._rest(guild_id, away)
            self._wait_for_turn(guild_id, case_id)
            return False
        return guild_id in self._waiting

    def _put_off(self, case: CaseFile, away: Exception) -> None:
        """A first try failed. Many of them at once are one outage: they do not prolong it."""
        self._wait_for_turn(case.guild_id, case.id)
        if case.guild_id not in self._outages:
            self._rest(case.guild_id, away)

    def _rest(self, guild_id: int, away: Exception) -> None:
        known = self._outages.get(guild_id)
        outage = self._back_off.after(known, str(away), self._clock())
        self._outages[guild_id] = outage
        self._turns.call_later(guild_id, outage.retry_after.total_seconds())
        if known is None:
            _log.warning("decisions wait to be carried out", guild=guild_id, reason=outage.reason)

    def _wait_for_turn(self, guild_id: int, case_id: int) -> None:
        waiting = self._waiting.setdefault(guild_id, {})
        waiting.pop(case_id, None)
        waiting[case_id] = None

    def _discord_is_back(self, guild_id: int) -> None:
        if self._outages.pop(guild_id, None):
            _log.info("decisions are carried out again", guild=guild_id)
            self._turns.call(guild_id)

    def _forget(self, guild_id: int, case_id: int) -> None:
        """A decision does not wait any more."""
        waiting = self._waiting.get(guild_id, {})
        waiting.pop(case_id, None)
        if not waiting:
            self._waiting.pop(guild_id, None)
            self._outages.pop(guild_id, None)

    async def _leave_the_rest(self) -> None:
        under_way = tuple(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
