"""Anything may happen to the scheduler at any moment, and llama.cpp always has room for its steps."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inference.scheduling.scheduler import (
    Cells,
    Limits,
    OutOfRoomError,
    Row,
    Scheduler,
    Sequence,
    Step,
    TooLongError,
)
from inference.scheduling.steps import interactive_slots
from inference.ticket import Priority, Ticket
from tests.inference.scheduling.cache_model import CacheModel, NoRoomError

MOST_STEPS = 3_000


class SchedulerMachine(RuleBasedStateMachine):
    """The worker's part, played at random, with a model of the caches for llama.cpp."""

    @initialize(
        width=st.integers(1, 5),
        prefixes=st.integers(1, 3),
        window=st.integers(2, 9),
        base=st.integers(30, 110),
        more_tokens=st.integers(0, 20),
        tight=st.booleans(),
    )
    def start(self, width: int, prefixes: int, window: int, base: int, more_tokens: int, tight: bool) -> None:
        step_tokens = width + interactive_slots(width) + more_tokens
        sized = min(base, window * (width + interactive_slots(width) + prefixes) + step_tokens)
        cells = Cells(base, max(2 * window + step_tokens, sized // 2) if tight else sized)
        self.limits = Limits(width, prefixes, cells, step_tokens, window)
        self.scheduler = Scheduler(self.limits)
        self.model = CacheModel(cells, window)
        self.now = 100.0
        self.ids = 0
        self.to_come: dict[int, int] = {}
        """Tokens that each sequence is still to feed after those it was given."""
        self.sequences: dict[int, Sequence] = {}
        self.told: set[int] = set()

    @rule(
        prefix=st.integers(0, 4),
        private=st.integers(1, 24),
        answer=st.integers(0, 12),
        unused=st.integers(0, 8),
        priority=st.sampled_from(Priority),
        tenant=st.integers(0, 2),
        deadline=st.sampled_from([None, None, 3.0, 50.0]),
    )
    def add(
        self,
        prefix: int,
        private: int,
        answer: int,
        unused: int,
        priority: Priority,
        tenant: int,
        deadline: float | None,
    ) -> None:
        self.ids += 1
        tokens = tuple(1000 * prefix + i for i in range((0, 3, 8, 14, 25)[prefix]))
        ticket = Ticket(priority, tenant, deadline)
        sequence = Sequence(self.ids, f"prefix {prefix}", tokens, private + answer + unused, ticket)
        try:
            self.scheduler.add(sequence, [10_000 * self.ids + i for i in range(private)], self.now)
        except TooLongError:
            return
        self.sequences[self.ids] = sequence
        self.to_come[self.ids] = answer

    @rule(seconds=st.sampled_from([0.1, 2.0, 70.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for sequence in self.scheduler.overdue(self.now):
            assert sequence.ticket.deadline is not None
            assert self.now >= sequence.asked + sequence.ticket.deadline
            assert sequence.id not in self.told, "each is told once"
            self.told.add(sequence.id)
            self.drop(sequence)

    @precondition(lambda self: self.sequences)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.drop(self.sequences[data.draw(st.sampled_from(sorted(self.sequences)))])

    @rule(times=st.integers(1, 6), fed_at_once=st.integers(1, 4))
    def run(self, times: int, fed_at_once: int) -> None:
        for _ in range(times):
            self.step_once(fed_at_once)

    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        """The cache refuses a step, and while that is told somebody is withdrawn."""
        step = self.plan()
        if step is None:
            return
        before = self.positions_fed(step)
        try:
            self.model.run(step, refuse=True)
        except NoRoomError:
            if self.sequences and data.draw(st.sampled_from([False, True])):
                self.cancel(data)
            self.tell_refused(step)
        for sequence, fed in before.items():
            assert sequence.id not in self.sequences or sequence.fed in (fed, 0), "a refused step was not run"

    def tell_refused(self, step: Step) -> None:
        counted = self.scheduler.counters
        running, evicted, requeued = counted.running, counted.prefix_evictions, counted.requeued
        try:
            self.scheduler.refused(step)
        except OutOfRoomError:
            assert running <= 1, "one of several can always begin anew"
            return
        counted = self.scheduler.counters
        assert (counted.prefix_evictions - evicted) + (counted.requeued - requeued) == 1, "one thing is given up"
        assert set(self.sequences) == self.known(), "a refusal fails nobody"

    def plan(self) -> Step | None:
        step = self.scheduler.step(self.now)
        if step is None:
            assert self.scheduler.idle, "the scheduler must not stall while there is work"
            return None
        rows = [row for row in step.rows if row.sequence is not None]
        assert step.tokens <= self.limits.step_tokens
        assert len(rows) <= self.limits.sequences, "one output for each sequence"
        return step

    def step_once(self, fed_at_once: int) -> bool:
        step = self.plan()
        if step is None:
            return False
        self.model.run(step)
        self.now += 0.01
        self.scheduler.spent(step, 0.005 + 0.001 * step.tokens)
        for row in step.rows:
            if row.sequence is not None:
                self.read_output(row, row.sequence, fed_at_once)
        return True

    def read_output(self, row: Row, sequence: Sequence, fed_at_once: int) -> None:
        assert sequence.id in self.sequences, "nobody who is gone has an output"
        assert self.model.tokens(row.slot) == [*sequence.prefix_tokens, *sequence.tokens], "all was fed, in order"
        more = min(fed_at_once, self.to_come[sequence.id])
        if not more:
            self.drop(sequence)
            return
        self.to_come[sequence.id] -= more
        self.scheduler.feed(sequence, [10_000 * sequence.id + len(sequence.tokens) + i for i in range(more)])

    def drop(self, sequence: Sequence) -> None:
        self.scheduler.remove(sequence)
        del self.sequences[sequence.id]

    def positions_fed(self, step: Step) -> dict[Sequence, int]:
        by_slot = {sequence.slot: sequence for sequence in self.scheduler.running}
        return {
            by_slot[row.slot]: row.position - len(by_slot[row.slot].prefix_tokens)
            for row in step.rows
            if row.slot in by_slot
        }

    def known(self) -> set[int]:
        counters = self.scheduler.counters
        waiting = counters.waiting
        assert counters.running + waiting.interactive + waiting.live + waiting.backfill == len(self.sequences)
        return {number for number, s in self.sequences.items() if s.slot >= 0 or s in self.scheduler._queue}

    @invariant()
    def promises_fit_and_slots_are_whole(self) -> None:
        if not hasattr(self, "scheduler"):
            return
        used = self.scheduler.used
        assert 0 <= used.base <= self.limits.cells.base
        assert 0 <= used.window <= self.limits.cells.window
        slots = [sequence.slot for sequence in self.scheduler.running] + self.scheduler._residents._free_slots
        assert sorted(slots) == list(range(self.limits.sequences)), "no slot is lost or given twice"
        assert set(self.sequences) == self.known()
        ordinary = [s for s in self.scheduler.running if s.ticket.priority is not Priority.INTERACTIVE]
        assert len(ordinary) <= self.limits.width

    def teardown(self) -> None:
        """Everybody is served, and then every cell can be had by somebody who needs them all."""
        if not hasattr(self, "scheduler"):
            return
        self.serve_all()
        window, step_tokens = self.limits.window, self.limits.step_tokens
        prefix = tuple(range(5_000_000, 5_000_000 + self.limits.cells.base // 2))
        whole = self.limits.cells.base - len(prefix)
        if self.limits.cells.window < 2 * window + step_tokens:
            return
        last = Sequence(0, "the last", prefix, whole)
        self.scheduler.add(last, list(range(whole)), self.now)
        self.sequences[0], self.to_come[0] = last, 0
        self.serve_all()
        counters = self.scheduler.counters
        assert self.model.occupied.base == self.limits.cells.base, "all cells were his"
        assert counters.base_cells == len(prefix)
        assert counters.cancelled + counters.overdue <= self.ids

    def serve_all(self) -> None:
        for _ in range(MOST_STEPS):
            if not self.step_once(2):
                break
        assert not self.sequences, "everybody is served"


SchedulerMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestEverythingAtAnyMoment = SchedulerMachine.TestCase
