"""How far a channel is through the prefilter, while many of its messages are on their way at once."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Channel:
    """One channel's mark, and what keeps it from rising.

    `under_way` is sorted; `tops[i]` is the highest id that has passed below `under_way[i]` and above the one
    before it, 0 if none. One id per gap is enough to know the mark: a message that never passes costs no memory.
    """

    mark: int = 0
    limit: int | None = None
    newest: int = 0
    under_way: list[int] = field(default_factory=list)
    tops: list[int] = field(default_factory=lambda: [0])
    begun: dict[int, int] = field(default_factory=dict)

    def begin(self, message_id: int) -> None:
        self.newest = max(self.newest, message_id)
        self.begun[message_id] = self.begun.get(message_id, 0) + 1
        if self.begun[message_id] > 1:
            return
        gap = bisect_left(self.under_way, message_id)
        top = self.tops[gap]
        self.under_way.insert(gap, message_id)
        self.tops[gap : gap + 1] = (top, 0) if top < message_id else (0, top)

    def passed(self, message_id: int) -> None:
        left = self.begun.get(message_id, 0) - 1
        if left > 0:
            self.begun[message_id] = left
        elif left == 0:
            self._close(message_id)
        else:
            self.reach(message_id)

    def _close(self, message_id: int) -> None:
        del self.begun[message_id]
        gap = bisect_left(self.under_way, message_id)
        del self.under_way[gap]
        self.tops[gap : gap + 2] = (max(message_id, *self.tops[gap : gap + 2]),)

    def reach(self, message_id: int) -> None:
        """Everything at or below has begun."""
        self.newest = max(self.newest, message_id)
        gap = bisect_left(self.under_way, message_id)
        top = message_id - 1 if message_id in self.begun else message_id
        self.tops[gap] = max(self.tops[gap], top)

    def rise(self) -> bool:
        """Raise the mark as far as it goes; whether it rose."""
        before = self.mark
        top = self.tops[0] if self.limit is None else min(self.tops[0], self.limit)
        self.mark = max(before, top)
        return self.mark > before


class IntakeWindow:
    """Watermarks per guild and channel: the id at and below which every message that began has also passed.

    The mark is true as long as messages begin in the order of their ids, or the channel is held while they may
    not. A message that begins and never passes (a defect showed on it) holds its channel's mark for the rest of
    the process. That is meant: after a restart it is fetched again.
    """

    def __init__(self) -> None:
        self._channels: dict[tuple[int, int], _Channel] = {}
        self._raised: dict[int, set[int]] = {}
        self._paused: set[int] = set()
        self._heard: dict[int, int] = {}

    def begin(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """A message has arrived. One that begins twice has to pass twice."""
        self._channel(guild_id, channel_id).begin(message_id)

    def is_under_way(self, guild_id: int, channel_id: int, message_id: int) -> bool:
        """Whether a message has begun and not passed as often."""
        channel = self._channels.get((guild_id, channel_id))
        return channel is not None and message_id in channel.begun

    def is_busy(self, guild_id: int, channel_id: int) -> bool:
        """Whether any message of a channel has begun and not passed as often."""
        channel = self._channels.get((guild_id, channel_id))
        return channel is not None and bool(channel.begun)

    def passed(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """A message is through the prefilter and, if suspected, safely stored. Ignored for a forgotten channel."""
        if channel := self._channels.get((guild_id, channel_id)):
            channel.passed(message_id)
            self._note(guild_id, channel_id, channel)

    def hold(self, guild_id: int, channel_id: int, after: int) -> None:
        """Everything at or below `after` has begun; above it something may be missing. Replaces any hold."""
        channel = self._channel(guild_id, channel_id)
        channel.reach(after)
        channel.limit = after
        self._note(guild_id, channel_id, channel)

    def release(self, guild_id: int, channel_id: int) -> None:
        """Nothing is missing any more: the mark follows the messages again."""
        if channel := self._channels.get((guild_id, channel_id)):
            channel.limit = None
            self._note(guild_id, channel_id, channel)

    def newest(self, guild_id: int, channel_id: int) -> int:
        """The highest id that has begun or was reached; 0 if there is none."""
        channel = self._channels.get((guild_id, channel_id))
        return channel.newest if channel else 0

    def mark(self, guild_id: int, channel_id: int) -> int:
        """How far the channel is; 0 if that is not known."""
        channel = self._channels.get((guild_id, channel_id))
        return channel.mark if channel else 0

    def forget(self, guild_id: int, channel_id: int | None = None) -> None:
        """Drop a channel, or all of a guild. What passes of it later changes nothing."""
        if channel_id is None:
            self._raised.pop(guild_id, None)
            self._heard.pop(guild_id, None)
            self._paused.discard(guild_id)
            for key in [key for key in self._channels if key[0] == guild_id]:
                del self._channels[key]
        else:
            self._raised.get(guild_id, set()).discard(channel_id)
            self._channels.pop((guild_id, channel_id), None)

    def take_raised(self) -> Mapping[int, Mapping[int, int]]:
        """{guild id: {channel id: mark}} for every mark that rose since the last call, but for paused guilds."""
        ready = [guild for guild in self._raised if guild not in self._paused]
        raised = {guild: self._raised.pop(guild) for guild in ready}
        taken = {guild: self._take(guild, channels) for guild, channels in raised.items() if channels}
        return {guild: marks for guild, marks in taken.items() if marks}

    def hear(self, guild_id: int, snowflake: int) -> None:
        """Everything of a guild that is older than this was told to us, channels that were made included.

        Once this was called for a guild, no mark above what was heard is handed out: history may be ahead of what
        we are told, and a channel that was made in between would look old beside such a mark after a crash.
        """
        self._heard[guild_id] = max(snowflake, self._heard.get(guild_id, 0))

    def pause(self, guild_id: int) -> None:
        """Hand out no marks of a guild for now: there may be channels of which nothing is stored yet."""
        self._paused.add(guild_id)

    def pause_all(self) -> None:
        """Hand out no marks of any guild until it is resumed."""
        self._paused.update(guild_id for guild_id, _ in self._channels)

    def resume(self, guild_id: int) -> None:
        """Hand out a guild's marks again."""
        self._paused.discard(guild_id)

    def put_back(self, marks: Mapping[int, Mapping[int, int]]) -> None:
        """The marks could not be stored: hand them out again next time."""
        for guild, channels in marks.items():
            kept = {channel for channel in channels if (guild, channel) in self._channels}
            self._raised.setdefault(guild, set()).update(kept)

    def _take(self, guild_id: int, channel_ids: Iterable[int]) -> dict[int, int]:
        """These channels' marks; those above what was heard wait on."""
        marks = {channel: self._channels[guild_id, channel].mark for channel in channel_ids}
        heard = self._heard.get(guild_id)
        if heard is None:
            return marks
        if ahead := {channel for channel, mark in marks.items() if mark > heard}:
            self._raised.setdefault(guild_id, set()).update(ahead)
        return {channel: min(mark, heard) for channel, mark in marks.items()}

    def _channel(self, guild_id: int, channel_id: int) -> _Channel:
        return self._channels.setdefault((guild_id, channel_id), _Channel())

    def _note(self, guild_id: int, channel_id: int, channel: _Channel) -> None:
        if channel.rise():
            self._raised.setdefault(guild_id, set()).add(channel_id)
