"""Who is in the batch: continuous batching over pinned policy prefixes, as a pure plan.

No clock, no thread, no model. `Scheduler.step` says what the next decode call holds; the worker runs it and tells
what each sequence wants fed next. Sequences join and leave at any step, and all that share a prefix (the policy)
share its KV cells: it is prefilled once, into a slot of its own, and copied, which costs no cells in a unified
cache.

1. `add` puts a sequence into the `FairQueue`.
2. `step` admits from it while there are slots, and cells in both ledgers, so that no decode call lacks room.
3. A prefix that is new gets a slot and is prefilled; once whole it is compacted, and copied to those who wait.
4. `Batching` chooses the tokens of the step.
5. `feed` continues a sequence, `remove` ends it; its cells are free in the next step.
"""

from collections.abc import Sequence as Items
from itertools import islice

from inference.batching import Batching
from inference.counters import Counters, Tally
from inference.deadlines import Deadlines
from inference.fair_queue import FairQueue, Waiting
from inference.ledger import NOTHING, Cells, Ledger
from inference.prefixes import Prefix, Prefixes
from inference.steps import Limits, Row, Sequence, Step
from inference.ticket import Priority

__all__ = ["Cells", "Counters", "Limits", "OutOfRoomError", "Row", "Scheduler", "Sequence", "Step", "TooLongError"]

LOOKAHEAD = 64
"""Candidates that are looked at for an admission."""
OVERTAKEN_AT_MOST = 8
"""Admissions of the same or a lower priority that may pass a candidate for which there is no room; then they wait.
Lower ones never pass an interactive candidate."""
OVERTAKEN_BY_ANY = 64
"""Admissions of any priority that may."""
EVERYBODY = len(Priority)
"""All priorities are below this."""


class TooLongError(Exception):
    """The sequence cannot fit into the context, however empty it is."""


class OutOfRoomError(Exception):
    """The cache refuses even a step of a single sequence: it does not hold what the ledgers say."""


