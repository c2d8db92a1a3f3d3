"""The lanes themselves: each works off one message at a time, and never dies of one."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from bot.intake.arrival import Arrival, Source
from bot.intake.completion import Completion
from bot.intake.fair_queue import FairQueue
from bot.intake.patience import until_stored
from bot.intake.removals import Removals
from bot.intake.room import Room
from bot.moderation import Moderation
from bot.ports import StoreError
from bot.tasks import task_group

_log = structlog.get_logger(__name__)


class Lanes:
    """Hands arrivals to `Moderation`, several at once. A message and its edits keep their order: one lane each."""

    def __init__(
        self,
        moderation: Moderation,
        removals: Removals,
        room: Room,
        *,
        live: Completion,
        read: Completion,
        clock: Callable[[], datetime],
        count: int,
    ) -> None:
        self._moderation = moderation
        self._removals = removals
        self._room = room
        self._live = live
        self._read = read
        self._clock = clock
        self._queues: Sequence[FairQueue[Arrival]] = tuple(FairQueue() for _ in range(count))
        self._inside: dict[int, int] = {}
        self._forgotten: set[int] = set()
        self.failed = 0

    def put(self, arrival: Arrival) -> None:
        """Take an arrival in; from now on its channel's mark stays below it until it is worked off."""
        message = arrival.message
        self._moderation.begin(message)
        self._room.enter(message.guild_id, arrival.size)
        self._inside[message.id] = self._inside.get(message.id, 0) + 1
        # Milliseconds and counter of the id: either alone leaves lanes empty.
        lane = (message.id ^ message.id >> 22) % len(self._queues)
        self._queues[lane].put(message.guild_id, arrival)

    def holds(self, message_id: int) -> bool:
        """Whether a message is in a lane."""
        return message_id in self._inside

    def forget(self, guild_id: int) -> None:
        """Drop what waits of a guild, and give up what cannot be stored just now."""
        self._forgotten.add(guild_id)
        for queue in self._queues:
            for arrival in queue.drop(guild_id):
                self._leave(arrival)

    def welcome(self, guild_id: int) -> None:
        """A guild that was forgotten is back."""
        self._forgotten.discard(guild_id)

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            StoreError: the memory is unusable.
        """
        async with task_group() as tasks:
            for queue in self._queues:
                tasks.create_task(self._work(queue))

    async def _work(self, queue: FairQueue[Arrival]) -> None:
        while True:
            arrival = await queue.take()
            try:
                await self._work_off(arrival)
            finally:
                self._leave(arrival)

    async def _work_off(self, arrival: Arrival) -> None:
        message = arrival.message
        try:
            await until_stored(
                lambda: self._hand_over(arrival), self._clock, lambda: message.guild_id not in self._forgotten
            )
        except StoreError:
            raise
        except Exception as defect:  # noqa: BLE001 - one message's defect costs this message, not the bot
            self.failed += 1
            kind = type(defect).__name__
            _log.error("a message could not be looked at", message=message.id, guild=message.guild_id, error=kind)

    async def _hand_over(self, arrival: Arrival) -> int | None:
        message, earlier = arrival.message, arrival.earlier
        if arrival.source is Source.CREATED:
            return await self._moderation.receive(message, earlier, self._live, just_written=True)
        if arrival.source is Source.EDITED:
            return await self._moderation.revise(message, earlier, self._live)
        if message.edited_at or message.embeds:
            return await self._moderation.revise(message, earlier, self._read)
        return await self._moderation.receive(message, earlier, self._read)

    def _leave(self, arrival: Arrival) -> None:
        message = arrival.message
        self._room.leave(message.guild_id, arrival.size)
        self._inside[message.id] -= 1
        if not self._inside[message.id]:
            del self._inside[message.id]
            self._removals.lane_is_done(message.guild_id, message.id)
        if arrival.batch:
            arrival.batch.one_done()
