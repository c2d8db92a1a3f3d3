"""Reads sources in slices. A slice is parsed, given its context and asked about, all outside of the event loop."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from bot.case import Earlier, Message, Suspected
from bot.question import judged_text
from bot.scan.entry import Entry, Skip
from bot.scan.errors import Problem
from bot.scan.source import Kind, Source
from inference.rendering import MAX_CONTEXT_CHARACTERS

SLICE = 256
"""Records between two looks at the clock, the queue and Ctrl-C."""
CONTEXT = 10
"""Earlier messages kept per channel: the most that a policy can ask for."""
MAX_CHANNELS = 1000
"""Channels whose context is kept; lines may name any number of them."""

Suspect = Callable[[Message, tuple[Earlier, ...]], Suspected | None]
"""The prefilter's question."""


@dataclass(slots=True)
class Slice:
    """What came out of up to `SLICE` records."""

    records: int = 0
    """Records read, of whatever kind."""
    messages: int = 0
    """Messages by members: what was asked about."""
    bots: int = 0
    notices: int = 0
    unread: int = 0
    """Records that could not be read and are not scanned."""
    problems: list[Problem] = field(default_factory=list)
    suspected: list[Suspected] = field(default_factory=list)
    first: int | None = None
    """Byte offset of the first record."""
    position: int = 0
    """Byte offset of the last record."""
    seconds: float = 0.0
    """Time spent in the prefilter."""


class Context:
    """The last messages of every channel."""

    def __init__(self, *, ids_tell_order: bool) -> None:
        self._ids_tell_order = ids_tell_order
        self._channels: dict[int, deque[Earlier]] = {}

    def before(self, message: Message) -> tuple[Earlier, ...]:
        """What was said before a message. An export with the newest first has none."""
        lines = self._channels.get(message.channel_id, ())
        return tuple(line for line in lines if not self._ids_tell_order or line.message_id < message.id)

    def add(self, message: Message) -> None:
        """Remember a message; the channel that was quiet longest is forgotten when there are too many."""
        lines = self._channels.pop(message.channel_id, None) or deque(maxlen=CONTEXT)
        text = judged_text(message)[: MAX_CONTEXT_CHARACTERS + 1]  # the judge reads no more, and shows the cut
        lines.append(Earlier(message_id=message.id, author_id=message.author_id, text=text))
        self._channels[message.channel_id] = lines
        if len(self._channels) > MAX_CHANNELS:
            del self._channels[next(iter(self._channels))]


class Reader:
    """One source, from the record after the `passed` ones. Used by one thread at a time."""

    def __init__(self, source: Source, suspect: Suspect, timer: Callable[[], float], passed: int = 0) -> None:
        self._suspect = suspect
        self._timer = timer
        self._entries = source.entries()
        self._context = Context(ids_tell_order=source.kind is Kind.EXPORT)
        self._passed = passed

    def next_slice(self) -> Slice | None:
        """The next records; None at the end. What had passed before is read again first, for its context only.

        Raises:
            ScanError: the file cannot be read any more.
        """
        if self._passed:
            return self._go_over_passed()
        found = Slice()
        for entry in islice(self._entries, SLICE):
            self._add(entry, found)
        return found if found.records else None

    def _go_over_passed(self) -> Slice:
        """A slice without records: they count already."""
        again = list(islice(self._entries, min(self._passed, SLICE)))
        for entry in again:
            if entry.message is not None:
                self._context.add(entry.message)
        self._passed = self._passed - len(again) if again else 0
        return Slice(position=again[-1].place.offset or 0 if again else 0)

    def _add(self, entry: Entry, found: Slice) -> None:
        found.records += 1
        found.position = entry.place.offset or 0
        found.first = found.position if found.first is None else found.first
        found.bots += entry.skip is Skip.BOT
        found.notices += entry.skip is Skip.SYSTEM
        if entry.problem is not None:
            found.problems.append(entry.problem)
            found.unread += entry.message is None
        if entry.message is not None:
            self._ask(entry.message, found)

    def _ask(self, message: Message, found: Slice) -> None:
        found.messages += 1
        earlier = self._context.before(message)
        started = self._timer()
        suspected = self._suspect(message, earlier)
        found.seconds += self._timer() - started
        if suspected is not None:
            found.suspected.append(suspected)
        self._context.add(message)