class Scheduler:
    """Plans steps within `limits`. Not thread-safe: one thread owns it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ledger = Ledger(limits.cells, window=limits.window, step_tokens=limits.step_tokens)
        self._queue = FairQueue()
        self._prefixes = Prefixes(range(limits.width, limits.slots), self._ledger, self._queue.wants)
        self._batching = Batching(limits)
        self._deadlines = Deadlines()
        self._tally = Tally()
        self._free_slots = list(reversed(range(limits.width)))
        self._running: dict[int, Sequence] = {}
        self._ordinary_running = 0
        self._beginning: dict[int, Sequence] = {}
        self._owners: dict[int, Sequence | Prefix] = {}
        self._to_clear: list[int] = []
        self._to_compact: list[int] = []
        self._steps = 0
        self._may_admit = True
        self._short_of_cells = False

    @property
    def idle(self) -> bool:
        """Whether nobody waits and nobody runs."""
        return not self._running and not len(self._queue)

    @property
    def running(self) -> tuple[Sequence, ...]:
        """The sequences that hold a slot, the one that was admitted first in front."""
        return tuple(self._running.values())

    @property
    def used(self) -> Cells:
        """Cells that are taken or promised."""
        return self._ledger.used

    @property
    def counters(self) -> Counters:
        """What happened so far."""
        waiting = [self._queue.count(priority) for priority in Priority]
        return self._tally.counters(waiting=waiting, running=len(self._running), used=self._ledger.used)

    def add(self, sequence: Sequence, tokens: Items[int], now: float) -> None:
        """Queue a sequence with the first tokens to feed behind its prefix. `now`: monotonic seconds.

        Raises:
            TooLongError: it can never fit.
            ValueError: there is nothing to feed, or more than is reserved.
        """
        if not tokens or len(tokens) > sequence.reserve:
            raise ValueError(
                f"sequence {sequence.id} has {len(tokens)} tokens to feed and reserves {sequence.reserve}"
            )
        needed = self._ledger.growing(len(sequence.prefix_tokens)) + self._ledger.growing(sequence.reserve)
        if not self._ledger.fits(needed, less=self._ledger.promised):
            raise TooLongError(
                f"policy, message and answer need room for {needed.base} tokens, the context has "
                f"{self._limits.cells.base}: a larger `engine.context` or a shorter policy helps"
            )
        sequence.tokens.extend(tokens)
        sequence.asked = now
        self._queue.add(sequence)
        self._deadlines.add(sequence)
        self._may_admit = True

    def feed(self, sequence: Sequence, tokens: Items[int]) -> None:
        """Say what a running sequence, whose output was read, feeds next.

        Raises:
            ValueError: it is more than was reserved for it, which would break the ledgers for all.
        """
        if len(sequence.tokens) + len(tokens) > sequence.reserve:
            raise ValueError(f"sequence {sequence.id} feeds more than the {sequence.reserve} tokens it reserved")
        sequence.tokens.extend(tokens)
        sequence.ready_step = self._steps

    def remove(self, sequence: Sequence) -> None:
        """Take a sequence out, finished or not, waiting or running; its cells are free from the next step on."""
        if sequence in self._queue:
            self._queue.withdraw(sequence)
            self._tally.cancelled += not sequence.overdue
        elif self._running.get(sequence.id) is sequence:
            self._tally.cancelled += sequence.pending > 0 and not sequence.overdue
            self._stop(sequence)
            self._short_of_cells = False
        else:
            return
        self._deadlines.remove(sequence)
        self._may_admit = True
        if sequence.charged:
            self._queue.give_back(sequence, sequence.charged - sequence.fed)

    def overdue(self, now: float) -> tuple[Sequence, ...]:
        """Sequences, waiting or running, whose deadline has passed since the last call. They are to be removed."""
        passed = self._deadlines.pop_passed(now)
        for sequence in passed:
            sequence.overdue = True
        self._tally.overdue += len(passed)
        return passed

    def step(self, now: float) -> Step | None:
        """Plan the next decode call; None when there is nothing to do. The one before it was run, or `refused`."""
        self._steps += 1
        self._settle_prefixes()
        self._admit(now)
        copies = self._begin()
        rows = tuple(self._batching.rows(self._steps, self._running.values(), self._prefixes.unfilled.values()))
        if not rows:
            return None
        step = Step(tuple(self._to_clear), tuple(self._to_compact), copies, rows)
        self._to_clear, self._to_compact = [], []
        self._tally.count_step(rows, len(self._running))
        return step

    def spent(self, step: Step, seconds: float) -> None:
        """Tell how long a step took, so that later ones can be weighed."""
        self._batching.cost.learn(step.tokens, seconds)

    def refused(self, step: Step) -> None:
        """Undo the last step, which the cache found no room for, and make some: an idle prefix, else a sequence.

        Nobody fails: the newest sequence of the lowest priority begins anew later. Until one of the others has
        ended nobody is admitted, since the ledgers promised more than there was.

        Raises:
            OutOfRoomError: there is nothing left to give.
        """
        self._tally.refused_steps += 1
        self._tally.count_step(step.rows, len(self._running), undo=True)
        for row in step.rows:
            self._undo(row)
        self._short_of_cells = True
        prefix = self._prefixes.evict_one()
        if prefix is not None:
            self._after_eviction(prefix)
        elif len(self._running) > 1:
            self._requeue(self._newest_of_the_lowest())
        else:
            raise OutOfRoomError("llama.cpp has no room for a single sequence that fits by the ledgers")

    def _undo(self, row: Row) -> None:
        owner = self._owners.get(row.slot)
        if isinstance(owner, Sequence):
            owner.fed = row.position - len(owner.prefix_tokens)
        elif owner is not None:
            owner.fed = row.position

    def _newest_of_the_lowest(self) -> Sequence:
        return max(reversed(self._running.values()), key=lambda sequence: sequence.ticket.priority)

    def _requeue(self, sequence: Sequence) -> None:
        self._tally.requeued += 1
        self._tally.refed_tokens += sequence.fed
        self._stop(sequence)
        sequence.fed = 0
        self._queue.put_back(sequence)
        self._may_admit = True

    def _admit(self, now: float) -> None:
        """Give slots to those whose turn it is, while there is room."""
        while self._may_admit and self._free_slots and not (self._short_of_cells and self._running):
            self._may_admit = self._admit_one(now)

    def _admit_one(self, now: float) -> bool:
        passed: list[Waiting] = []
        bar = EVERYBODY
        for waiting in islice(self._queue.in_order(now, self._with_slots()), LOOKAHEAD):
            if waiting.sequence.ticket.priority >= bar:
                continue
            if self._make_room(waiting.sequence):
                for other in passed:
                    other.overtaken += 1
                self._start(waiting, now)
                return True
            passed.append(waiting)
            bar = min(bar, _bar(waiting))
        return False

    def _with_slots(self) -> tuple[Priority, ...]:
        """The priorities that there are slots for: a few are kept for interactive ones."""
        if self._ordinary_running < self._limits.width - self._limits.interactive_slots:
            return tuple(Priority)
        return (Priority.INTERACTIVE,)

    def _make_room(self, sequence: Sequence) -> bool:
        """Whether there are cells for it, and for its prefix if that is not there; evicts what nobody uses."""
        known = self._prefixes.get(sequence.prefix_key)
        prefix = NOTHING if known else self._ledger.growing(len(sequence.prefix_tokens))
        need = self._ledger.growing(sequence.reserve) + prefix
        evicted = self._prefixes.make_room(need, slot=known is None, keep=sequence.prefix_key)
        for victim in evicted or ():
            self._after_eviction(victim)
        return evicted is not None

    def _after_eviction(self, prefix: Prefix) -> None:
        self._tally.prefix_evictions += 1
        del self._owners[prefix.slot]
        self._to_clear.append(prefix.slot)
        if prefix.slot in self._to_compact:
            self._to_compact.remove(prefix.slot)
        self._may_admit = True

    def _start(self, waiting: Waiting, now: float) -> None:
        """Give a sequence its slot; there is room for it."""
        sequence = waiting.sequence
        prefix = self._prefix_for(sequence)
        self._prefixes.use(prefix, sequence, self._steps)
        self._ledger.take(self._ledger.growing(sequence.reserve))
        sequence.slot = self._free_slots.pop()
        self._owners[sequence.slot] = sequence
        self._running[sequence.id] = self._beginning[sequence.id] = sequence
        self._ordinary_running += sequence.ticket.priority is not Priority.INTERACTIVE
        self._tally.admitted[sequence.ticket.priority] += 1
        first_time = not sequence.charged
        self._queue.serve(waiting, sequence.reserve if first_time else 0)
        sequence.charged = sequence.reserve
        if first_time:
            sequence.admitted = now

    def _prefix_for(self, sequence: Sequence) -> Prefix:
        known = self._prefixes.get(sequence.prefix_key)
        if known is not None:
            self._tally.prefix_hits += 1
            return known
        self._tally.prefix_misses += 1
        if self._prefixes.was_evicted(sequence.prefix_key):
            self._tally.refed_tokens += len(sequence.prefix_tokens)
        prefix = self._prefixes.plan(sequence.prefix_key, sequence.prefix_tokens, self._steps)
        self._owners[prefix.slot] = prefix
        return prefix

    def _stop(self, sequence: Sequence) -> None:
        """Take a running sequence's slot and cells; those that are occupied are cleared with the next step."""
        del self._running[sequence.id], self._owners[sequence.slot]
        self._prefixes.release(sequence)
        self._ledger.give(self._ledger.growing(sequence.reserve))
        self._ordinary_running -= sequence.ticket.priority is not Priority.INTERACTIVE
        self._free_slots.append(sequence.slot)
        if sequence.began:
            self._to_clear.append(sequence.slot)
        self._beginning.pop(sequence.id, None)
        sequence.slot, sequence.began = -1, False

    def _settle_prefixes(self) -> None:
        """What the last step completed is whole; the window of a long one is cut down before it is copied."""
        for prefix in [prefix for prefix in self._prefixes.unfilled.values() if not prefix.pending]:
            self._prefixes.settle(prefix)
            self._may_admit = True
            if len(prefix.tokens) > self._limits.window:
                self._to_compact.append(prefix.slot)

    def _begin(self) -> tuple[tuple[int, int], ...]:
        """Let admitted sequences begin whose prefix is in the cache as a whole."""
        copies = []
        for sequence in list(self._beginning.values()):
            prefix = self._prefixes.get(sequence.prefix_key)
            assert prefix is not None
            if prefix.whole:
                copies.append((prefix.slot, sequence.slot))
                sequence.began = True
                sequence.ready_step = self._steps
                del self._beginning[sequence.id]
        return tuple(copies)


def _bar(waiting: Waiting) -> int:
    """Priorities from this number on may not pass a candidate for which there is no room."""
    if waiting.overtaken >= OVERTAKEN_BY_ANY:
        return 0
    priority = waiting.sequence.ticket.priority
    if waiting.overtaken >= OVERTAKEN_AT_MOST:
        return priority
    return priority + 1 if priority is Priority.INTERACTIVE else EVERYBODY
