"""Erases what is due: words whose time is over, and what members have asked to be erased.

It looks every minute, and at once when somebody asks. Each step is a small transaction, with a pause after it, so
that nobody waits for it; stopped at any time, it goes on. The bytes leave the files once a day: that stops the
store's writing for as long as it takes to write the file anew.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.ports import DiscordAway, Refused, StoreUnavailable
from bot.records.retention import ErasureRequest, Retention
from bot.retention.times import KeepingTimes

_log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 60.0
TOGETHER: Final = 10
"""Cases in one transaction: some milliseconds."""
PAUSE_SECONDS: Final = 0.05
"""After each transaction."""
WIPED_EVERY: Final = timedelta(days=1)
REQUESTS_KEPT: Final = timedelta(days=90)
"""How long a wish that was fulfilled waits for its member to look."""
ERASURES_KNOWN: Final = timedelta(days=366)
"""How long it is known what was erased, in case that a backup is put back: texts are kept for 365 days at most."""
_MOST_REQUESTS: Final = 1_000


class Memory(Retention, Protocol):
    """What the sweeper needs of the store."""

    async def guilds(self) -> list[int]:
        """Every guild that something is kept of."""
        ...


class Letters(Protocol):
    """Direct messages to members. Raises DiscordAway or Refused."""

    async def confirm(self, request: ErasureRequest) -> None:
        """Tell a member that what they wrote is erased."""
        ...


class Sweeper:
    """One per running bot."""

    def __init__(
        self,
        memory: Memory,
        times: KeepingTimes,
        letters: Letters,
        *,
        clock: Callable[[], datetime],
        erased_in: Callable[[int], None],
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        """`erased_in` is told of guilds that words were erased in: cards, and whoever remembers, follow."""
        self._memory = memory
        self._times = times
        self._letters = letters
        self._clock = clock
        self._erased_in = erased_in
        self._pause = pause_seconds
        self._asked = asyncio.Event()

    def wake(self) -> None:
        """Somebody has asked for something: look now."""
        self._asked.set()

    async def run(self) -> None:
        """Sweep until cancelled. A store that is away is asked again later."""
        while True:
            self._asked.clear()
            try:
                await self.sweep()
            except StoreUnavailable as error:
                _log.warning("what is due to be erased waits for the memory", reason=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._asked.wait()

    async def sweep(self) -> None:
        """Do everything that is due.

        Raises:
            StoreUnavailable: not everything was done; the next sweep goes on.
        """
        for request in await self._memory.erasure_requests(_MOST_REQUESTS):
            await self._fulfil(request)
        for guild_id in await self._memory.guilds():
            await self._erase(guild_id)
            await self._forget(guild_id)
        await self._memory.forget_requests(self._clock() - REQUESTS_KEPT)
        await self._memory.forget_erasures(self._clock() - ERASURES_KNOWN)
        if await self._memory.wipe(at_most_every=WIPED_EVERY):
            _log.info("the database was written anew, without what was erased")

    async def _fulfil(self, request: ErasureRequest) -> None:
        more, cases = True, 0
        while more:
            step = await self._memory.carry_out(request, TOGETHER)
            more, cases = step.more, cases + step.cases
            await self._rest(request.guild_id, step.cases)
        if cases:
            _log.info("erased what a member asked for", guild=request.guild_id, cases=cases, waiting=step.waiting)
        if not step.waiting and (done := await self._memory.erasure_done(request)):
            await (self._memory.told_of_erasure(done) if done.silent else self._confirm(done))

    async def _confirm(self, request: ErasureRequest) -> None:
        """Once. A member who cannot be told by message sees it at the next look."""
        try:
            await self._letters.confirm(request)
        except (DiscordAway, Refused) as error:
            _log.info("a member could not be told of what was erased", guild=request.guild_id, reason=str(error))
        else:
            await self._memory.told_of_erasure(request)

    async def _erase(self, guild_id: int) -> None:
        before = self._times.words_before(guild_id, self._clock())
        total = 0
        while erased := await self._memory.erase_expired(guild_id, before, TOGETHER):
            total += erased
            await self._rest(guild_id, erased)
        if total:
            _log.info("erased what was written in cases whose time is over", guild=guild_id, cases=total)

    async def _forget(self, guild_id: int) -> None:
        before = self._times.cases_before(self._clock())
        total = 0
        while forgotten := await self._memory.forget_expired(guild_id, before, TOGETHER):
            total += forgotten
            await asyncio.sleep(self._pause)
        if total:
            _log.info("forgot old cases", guild=guild_id, cases=total)

    async def _rest(self, guild_id: int, changed: int) -> None:
        if changed:
            self._erased_in(guild_id)
            await asyncio.sleep(self._pause)
