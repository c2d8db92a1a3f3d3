"""Which prefixes are in the KV cache: pinned in a slot of their own, shared by all that start with them.

One is prefilled once for all who want it, stays while anybody runs on it, and makes room for others by least
recent use. A prefix that somebody in the queue waits for is spared as long as another can go.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from inference.scheduling.ledger import NOTHING, Demand, Ledger
from inference.scheduling.steps import Sequence

REMEMBERED = 4096
"""Keys of evicted prefixes that are remembered, to count what is prefilled again."""


@dataclass(slots=True, eq=False)
class Prefix:
    """Tokens that many sequences start with."""

    key: str
    tokens: tuple[int, ...]
    slot: int
    demand: Demand
    """What it holds in the ledger."""
    fed: int = 0
    """How many of its tokens are in the KV cache or in the step under way."""
    whole: bool = False
    """Whether all of it is in the cache, and its window cut down: it may be copied."""
    users: dict[int, Sequence] = field(default_factory=dict)
    """Running sequences that start with it, by id; it stays while there are any."""
    last_used: int = 0
    """The step of its last admission."""
    ready_step: int = 0
    """The step in which it was planned."""
    fed_step: int = 0
    """The last step that it had a row in."""

    @property
    def pending(self) -> int:
        """Tokens that are still to be prefilled."""
        return len(self.tokens) - self.fed


class Prefixes:
    """The prefixes that have a slot. `wants` tells how many in the queue start with a prefix."""

    def __init__(self, slots: range, ledger: Ledger, wants: Callable[[str], int]) -> None:
        self._free = list(reversed(slots))
        self._ledger = ledger
        self._wants = wants
        self._resident: dict[str, Prefix] = {}
        self._idle: dict[str, Prefix] = {}
        self._evicted: dict[str, None] = {}
        self.unfilled: dict[str, Prefix] = {}
        """Those that are not whole."""

    def get(self, key: str) -> Prefix | None:
        """A prefix that has a slot, whole or not."""
        return self._resident.get(key)

    def was_evicted(self, key: str) -> bool:
        """Whether it had a slot once and lost it."""
        return key in self._evicted

    def plan(self, key: str, tokens: tuple[int, ...], step: int) -> Prefix:
        """Give a prefix a slot. There must be one, and room: see `make_room`."""
        demand = self._ledger.growing(len(tokens))
        self._ledger.take(demand)
        prefix = Prefix(key, tokens, self._free.pop(), demand, ready_step=step)
        self._resident[key] = self._idle[key] = self.unfilled[key] = prefix
        if not tokens:
            self.settle(prefix)
        return prefix

    def use(self, prefix: Prefix, sequence: Sequence, step: int) -> None:
        """A sequence that starts with it runs."""
        self._idle.pop(prefix.key, None)
        prefix.users[sequence.id] = sequence
        prefix.last_used = step

    def release(self, sequence: Sequence) -> None:
        """A sequence runs no more."""
        prefix = self._resident[sequence.prefix_key]
        del prefix.users[sequence.id]
        if not prefix.users:
            self._idle[prefix.key] = prefix

    def settle(self, prefix: Prefix) -> None:
        """All of it is in the cache, and it is about to be compacted: it grows no more."""
        del self.unfilled[prefix.key]
        prefix.whole = True
        self._ledger.give(prefix.demand)
        prefix.demand = self._ledger.settled(len(prefix.tokens))
        self._ledger.take(prefix.demand)

    def make_room(self, need: Demand, *, slot: bool, keep: str, given: Demand = NOTHING) -> list[Prefix] | None:
        """Evict as few idle prefixes as it takes, never `keep`; if all are too few, none, and return None.

        `given` is what will be given back besides.
        """
        evicted: list[Prefix] = []
        victims: Iterator[Prefix] | None = None
        while not self._ledger.fits(need, given) or (slot and not self._free and not evicted):
            victims = victims or iter(self._victims(keep))
            victim = next(victims, None)
            if victim is None:
                return None
            evicted.append(victim)
            given += victim.demand
        for victim in evicted:
            self._evict(victim)
        return evicted

    def evict_one(self) -> Prefix | None:
        """Evict the idle prefix that is missed least, if there is one."""
        victims = self._victims()
        if not victims:
            return None
        self._evict(victims[0])
        return victims[0]

    def _victims(self, keep: str | None = None) -> list[Prefix]:
        """Prefixes that nobody runs on, the one that is missed least first."""
        idle = [prefix for prefix in self._idle.values() if prefix.key != keep]
        return sorted(idle, key=lambda prefix: (self._wants(prefix.key) > 0, prefix.last_used))

    def _evict(self, prefix: Prefix) -> None:
        del self._resident[prefix.key], self._idle[prefix.key]
        self.unfilled.pop(prefix.key, None)
        self._free.append(prefix.slot)
        self._ledger.give(prefix.demand)
        self._evicted.pop(prefix.key, None)
        self._evicted[prefix.key] = None
        if len(self._evicted) > REMEMBERED:
            del self._evicted[next(iter(self._evicted))]
