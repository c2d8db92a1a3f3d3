"""How far a channel is through the prefilter, while many of its messages are on their way at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush


@dataclass(slots=True)
class _Channel:
    """Ids below `mark` have passed; `under_way` have begun; `passed` wait for a lower id that is under way."""

    mark: int = 0
    under_way: set[int] = field(default_factory=set)
    passed: list[int] = field(default_factory=list)

    def close(self, message_id: int) -> bool:
        """Take a message out and raise the mark as far as it goes; whether it rose."""
        self.under_way.discard(message_id)
        heappush(self.passed, message_id)
        floor = min(self.under_way, default=None)
        before = self.mark
        while self.passed and (floor is None or self.passed[0] < floor):
            self.mark = max(self.mark, heappop(self.passed))
        return self.mark > before


class IntakeWindow:
    """Watermarks per guild and channel: the id at and below which every message that began has also passed.

    A message that begins and never passes (its handler failed) holds its channel's mark for the rest of the
    process. That is meant: after a restart it is fetched again.
    """

    def __init__(self) -> None:
        self._channels: dict[tuple[int, int], _Channel] = {}
        self._raised: dict[int, set[int]] = {}

    def begin(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """A message has arrived. Beginning one twice changes nothing."""
        self._channels.setdefault((guild_id, channel_id), _Channel()).under_way.add(message_id)

    def passed(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """A message is through the prefilter and, if suspected, safely stored."""
        if self._channels[guild_id, channel_id].close(message_id):
            self._raised.setdefault(guild_id, set()).add(channel_id)

    def take_raised(self) -> Mapping[int, Mapping[int, int]]:
        """{guild id: {channel id: mark}} for every mark that rose since the last call."""
        raised, self._raised = self._raised, {}
        return {
            guild: {channel: self._channels[guild, channel].mark for channel in channels}
            for guild, channels in raised.items()
        }

    def put_back(self, marks: Mapping[int, Mapping[int, int]]) -> None:
        """The marks could not be stored: hand them out again next time."""
        for guild, channels in marks.items():
            self._raised.setdefault(guild, set()).update(channels)
