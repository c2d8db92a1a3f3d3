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

import math
from collections.abc import Sequence as Items
from itertools import islice

from inference.scheduling.batching import Batching
from inference.scheduling.counters import Counters, Tally
from inference.scheduling.deadlines import Deadlines
from inference.scheduling.fair_queue import FairQueue, Waiting
from inference.scheduling.ledger import NOTHING, Cells, Ledger
from inference.scheduling.prefixes import Prefixes
from inference.scheduling.residents import Residents
from inference.scheduling.step_cost import StepCost
from inference.scheduling.steps import Limits, Row, Sequence, Step
from inference.ticket import Priority
from policies.phrases import Phrase, phrase

__all__ = ["Cells", "Counters", "Limits", "OutOfRoomError", "Row", "Scheduler", "Sequence", "Step", "TooLongError"]

LOOKAHEAD = 64
"""Candidates that are looked at for an admission."""
OVERTAKEN_AT_MOST = 8
"""Admissions of the same or a lower priority that may pass a candidate for which there is no room; then they wait.
Lower ones never pass an interactive candidate."""
OVERTAKEN_BY_ANY = 64
"""Admissions of any priority that may."""
BRISK_FOR_SECONDS = 300.0
"""Whoever asked interactively may well ask again: for so long steps are kept short."""
EVERYBODY = len(Priority)
"""All priorities are below this."""


class TooLongError(Exception):
    """The sequence cannot fit into the context, however empty it is."""

    def __init__(self, why: Phrase) -> None:
        super().__init__(str(why))
        self.why = why


class OutOfRoomError(Exception):
    """The cache refuses even a step of a single sequence: it does not hold what the ledgers say."""


