"""What is in the KV cache: running sequences and prefixes, their slots, and their promises in the ledgers."""

from inference.scheduling.counters import Tally
from inference.scheduling.ledger import NOTHING, Demand, Ledger
from inference.scheduling.prefixes import Prefix, Prefixes
from inference.scheduling.steps import Limits, Row, Sequence
from inference.ticket import Priority


class Residents:
    """Gives slots and cells, takes them back, and remembers what the next step must clear, compact and copy."""

    def __init__(self, limits: Limits, prefixes: Prefixes, ledger: Ledger, tally: Tally) -> None:
        self.running: dict[int, Sequence] = {}
        """By id, in the order of admission."""
        self.prefixes = prefixes
        self._limits = limits
        self._ledger = ledger
        self._tally = tally
        self._free_slots = list(reversed(range(limits.sequences)))
        self._ordinary = 0
        self._beginning: dict[int, Sequence] = {}
        self._owners: dict[int, Sequence | Prefix] = {}
        self._to_clear: list[int] = []
        self._to_compact: list[int] = []

    def slots_for(self) -> tuple[Priority, ...]:
        """The priorities that a slot can be had for: a few on top of the width are for interactive ones only."""
        if self._free_slots and self._ordinary < self._limits.width:
            return tuple(Priority)
        return (Priority.INTERACTIVE,)

    def make_room(self, sequence: Sequence, given: Demand = NOTHING) -> bool:
        """Whether there is a slot and cells for it, and for a prefix that is missing; evicts what nobody uses.

        `given` is what others, who leave their slots, will have given back before it starts.
        """
        if not self._free_slots and given == NOTHING:
            return False
        known = self.prefixes.get(sequence.prefix_key)
        need = self.growing(sequence)
        if known is None:
            need += self._ledger.growing(len(sequence.prefix_tokens))
        evicted = self.prefixes.make_room(need, slot=known is None, keep=sequence.prefix_key, given=given)
        for prefix in evicted or ():
            self._forget(prefix)
        return evicted is not None

    def has_prefix(self, sequence: Sequence) -> bool:
        """Whether its prefix has a slot."""
        return self.prefixes.get(sequence.prefix_key) is not None

    def growing(self, sequence: Sequence) -> Demand:
        """What a sequence needs beyond its prefix."""
        return self._ledger.growing(sequence.reserve)

    def start(self, sequence: Sequence, step: int) -> None:
        """Give a sequence a slot and, if nobody did, its prefix one. There is room: see `make_room`."""
        prefix = self._prefix_for(sequence, step)
        self.prefixes.use(prefix, sequence, step)
        self._ledger.take(self.growing(sequence))
        sequence.slot = self._free_slots.pop()
        self._owners[sequence.slot] = sequence
        self.running[sequence.id] = self._beginning[sequence.id] = sequence
        self._ordinary += sequence.ticket.priority is not Priority.INTERACTIVE

    def stop(self, sequence: Sequence) -> None:
        """Take a sequence's slot and cells; those that are occupied are cleared with the next step."""
        del self.running[sequence.id], self._owners[sequence.slot]
        self._beginning.pop(sequence.id, None)
        self.prefixes.release(sequence)
        self._ledger.give(self.growing(sequence))
        self._ordinary -= sequence.ticket.priority is not Priority.INTERACTIVE
        self._free_slots.append(sequence.slot)
        if sequence.began:
            self._to_clear.append(sequence.slot)
        sequence.slot, sequence.began = -1, False

    def evict_one(self) -> bool:
        """Evict the idle prefix that is missed least, if there is one."""
        prefix = self.prefixes.evict_one()
        if prefix is not None:
            self._forget(prefix)
        return prefix is not None

    def settle_prefixes(self) -> bool:
        """Prefixes that the last step completed are whole; a long one's window is cut down before it is copied."""
        completed = [prefix for prefix in self.prefixes.unfilled.values() if not prefix.pending]
        for prefix in completed:
            self.prefixes.settle(prefix)
            if len(prefix.tokens) > self._limits.window:
                self._to_compact.append(prefix.slot)
        return bool(completed)

    def begin(self, step: int) -> tuple[tuple[int, int], ...]:
        """Let sequences begin whose prefix is whole: what is to be copied, (from slot, to slot)."""
        copies = []
        for sequence in list(self._beginning.values()):
            prefix = self.prefixes.get(sequence.prefix_key)
            if prefix is not None and prefix.whole:
                copies.append((prefix.slot, sequence.slot))
                sequence.began = True
                sequence.ready_step = step
                del self._beginning[sequence.id]
        return tuple(copies)

    def take_orders(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The slots that the step which is being planned clears, and those that it compacts."""
        orders = tuple(self._to_clear), tuple(self._to_compact)
        self._to_clear, self._to_compact = [], []
        return orders

    def undo(self, rows: tuple[Row, ...]) -> None:
        """The rows were not decoded. Whoever left meanwhile has nothing to undo."""
        for row in rows:
            owner = self._owners.get(row.slot)
            if isinstance(owner, Sequence):
                owner.fed = row.position - len(owner.prefix_tokens)
            elif owner is not None:
                owner.fed = row.position

    def _prefix_for(self, sequence: Sequence, step: int) -> Prefix:
        known = self.prefixes.get(sequence.prefix_key)
        if known is not None:
            self._tally.prefix_hits += 1
            return known
        self._tally.prefix_misses += 1
        if self.prefixes.was_evicted(sequence.prefix_key):
            self._tally.refed_tokens += len(sequence.prefix_tokens)
        prefix = self.prefixes.plan(sequence.prefix_key, sequence.prefix_tokens, step)
        self._owners[prefix.slot] = prefix
        return prefix

    def _forget(self, prefix: Prefix) -> None:
        """A prefix was evicted: its slot is cleared, and not compacted any more."""
        self._tally.prefix_evictions += 1
        del self._owners[prefix.slot]
        self._to_clear.append(prefix.slot)
        if prefix.slot in self._to_compact:
            self._to_compact.remove(prefix.slot)
