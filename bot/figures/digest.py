"""Weekly digests on their way to the review channels: one for each week, whenever the process dies.

Before a digest is posted, the store notes that this was begun; one that was begun and not confirmed is looked for
before another one is posted. It is due on Monday at 9:00 UTC; who was not there then gets it when the bot is back.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.figures.painting import Paint
from bot.figures.week import Digest, Week
from bot.language import Language, speaking
from bot.ports import DiscordAway, Gone, Refused, Store, StoreUnavailable
from bot.records.figures import DigestState
from policies.policy import Policy

_log = structlog.get_logger(__name__)

DUE: Final = timedelta(hours=9)
"""After the beginning of Monday, UTC."""
WEEK: Final = timedelta(days=7)
POLL_SECONDS: Final = 600.0
"""Between two looks at what is due and at what waits for people."""
LOOK_DELAY: Final = timedelta(seconds=5)
"""How long after a try that nobody confirmed the digest is looked for: Discord's history may lag behind."""
LOOK_BACK: Final = timedelta(minutes=10)
"""How long before the begun posting it is looked for: Discord's clock, which dates messages, is not ours."""
REST: Final = timedelta(hours=6)
"""How long a guild is left alone after Discord refused."""


class DigestBoard(Protocol):
    """The review channels. Every call raises DiscordAway, Refused or Gone."""

    async def post(self, digest: Digest, channel_id: int) -> None:
        """Post a digest. Carries a nonce of the guild and the week, which is enforced."""
        ...

    async def is_there(self, guild_id: int, channel_id: int, week: date, since: datetime) -> bool:
        """Look through our own messages since a moment for the digest of a week."""
        ...


@dataclass(frozen=True, slots=True)
class DigestGuilds:
    """What is known of guilds, by their ids."""

    channel: Callable[[int], int | None]
    """Where a guild's digest goes, as it is set now; None: it wants none."""
    policies: Callable[[int], Mapping[str, Policy]]
    language: Callable[[int], Language]
    escaped: Callable[[str], str]
    """Makes a policy's title harmless where digests are shown."""


@dataclass(slots=True)
class DigestKeeper:
    """Posts what is due, and notes now and then how much waits. One per running bot."""

    store: Store
    board: DigestBoard
    paint: Paint
    guilds: DigestGuilds
    clock: Callable[[], datetime]
    _started_at: datetime | None = None
    _over: dict[int, date] = field(default_factory=dict)
    """{guild id: the week for which nothing is owed}."""
    _resting: dict[int, datetime] = field(default_factory=dict)

    async def run(self) -> None:
        """Work until cancelled. A store that is away is asked again later."""
        self._started_at = self.clock()
        while True:
            try:
                await self.look()
            except StoreUnavailable as error:
                _log.warning("figures wait for the memory", reason=str(error))
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> None:
        """Note what waits, and post every digest that is due.

        Raises:
            StoreUnavailable: not everything was done; the next look goes on.
        """
        await self.store.note_queue()
        for guild_id in await self.store.guilds():
            await self._serve(guild_id, due_week(self.clock()))

    async def _serve(self, guild_id: int, week: date) -> None:
        channel_id = self.guilds.channel(guild_id)
        if channel_id is None or self._over.get(guild_id) == week or self._is_resting(guild_id):
            return
        try:
            if await self._is_settled(guild_id, week) or await self._post(guild_id, channel_id, week):
                self._over[guild_id] = week
        except DiscordAway as away:  # the next look sees whether it has arrived
            _log.info("a weekly digest waits for Discord", guild=guild_id, reason=str(away))
        except Refused as no:
            _log.warning("a weekly digest cannot be posted", guild=guild_id, reason=str(no))
            self._resting[guild_id] = self.clock() + REST

    async def _is_settled(self, guild_id: int, week: date) -> bool:
        """Whether nothing is owed for the week, as far as can be known by now."""
        known = await self.store.digest(guild_id)
        if known is None:
            return False
        if not known.done and not await self._settle(guild_id, known):
            return False
        return known.week >= week

    async def _settle(self, guild_id: int, begun: DigestState) -> bool:
        """Find out what became of a posting that nobody confirmed: whether it hangs there.

        Raises:
            DiscordAway: that cannot be known yet.
        """
        if timedelta(0) <= self.clock() - max(begun.begun_at, self._started_at or begun.begun_at) < LOOK_DELAY:
            raise DiscordAway("It is too early to see whether the digest has arrived.")
        since, is_there = begun.begun_at - LOOK_BACK, False
        if begun.channel_id is not None:
            try:
                is_there = await self.board.is_there(guild_id, begun.channel_id, begun.week, since)
            except Gone:  # with the channel
                is_there = False
        await (self.store.end_digest(guild_id, begun.week) if is_there else self.store.forget_digest(guild_id))
        return is_there

    async def _post(self, guild_id: int, channel_id: int, week: date) -> bool:
        """Post the week's digest if there is something to tell."""
        told = await self._week(guild_id, week)
        if not told.is_empty:
            with speaking(self.guilds.language(guild_id)):
                pictures = await self.paint([told.sheet()])
                digest = told.digest(guild_id, week, pictures[0] if pictures else None)
            await self.store.begin_digest(guild_id, week, channel_id)
            try:
                await self.board.post(digest, channel_id)
            except Refused:
                await self.store.forget_digest(guild_id)  # it is certain that nothing hangs there
                raise
        await self.store.end_digest(guild_id, week)
        return True

    async def _week(self, guild_id: int, week: date) -> Week:
        figures = await self.store.figures(guild_id, week - WEEK, week - timedelta(days=1))
        return Week(figures, self.guilds.policies(guild_id), self.clock(), self.guilds.escaped)

    def _is_resting(self, guild_id: int) -> bool:
        return self.clock() < self._resting.get(guild_id, datetime.min.replace(tzinfo=self.clock().tzinfo))


def due_week(now: datetime) -> date:
    """The Monday whose digest is due, or was due last."""
    day = (now - DUE).date()
    return day - timedelta(days=day.weekday())