class Scheduler:
    """Plans steps within `limits`. Not thread-safe: one thread owns it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ledger = Ledger(limits.cells, window=limits.window, step_tokens=limits.step_tokens)
        self._queue = FairQueue()
        self._tally = Tally()
        prefixes = Prefixes(range(limits.sequences, limits.slots), self._ledger, self._queue.wants)
        self._residents = Residents(limits, prefixes, self._ledger, self._tally)
        self._batching = Batching(limits)
        self._deadlines = Deadlines()
        self._steps = 0
        self._may_admit = True
        """Whether anything changed since nobody could be admitted."""
        self._short_of_cells = False
        """Whether a step was refused, and nobody has ended since."""
        self._last_interactive = -math.inf

    @property
    def idle(self) -> bool:
        """Whether nobody waits and nobody runs."""
        return not self._residents.running and not len(self._queue)

    @property
    def running(self) -> tuple[Sequence, ...]:
        """The sequences that hold a slot, the one that was admitted first in front."""
        return tuple(self._residents.running.values())

    @property
    def used(self) -> Cells:
        """Cells that are taken or promised."""
        return self._ledger.used

    @property
    def counters(self) -> Counters:
        """What happened so far."""
        waiting = [self._queue.count(priority) for priority in Priority]
        return self._tally.counters(waiting=waiting, running=len(self._residents.running), used=self._ledger.used)

    @property
    def cost(self) -> StepCost:
        """What steps take, as far as `spent` told."""
        return self._batching.cost

    def add(self, sequence: Sequence, tokens: Items[int], now: float) -> None:
        """Queue a sequence with the first tokens to feed behind its prefix. `now`: monotonic seconds.

        Raises:
            TooLongError: it can never fit.
            ValueError: there is nothing to feed, or more than is reserved.
        """
        if not tokens or len(tokens) > sequence.reserve:
            raise ValueError(
                f"sequence {sequence.id} reserves {sequence.reserve} tokens and has {len(tokens)} to feed"
            )
        needed = self._ledger.growing(len(sequence.prefix_tokens)) + self._residents.growing(sequence)
        if not self._ledger.fits(needed, less=self._ledger.promised):
            raise TooLongError(
                phrase(
                    "policy, message and answer need room for {needed} tokens, the context has {room}: a larger "
                    "`engine.context` or a shorter policy helps",
                    needed=needed.base,
                    room=self._limits.cells.base,
                )
            )
        sequence.tokens.extend(tokens)
        sequence.asked = now
        if sequence.ticket.priority is Priority.INTERACTIVE:
            self._last_interactive = now
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
        """Take a sequence out, finished or not, waiting or running; its cells are free from the next step on.

        One that was removed before is no error: it may be cancelled while its answer is on the way.
        """
        if sequence in self._queue:
            self._queue.withdraw(sequence)
            finished = False
        elif self._residents.running.get(sequence.id) is sequence:
            self._residents.stop(sequence)
            self._short_of_cells = False
            finished = not sequence.pending
        else:
            return
        self._tally.cancelled += not finished and not sequence.overdue
        self._deadlines.remove(sequence)
        self._queue.give_back(sequence, sequence.charged - sequence.fed if sequence.charged else 0)
        self._may_admit = True

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
        self._may_admit |= self._residents.settle_prefixes()
        self._admit(now)
        copies = self._residents.begin(self._steps)
        brisk = now - self._last_interactive < BRISK_FOR_SECONDS
        running, unfilled = self._residents.running.values(), self._residents.prefixes.unfilled.values()
        rows = tuple(self._batching.rows(self._steps, running, unfilled, brisk=brisk))
        if not rows:
            return None
        clear, compact = self._residents.take_orders()
        self._tally.count_step(rows, len(running))
        return Step(clear, compact, copies, rows)

    def spent(self, step: Step, seconds: float) -> None:
        """Tell how long a step took, so that later ones can be weighed."""
        self.cost.learn(step.tokens, seconds, outputs=step.outputs)

    def refused(self, step: Step) -> None:
        """Undo the last step, which the cache found no room for, and make some: an idle prefix, else a sequence.

        Nobody fails: the newest sequence of the lowest priority begins anew later. Until one of the others has
        ended nobody is admitted, since the ledgers promised more than there was.

        Raises:
            OutOfRoomError: there is nothing left to give.
        """
        self._tally.refused_steps += 1
        self._tally.take_back(step.rows)
        self._residents.undo(step.rows)
        self._short_of_cells = True
        self._may_admit = True
        if self._residents.evict_one():
            return
        if len(self._residents.running) < 2:
            raise OutOfRoomError("llama.cpp has no room for a single sequence that fits by the ledgers")
        self._requeue(self._newest_of_the_lowest()[0])

    def _newest_of_the_lowest(self) -> list[Sequence]:
        """Who runs, the lowest priority first, and within one the newest first."""
        newest_first = reversed(self._residents.running.values())
        return sorted(newest_first, key=lambda sequence: sequence.ticket.priority, reverse=True)

    def _requeue(self, sequence: Sequence) -> None:
        """Let a running sequence begin anew, before all who wait with its priority, with all that it was given."""
        self._tally.requeued += 1
        self._tally.refed_tokens += sequence.fed
        self._residents.stop(sequence)
        sequence.fed = 0
        self._queue.put_back(sequence)

    def _admit(self, now: float) -> None:
        """Give slots to those whose turn it is, while there is room."""
        if self._short_of_cells and self._residents.running:
            return
        while self._may_admit:
            self._may_admit = self._admit_one(now)

    def _admit_one(self, now: float) -> bool:
        """Let in the first in order for whom there is room; those before him were passed once more."""
        passed: list[Waiting] = []
        bar = EVERYBODY
        for waiting in islice(self._queue.in_order(now, self._residents.slots_for()), LOOKAHEAD):
            priority = waiting.sequence.ticket.priority
            if priority >= bar:
                continue
            if self._residents.make_room(waiting.sequence) or (
                priority is Priority.INTERACTIVE and bar == EVERYBODY and self._make_way(waiting.sequence)
            ):
                for other in passed:
                    other.overtaken += 1
                self._start(waiting, now)
                return True
            passed.append(waiting)
            bar = min(bar, _bar(waiting))
        return False

    def _make_way(self, sequence: Sequence) -> bool:
        """Find an interactive sequence a slot and cells in place of the newest of the lowest priorities.

        Those begin anew later. Nobody makes way twice, so nobody is kept from an answer.
        """
        victims: list[Sequence] = []
        given = NOTHING
        for victim in self._newest_of_the_lowest():
            if victim.keeps_slot or victim.ticket.priority is Priority.INTERACTIVE:
                continue
            victims.append(victim)
            given += self._residents.growing(victim)
            if self._residents.make_room(sequence, given):
                for made_way in victims:
                    made_way.keeps_slot = True
                    self._requeue(made_way)
                return True
        return False

    def _start(self, waiting: Waiting, now: float) -> None:
        """Let a sequence in; there is room for it. Its tenant pays for it once, and for a missing prefix."""
        sequence = waiting.sequence
        if sequence.ticket.priority is not Priority.INTERACTIVE and self._queue.count(Priority.INTERACTIVE):
            sequence.keeps_slot = True  # it passed an interactive one by right
        cost = 0 if sequence.charged else sequence.reserve
        if not self._residents.has_prefix(sequence):
            cost += len(sequence.prefix_tokens)
        self._queue.serve(waiting, cost)
        self._residents.start(sequence, self._steps)
        self._tally.admitted[sequence.ticket.priority] += 1
        if sequence.admitted is None:
            sequence.admitted = now
            sequence.charged = sequence.reserve


def _bar(waiting: Waiting) -> int:
    """Priorities from this number on may not pass a candidate for which there is no room."""
    if waiting.overtaken >= OVERTAKEN_BY_ANY:
        return 0
    priority = waiting.sequence.ticket.priority
    if waiting.overtaken >= OVERTAKEN_AT_MOST:
        return priority
    return priority + 1 if priority is Priority.INTERACTIVE else EVERYBODY
