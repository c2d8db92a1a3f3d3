"""The latest messages of every channel, kept as context for the next ones."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.case import Earlier, Message
from inference.rendering import MAX_CONTEXT_CHARACTERS

PER_CHANNEL = 10
"""Messages kept: as many as a policy may ask for (`policies.policy.Judging.context`)."""
CHANNELS = 2000
"""Channels kept, the ones that spoke last. At worst 2,000 x 10 x 401 characters: 8 million, 32 MB."""


def as_context(message: Message) -> Earlier:
    """A message as what came before another one: cut to just more than the judge is shown of it."""
    text = message.text[: MAX_CONTEXT_CHARACTERS + 1]
    # Not validated: every field comes from a validated message, and this is done for each message.
    return Earlier.model_construct(message_id=message.id, author_id=message.author_id, text=text)


def shortened(line: Earlier) -> Earlier:
    """A line of context, cut like those of `as_context`."""
    return line.model_copy(update={"text": line.text[: MAX_CONTEXT_CHARACTERS + 1]})


@dataclass(slots=True)
class _Lines:
    """A channel's latest messages by id. `whole`: there is nothing older, or it was asked for already."""

    ids: list[int] = field(default_factory=list)
    lines: list[Earlier] = field(default_factory=list)
    whole: bool = False

    def put(self, line: Earlier) -> None:
        place = bisect_left(self.ids, line.message_id)
        if place < len(self.ids) and self.ids[place] == line.message_id:
            self.lines[place] = line
            return
        self.ids.insert(place, line.message_id)
        self.lines.insert(place, line)
        if len(self.ids) > PER_CHANNEL:
            del self.ids[0], self.lines[0]
            self.whole = False

    def drop(self, message_id: int) -> None:
        place = bisect_left(self.ids, message_id)
        if place < len(self.ids) and self.ids[place] == message_id:
            del self.ids[place], self.lines[place]


class RecentMessages:
    """At most ten messages per channel, for the channels that spoke last; lost at a restart."""

    def __init__(self, channels: int = CHANNELS) -> None:
        self._limit = channels
        self._channels: OrderedDict[tuple[int, int], _Lines] = OrderedDict()

    def note(self, message: Message) -> None:
        """Keep a message, or its new text, as context for later ones."""
        self._lines(message.guild_id, message.channel_id).put(as_context(message))

    def before(self, message: Message) -> tuple[Earlier, ...]:
        """What is known to come before a message in its channel, oldest first."""
        lines = self._channels.get((message.guild_id, message.channel_id))
        return tuple(lines.lines[: bisect_left(lines.ids, message.id)]) if lines else ()

    def is_whole(self, message: Message) -> bool:
        """Whether asking for more of what came before this message would be in vain."""
        lines = self._channels.get((message.guild_id, message.channel_id))
        return lines is not None and lines.whole

    def fill(self, message: Message, earlier: Iterable[Earlier]) -> None:
        """Take in what history tells of the time before a message, so that it is not asked for again."""
        lines = self._lines(message.guild_id, message.channel_id)
        newest_first = sorted(earlier, key=lambda line: line.message_id, reverse=True)
        room = PER_CHANNEL - len(lines.ids)
        for line in newest_first[:room]:
            lines.put(line)
        lines.whole = len(newest_first) <= room

    def drop(self, guild_id: int, channel_id: int, message_ids: Iterable[int]) -> None:
        """Messages are gone: they are context of nothing any more."""
        if lines := self._channels.get((guild_id, channel_id)):
            for message_id in message_ids:
                lines.drop(message_id)

    def forget(self, guild_id: int, channel_id: int | None = None) -> None:
        """Drop a channel, or all of a guild."""
        if channel_id is not None:
            self._channels.pop((guild_id, channel_id), None)
            return
        for key in [key for key in self._channels if key[0] == guild_id]:
            del self._channels[key]

    def _lines(self, guild_id: int, channel_id: int) -> _Lines:
        key = (guild_id, channel_id)
        lines = self._channels.setdefault(key, _Lines())
        self._channels.move_to_end(key)
        if len(self._channels) > self._limit:
            self._channels.popitem(last=False)
        return lines
