"""Takes events in without ever waiting, works them off in lanes, and leaves what is too much to history."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

import structlog

from bot.case import Message
from bot.intake.arrival import Arrival, Source
from bot.intake.catch_up import CatchUp
from bot.intake.completion import HistoryCompletion
from bot.intake.debts import Debts
from bot.intake.patience import until_stored
from bot.intake.recent import RecentMessages
from bot.intake.removals import Removals
from bot.intake.rereads import Rereads
from bot.intake.room import Room
from bot.intake.settling import Settling
from bot.intake.state import IntakeState
from bot.intake.work import Lanes
from bot.moderation import Moderation
from bot.outage import BackOff
from bot.ports import History, Store
from bot.tasks import task_group

_log = structlog.get_logger(__name__)

CAPACITY = 5000
"""Messages that may wait in the lanes."""
LANES = 16
"""Messages worked on at once: while some wait for the disk, others go on; the store commits them together."""


class Intake:
    """The facade for whoever listens to Discord. All methods are called in the event loop's thread.

    What arrives begins at once, so that its channel's mark stays below it, and waits in a lane. Room is bounded
    (`bot.intake.room` says how it is shared and what it costs at worst). A message that finds no room is left to
    history: its channel is *behind*, its mark is held below the lost message, and `CatchUp` reads the channel from
    there, while newer messages go on to be looked at live whenever there is room. The same holds for every channel
    of which events may be missing: after a start, after a lost session, and until its guild was seen.
    """

    def __init__(
        self,
        moderation: Moderation,
        store: Store,
        history: History,
        *,
        clock: Callable[[], datetime],
        capacity: int = CAPACITY,
        lanes: int = LANES,
        back_off: BackOff | None = None,
    ) -> None:
        self._moderation = moderation
        self._clock = clock
        self._recent = RecentMessages()
        self._room = Room(capacity)
        self._debts = Debts(moderation.window)
        self._removals = Removals(moderation, clock)
        self._lanes = Lanes(
            moderation,
            self._removals,
            self._room,
            live=HistoryCompletion(history, self._recent),
            read=HistoryCompletion(history, self._recent, knows_author=False),
            clock=clock,
            count=lanes,
        )
        self._catch_up = CatchUp(
            history, self._debts, self._lanes, self._removals, self._recent, clock=clock, back_off=back_off
        )
        self._rereads = Rereads(
            history, moderation.window, self._lanes, self._recent, self._room, clock=clock, back_off=back_off
        )
        self._settling = Settling(moderation, store, self._debts, clock)
        self._left: set[int] = set()
        self._overflowed = 0
        self._reading: tuple[asyncio.Task[None], ...] = ()

    def created(self, message: Message) -> None:
        """A message was written. Never blocks and never raises."""
        if message.guild_id in self._left:
            return
        key = (message.guild_id, message.channel_id)
        arrival = Arrival(message, self._recent.before(message), Source.CREATED)
        self._recent.note(message)
        self._note_created(key, message.id, taken=self._take(arrival))

    def leaves_to_history(self, guild_id: int, channel_id: int, message_id: int) -> bool:
        """Whether there is no room for a new message of this guild; then it is read from history later.

        Asked before the message is even read: in a flood, reading what cannot be kept costs the most.
        """
        if guild_id in self._left or self._room.admits(guild_id, 1):
            return False
        self._overflowed += 1
        self._note_created((guild_id, channel_id), message_id, taken=False)
        return True

    def edited(self, message: Message) -> None:
        """A message was changed; this is all of it as it is now (a link preview counts as a change)."""
        if message.guild_id in self._left:
            return
        place = (message.guild_id, message.channel_id, message.id)
        arrival = Arrival(message, self._recent.before(message), Source.EDITED)
        self._recent.note(message)
        taken = self._take(arrival)
        if self._debts.edited(place[:2], message.id, taken=taken):
            self._rereads.discard([place])
        else:
            self._rereads.remember(place)

    def deleted(self, guild_id: int, channel_id: int, message_ids: Collection[int]) -> None:
        """Messages are gone."""
        if guild_id in self._left:
            return
        self._recent.drop(guild_id, channel_id, message_ids)
        self._rereads.discard((guild_id, channel_id, message_id) for message_id in message_ids)
        self._debts.deleted((guild_id, channel_id), message_ids)
        for message_id in message_ids:
            if self._lanes.holds(message_id):
                self._removals.note_later(message_id)
            else:
                self._removals.note(guild_id, message_id)

    def session_lost(self) -> None:
        """A new gateway session has begun (READY, not RESUMED): events may be missing.

        Call it when READY arrives, before any message of the new session (discord.py's `on_ready` comes too late;
        `on_connect` comes in time). Every guild has to be seen again after it.
        """
        self._settling.session_lost()
        self._debts.doubt_all()

    def guild_seen(self, guild_id: int, channels: Mapping[int, int | None]) -> None:
        """A guild is available: {id of every readable channel, voice channel and thread: its last message's id}.

        Without forum and media channels themselves: they hold threads, not messages. A channel whose last id lies
        above its mark is read from history; a guild that was never seen starts at its present.
        """
        self._left.discard(guild_id)
        self._lanes.welcome(guild_id)
        self._settling.guild_seen(guild_id)
        self._see(guild_id, channels)

    def channel_seen(
        self, guild_id: int, channel_id: int, last_message_id: int | None, *, stale: bool = False
    ) -> None:
        """A channel or thread was made, or made readable, or a thread left the archive, while we are connected.

        `stale`: the id is from before the channel was hidden from us, and there may be newer messages.

        Ignored until the guild was seen, which tells of all its channels: beside one that was just made, channels
        made while nobody listened would look old.
        """
        if self._settling.has_seen(guild_id):
            self._see(guild_id, {channel_id: last_message_id}, stale=stale)

    def channel_gone(self, guild_id: int, channel_id: int) -> None:
        """A channel was deleted, or may not be read any more. What is in the lanes is still looked at."""
        key = (guild_id, channel_id)
        self._settling.forget_channel(key)
        self._rereads.forget(*key)
        self._debts.set_aside(key)
        self._catch_up.problems.solved(key)
        self._recent.forget(*key)

    async def forget(self, guild_id: int) -> None:
        """We left the guild. When this returns, nothing of it is under way, and its memory may be purged.

        Events of it are ignored until it is seen again.
        """
        self._left.add(guild_id)
        self._settling.forget(guild_id)
        self._debts.forget(guild_id)
        self._rereads.forget(guild_id)
        self._lanes.forget(guild_id)
        self._removals.forget(guild_id)
        self._catch_up.problems.forget(guild_id)
        self._recent.forget(guild_id)
        await self._room.empty(guild_id)
        await self._removals.idle(guild_id)
        await self._moderation.forget(guild_id)

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            StoreError: the memory is unusable (damaged); one that is away for a while is waited for.
        """
        async with task_group() as tasks:
            tasks.create_task(self._lanes.run())
            tasks.create_task(self._settling.run())
            tasks.create_task(self._removals.run())
            self._reading = (
                tasks.create_task(self._catch_up.run()),
                tasks.create_task(self._rereads.run()),
            )

    async def drain(self) -> None:
        """Work off what is in the lanes and store the marks: for a clean stop, while `run` still runs.

        Waits as long as the store is away: give it a deadline. What is cut off is read again after the restart.
        """
        for task in self._reading:
            task.cancel()
        await self._room.empty()
        await self._removals.idle()
        await until_stored(self._moderation.flush, self._clock, lambda: True)

    @property
    def state(self) -> IntakeState:
        """What is going on right now."""
        behind = Counter(guild_id for guild_id, _ in self._debts.due)
        outage = self._catch_up.outage
        return IntakeState(
            waiting=self._room.waiting,
            behind=behind.total(),
            behind_in=behind,
            caught_up=self._catch_up.read,
            overflowed=self._overflowed,
            failed=self._lanes.failed,
            dropped=self._removals.dropped + self._rereads.dropped,
            away=outage.reason if outage else None,
            problems=self._catch_up.problems.all,
        )

    def _see(self, guild_id: int, channels: Mapping[int, int | None], *, stale: bool = False) -> None:
        for channel_id in channels:
            self._catch_up.problems.solved((guild_id, channel_id))
        self._debts.seen(guild_id, channels, stale=stale)
        self._settling.add(guild_id, channels, stale=stale)

    def _note_created(self, key: tuple[int, int], message_id: int, *, taken: bool) -> None:
        if self._debts.created(key, message_id, taken=taken):
            _log.warning("too much at once, a channel is left to history", guild=key[0], channel=key[1])
        debt = self._debts.of(key)
        if debt is not None and not debt.due and not self._catch_up.problems.is_resting(key):
            self._settling.met_unawares(key, message_id)

    def _take(self, arrival: Arrival) -> bool:
        """Into a lane, if there is room."""
        if not self._room.admits(arrival.message.guild_id, arrival.size):
            self._overflowed += 1
            return False
        self._lanes.put(arrival)
        return True
