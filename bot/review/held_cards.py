"""Cards for which there is no room yet, and the one line in the review channel that says so.

What is held back waits in the queue and is nowhere but in the store. The line is posted as cards are: the store
notes that it was begun, and a line that nobody confirmed is looked for before another one is posted.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.attention import severity_of
from bot.case import CardPlace, CaseFile
from bot.ports import DiscordError, Gone, Refused, Store
from bot.records.reports import Waiting
from bot.review.card_room import DAY, MINUTE, CardRoom
from policies.policy import Severity

_log = structlog.get_logger(__name__)

LOOK_BACK: Final = timedelta(minutes=10)
"""How long before the begun posting the line is looked for: Discord's clock is not ours."""


@dataclass(frozen=True, slots=True)
class HeldSettings:
    """Times."""

    minute: timedelta = MINUTE
    """In which so many cards go up."""
    edit_rest: timedelta = timedelta(seconds=15)
    """How long the line stays as it is: Discord lets five edits pass in five seconds, and cards need them."""
    trouble_rest: timedelta = timedelta(seconds=60)
    """How long the line is left alone after Discord did not let it happen."""
    look_delay: timedelta = timedelta(seconds=5)
    """See `OutboxSettings`."""


class LineBoard(Protocol):
    """Where the line stands. Every call raises DiscordAway, Refused or Gone."""

    async def post_line(self, guild_id: int, channel_id: int, begun_at: datetime, waiting: Waiting) -> int:
        """Post the line and return its message id. `begun_at` tells one posting from the next."""
        ...

    async def update_line(self, guild_id: int, channel_id: int, message_id: int, waiting: Waiting) -> None:
        """Let the line say how many wait now."""
        ...

    async def remove_line(self, channel_id: int, message_id: int) -> None:
        """Take the line down."""
        ...

    async def find_line(self, channel_id: int, since: datetime) -> int | None:
        """Look for a line of ours that was posted since a moment; its message id."""
        ...


class HeldCards:
    """Says when a card may go up, and tells people how many may not. One per store."""

    def __init__(
        self,
        store: Store,
        lines: LineBoard,
        per_minute: Callable[[int], int],
        *,
        clock: Callable[[], datetime],
        settings: HeldSettings | None = None,
    ) -> None:
        """`per_minute`: a guild's cards in a minute."""
        self._store = store
        self._lines = lines
        self._per_minute = per_minute
        self._clock = clock
        self._settings = settings or HeldSettings()
        self._shown: dict[int, Waiting] = {}
        self._rests_until: dict[int, float] = {}

    async def room_for(self, case: CaseFile) -> timedelta | None:
        """How long until the case's card may go up; None: not before somebody decides on other cards."""
        now = self._clock()
        posted = await self._store.posted_cards(case.guild_id, now - self._settings.minute, now - DAY)
        room = CardRoom(posted, self._per_minute(case.guild_id), now, self._settings.minute)
        return room.wait(critical=severity_of(case.findings) is Severity.CRITICAL)

    async def tell(self, guild_id: int, channel_id: int | None, *, holding: bool) -> float | None:
        """Bring the line up to date. Seconds after which it wants to be told again; None: when something changes.

        `holding`: a card was held back just now. Without one, a line that stands stays until nothing is held.
        What Discord does not let happen is tried again later: cards matter more.
        """
        place = await self._store.queue_line(guild_id)
        if place is None and not holding:
            return None
        held = await self._store.held_cards(guild_id)
        rest = self._rests_until.get(guild_id, 0.0) - _seconds()
        if rest > 0 and (held.total or place is None):
            return rest
        try:
            return await self._step(guild_id, channel_id, place, held)
        except DiscordError as error:
            _log.warning("the line about waiting cases cannot be shown", guild=guild_id, reason=str(error))
            return self._rest(guild_id, self._settings.trouble_rest)

    async def _step(
        self, guild_id: int, channel_id: int | None, place: CardPlace | None, held: Waiting
    ) -> float | None:
        """Go one step on; seconds until the next one."""
        if place is not None and place.message_id is None:
            return await self._look_for(guild_id, place)
        if (
            place is not None
            and place.message_id is not None
            and (not held.total or place.channel_id != channel_id)
        ):
            await self._remove(guild_id, place.channel_id, place.message_id)
            return 0.0 if held.total else None
        if not held.total or channel_id is None:
            return None
        if place is None or place.message_id is None:
            return await self._post(guild_id, channel_id, held)
        return await self._update(guild_id, channel_id, place.message_id, held)

    async def _post(self, guild_id: int, channel_id: int, held: Waiting) -> float:
        await self._store.begin_queue_line(guild_id, channel_id)
        begun = await self._store.queue_line(guild_id)
        begun_at = begun.begun_at if begun else self._clock()
        try:
            message_id = await self._lines.post_line(guild_id, channel_id, begun_at, held)
        except Refused:
            await self._store.forget_queue_line(guild_id)  # it is certain that nothing stands there
            raise
        await self._store.queue_line_shown(guild_id, message_id)
        return self._said(guild_id, held)

    async def _update(self, guild_id: int, channel_id: int, message_id: int, held: Waiting) -> float | None:
        if self._shown.get(guild_id) == held:
            return None
        try:
            await self._lines.update_line(guild_id, channel_id, message_id, held)
        except Gone:
            await self._store.forget_queue_line(guild_id)
            return 0.0
        return self._said(guild_id, held)

    async def _remove(self, guild_id: int, channel_id: int, message_id: int) -> None:
        try:
            await self._lines.remove_line(channel_id, message_id)
        except Refused as no:  # gone already, or in a channel that nobody lets us into any more
            _log.info("the line about waiting cases was not taken down", guild=guild_id, reason=str(no))
        await self._store.forget_queue_line(guild_id)
        self._shown.pop(guild_id, None)

    async def _look_for(self, guild_id: int, place: CardPlace) -> float:
        """Find out what became of a posting that nobody confirmed."""
        wait = place.begun_at + self._settings.look_delay - self._clock()
        if timedelta(0) < wait <= self._settings.look_delay:
            return wait.total_seconds()
        try:
            message_id = await self._lines.find_line(place.channel_id, place.begun_at - LOOK_BACK)
        except Gone:  # with its channel
            message_id = None
        if message_id is None:
            await self._store.forget_queue_line(guild_id)
        else:
            await self._store.queue_line_shown(guild_id, message_id)
        return 0.0

    def _said(self, guild_id: int, held: Waiting) -> float:
        self._shown[guild_id] = held
        return self._rest(guild_id, self._settings.edit_rest)

    def _rest(self, guild_id: int, rest: timedelta) -> float:
        self._rests_until[guild_id] = _seconds() + rest.total_seconds()
        return rest.total_seconds()


def _seconds() -> float:
    return asyncio.get_running_loop().time()
