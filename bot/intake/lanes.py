"""Intake: takes events in without ever waiting, works them off in lanes, and leaves what is too much to history."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from bot.case import Message
from bot.intake.state import IntakeState
from bot.moderation import Moderation
from bot.ports import History, Store

CAPACITY = 5000
LANES = 16


class Intake:
    """The facade for whoever listens to Discord. All methods are called in the event loop's thread."""

    def __init__(
        self,
        moderation: Moderation,
        store: Store,
        history: History,
        *,
        clock: Callable[[], datetime],
        capacity: int = CAPACITY,
        lanes: int = LANES,
    ) -> None:
        raise NotImplementedError

    def created(self, message: Message) -> None:
        """A message was written. Never blocks and never raises."""
        raise NotImplementedError

    def edited(self, message: Message) -> None:
        """A message was changed; this is all of it as it is now (a link preview counts as a change)."""
        raise NotImplementedError

    def deleted(self, guild_id: int, channel_id: int, message_ids: Collection[int]) -> None:
        """Messages are gone."""
        raise NotImplementedError

    def session_lost(self) -> None:
        """A new gateway session has begun (READY, not RESUMED): events may be missing.

        Call it when READY arrives (discord.py's `on_connect`, or `on_shard_connect` followed by READY), before any
        message of the new session; discord.py's `on_ready` comes too late. Every guild has to be seen again.
        """
        raise NotImplementedError

    def guild_seen(self, guild_id: int, channels: Mapping[int, int | None]) -> None:
        """A guild is available: {id of every readable channel, voice channel and thread: its last message's id}.

        Without forum and media channels themselves: they hold threads, not messages. A channel whose last id lies
        above its mark is read from history; a guild that was never seen starts at its present.
        """
        raise NotImplementedError

    def channel_seen(self, guild_id: int, channel_id: int, last_message_id: int | None) -> None:
        """A channel or thread was made, or made readable, or a thread left the archive, while we are connected."""
        raise NotImplementedError

    def channel_gone(self, guild_id: int, channel_id: int) -> None:
        """A channel or thread was deleted, or may not be read any more. What is in the lanes is still looked at."""
        raise NotImplementedError

    async def forget(self, guild_id: int) -> None:
        """We left the guild. When this returns, nothing of it is under way, and its memory may be purged.

        Events of it are ignored until it is seen again.
        """
        raise NotImplementedError

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            StoreError: the memory is unusable (damaged); one that is away for a while is waited for.
        """
        raise NotImplementedError

    async def drain(self) -> None:
        """Work off what is in the lanes and store the marks: for a clean stop, while `run` still runs.

        Waits as long as the store is away: give it a deadline. What is cut off is read again after the restart.
        """
        raise NotImplementedError

    @property
    def state(self) -> IntakeState:
        """What is going on right now."""
        raise NotImplementedError
