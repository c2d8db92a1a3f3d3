"""Edits that found the lanes full: remembered by id, and read again from history when there is room."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from bot.intake.arrival import Arrival, Source
from bot.intake.recent import RecentMessages
from bot.intake.room import Room
from bot.intake.window import IntakeWindow
from bot.intake.work import Lanes
from bot.outage import BackOff, Outage
from bot.ports import DiscordAway, History, Refused

_log = structlog.get_logger(__name__)

MAX_WAITING = 2000
"""Edits remembered at most; more are counted and forgotten."""

Place = tuple[int, int, int]
"""Guild id, channel id, message id."""


class Rereads:
    """The ids of edited messages whose new text we have not looked at. Their channels' marks stay below them."""

    def __init__(
        self,
        history: History,
        window: IntakeWindow,
        lanes: Lanes,
        recent: RecentMessages,
        room: Room,
        *,
        clock: Callable[[], datetime],
        back_off: BackOff | None = None,
        limit: int = MAX_WAITING,
    ) -> None:
        self._history = history
        self._window = window
        self._lanes = lanes
        self._recent = recent
        self._room = room
        self._clock = clock
        self._back_off = back_off or BackOff()
        self._limit = limit
        self._waiting: dict[Place, object] = {}
        self._stirred = asyncio.Event()
        self.dropped = 0

    def remember(self, place: Place) -> None:
        """Read this message again later; what is being read of it just now may be too old."""
        if place not in self._waiting:
            if len(self._waiting) >= self._limit:
                self.dropped += 1
                return
            self._window.begin(*place)
        self._waiting[place] = object()
        self._stirred.set()

    def discard(self, places: Iterable[Place]) -> None:
        """These messages are gone, or a newer edit of them was taken in."""
        for place in places:
            self._let_go(place)

    def forget(self, guild_id: int, channel_id: int | None = None) -> None:
        """Drop a channel's messages, or all of a guild's."""
        self.discard([place for place in self._waiting if place[0] == guild_id and channel_id in (None, place[1])])

    async def run(self) -> None:
        """Read again what is remembered, one message at a time, until cancelled."""
        outage: Outage | None = None
        while True:
            place = await self._next()
            await self._room.calm()
            try:
                await self._read_again(place)
                outage = None
            except DiscordAway as away:
                outage = self._back_off.after(outage, str(away), self._clock())
                self._put_last(place)
                await asyncio.sleep(outage.retry_after.total_seconds())
            except Refused:  # nobody can read it: there is nothing to look at
                self._let_go(place)
            except Exception as defect:  # noqa: BLE001 - as in catching up: one message must not stop the others
                _log.error("reading a message again broke", message=place[2], error=type(defect).__name__)
                self._let_go(place)

    async def _next(self) -> Place:
        while not self._waiting:
            self._stirred.clear()
            await self._stirred.wait()
        return next(iter(self._waiting))

    async def _read_again(self, place: Place) -> None:
        guild_id, channel_id, message_id = place
        asked_for = self._waiting.get(place)
        page = await self._history.after(guild_id, channel_id, message_id - 1)
        message = page.messages[0] if page.messages else None
        if asked_for is None or self._waiting.get(place) is not asked_for:
            return
        if message is not None and message.id == message_id:
            self._lanes.put(Arrival(message, self._recent.before(message), Source.READ))
        self._let_go(place)

    def _put_last(self, place: Place) -> None:
        """Others first: it may be this channel alone that cannot be read."""
        if place in self._waiting:
            self._waiting[place] = self._waiting.pop(place)

    def _let_go(self, place: Place) -> None:
        if place in self._waiting:
            del self._waiting[place]
            self._window.passed(*place)
