"""Runs beside the gate: shares what the judge can do, pauses random checks in a rush, and keeps the counts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bot.gate.gate import Gate
from bot.ports import Store, StoreUnavailable
from inference.prefilter.budget.shares import eased, granted

_log = structlog.get_logger(__name__)

BALANCE_SECONDS: Final = 5.0
"""Between two looks at what arrives and what the judge can do."""
SAVE_SECONDS: Final = 60.0
"""Between two times that counts are kept: so much of them is lost when the power fails."""
AT_ONCE: Final = 20
"""Guilds that are gone through without letting others have a turn: some milliseconds, with ten policies each."""
RUSH_SECONDS: Final = 30.0
"""When this much work waits, there is no time for random checks; below a quarter of it there is again."""
RUSH_JOBS: Final = 20
"""As many jobs are no rush, and are one as long as the judge's pace is not known."""
MOST_WAITING_AUDITS: Final = 200
"""More are not drawn before these are judged: their texts would wait on the disk for nothing."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """The judge as the gate needs to know it."""

    is_judging: Callable[[], bool]
    """Whether it gives verdicts at the moment."""
    verdicts_per_second: Callable[[], float | None]
    """How many it can give, as measured lately; None as long as too little is known."""


class GateKeeper:
    """One per running bot."""

    def __init__(self, gate: Gate, store: Store, pulse: Pulse) -> None:
        self._gate = gate
        self._store = store
        self._pulse = pulse
        self._balanced = self._saved = gate.timer()

    async def load(self) -> None:
        """Go on from what was kept. Raises StoreUnavailable."""
        self._gate.load(await self._store.traffic())

    async def run(self) -> None:
        """Work until cancelled. A store that is away is tried again later: only counts depend on it."""
        while True:
            await asyncio.sleep(BALANCE_SECONDS)
            try:
                await self.balance()
                if self._gate.timer() - self._saved >= SAVE_SECONDS:
                    await self.save()
            except StoreUnavailable as error:
                _log.warning("the gate's counts could not be kept, trying again later", reason=str(error))

    async def save(self) -> None:
        """Keep what was counted.

        Raises:
            StoreUnavailable: it was not kept; the next time tries again.
        """
        self._saved = self._gate.timer()
        guilds = self._gate.guilds
        for first in range(0, len(guilds), AT_ONCE):
            await self._save(guilds[first : first + AT_ONCE])

    async def balance(self) -> None:
        """Grant every guild its part of what the judge can do, and see whether there is time for random checks.

        Raises:
            StoreUnavailable: what waits is not known; the parts are granted all the same.
        """
        now = self._gate.timer()
        seconds, self._balanced = now - self._balanced, now
        if seconds <= 0:
            return
        demands = {
            guild_id: self._gate.pass_time(guild_id, seconds) async for guild_id in _each(self._gate.guilds)
        }
        parts = granted(demands, self._pulse.verdicts_per_second())
        async for guild_id in _each(parts):
            self._gate.grant(guild_id, eased(self._gate.part(guild_id), parts[guild_id]))
        await self._make_time_for_audits()

    async def _save(self, guilds: Sequence[int]) -> None:
        unsaved = [traffic for guild_id in guilds for traffic in self._gate.take_unsaved(guild_id)]
        if not unsaved:
            return
        try:
            await self._store.keep_traffic(unsaved)
        except BaseException:
            self._gate.put_back(unsaved)
            raise

    async def _make_time_for_audits(self) -> None:
        if not self._gate.audit_rate:
            return
        waiting = await self._store.waiting_suspicions()
        rush = max(RUSH_JOBS, RUSH_SECONDS * (self._pulse.verdicts_per_second() or 0))
        if waiting > rush:
            await self._drop_audits()
        elif not self._pulse.is_judging() or await self._store.waiting_audits() > MOST_WAITING_AUDITS:
            self._gate.audits_paused = True
        elif waiting <= rush / 4:
            self._gate.audits_paused = False

    async def _drop_audits(self) -> None:
        self._gate.audits_paused = True
        if await self._store.waiting_audits():
            dropped = await self._store.drop_audits()
            _log.info("too much waits for the judge: random checks were dropped", dropped=dropped)


async def _each(guilds: Iterable[int]) -> AsyncIterator[int]:
    """The guilds one by one; others have a turn now and then."""
    for number, guild_id in enumerate(guilds):
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
        yield guild_id
