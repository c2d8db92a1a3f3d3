"""What passes between the bot and Discord, in numbers: requests, and how soon people are answered."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.records.latency import Latencies, LatencyMeter

_MOST_PENDING: Final = 1000
"""Presses and commands whose answer is waited for; those that never get one are forgotten."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """One look at it; counts are since the start of the process."""

    answers: Mapping[int, int]
    """{HTTP status: number}."""
    acknowledgements: Latencies
    """From a press or a command until Discord has the bot's first answer."""


class DiscordTraffic:
    """Counts. Used in the event loop's thread only."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self.connected = False
        """Whether the gateway's connection is up."""
        self._timer = timer
        self._answers: Counter[int] = Counter()
        self._received: OrderedDict[int, float] = OrderedDict()
        self._latencies = LatencyMeter()

    def answered(self, status: int) -> None:
        """Discord answered a request."""
        self._answers[status] += 1

    def received(self, interaction_id: int) -> None:
        """Somebody pressed a button or used a command."""
        self._received[interaction_id] = self._timer()
        if len(self._received) > _MOST_PENDING:
            self._received.popitem(last=False)

    def acknowledged(self, interaction_id: int) -> None:
        """Discord has the first answer to it."""
        since = self._received.pop(interaction_id, None)
        if since is not None:
            self._latencies.observe(self._timer() - since)

    def read(self) -> Traffic:
        """The counts as they are now."""
        return Traffic(dict(self._answers), self._latencies.read())
