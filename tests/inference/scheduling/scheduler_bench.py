"""A worker for tests of the scheduler, with a model of llama.cpp's caches to run the steps."""

from collections.abc import Iterator

import pytest

from inference.scheduling.scheduler import Cells, Limits, Row, Scheduler, Sequence, Step
from inference.scheduling.steps import interactive_slots
from inference.ticket import Priority, Ticket
from tests.inference.scheduling.cache_model import CacheModel, NoRoomError

WINDOW = 8
INTERACTIVE, LIVE, BACKFILL = Priority


class Bench:
    """A scheduler, the model of its caches, and sequences that decode so many tokens more."""

    def __init__(
        self,
        width: int = 3,
        prefixes: int = 2,
        cells: int = 400,
        step_tokens: int = 64,
        seconds: float = 0.01,
        window_cells: int = 10**6,
    ) -> None:
        slots = width + interactive_slots(width) + prefixes
        both = Cells(cells, min(window_cells, cells, WINDOW * slots + step_tokens))
        self.limits = Limits(width, prefixes, both, step_tokens, WINDOW)
        self.scheduler = Scheduler(self.limits)
        self.model = CacheModel(both, WINDOW)
        self.now = 0.0
        self.seconds = seconds
        self.more: dict[int, int] = {}
        self.first_output: dict[int, float] = {}
        self.finished: list[int] = []

    def add(
        self,
        number: int,
        prefix: str = "policy",
        private: int = 4,
        more: int = 2,
        priority: Priority = LIVE,
        tenant: int = 0,
        deadline: float | None = None,
    ) -> Sequence:
        tokens = tuple(map(ord, prefix))
        sequence = Sequence(number, prefix, tokens, private + more, Ticket(priority, tenant, deadline))
        self.scheduler.add(sequence, [1000 + number] * private, self.now)
        self.more[number] = more
        return sequence

    def plan(self) -> Step:
        step = self.scheduler.step(self.now)
        assert step is not None
        return step

    def read(self, step: Step) -> None:
        """What the worker does once a step was run."""
        self.now += self.seconds
        for row in step.rows:
            if row.sequence is None:
                continue
            self.first_output.setdefault(row.sequence.id, self.now)
            if self.more[row.sequence.id]:
                self.more[row.sequence.id] -= 1
                self.scheduler.feed(row.sequence, [7])
            else:
                self.scheduler.remove(row.sequence)
                self.finished.append(row.sequence.id)

    def step(self) -> Step:
        step = self.plan()
        self.model.run(step)
        self.read(step)
        return step

    def run(self, most: int = 5_000) -> Iterator[Step]:
        """Until nobody is left."""
        for _ in range(most):
            if self.scheduler.idle:
                return
            yield self.step()
        raise AssertionError("the scheduler did not come to an end")

    def run_all(self) -> list[Step]:
        return list(self.run())


def rows_of(steps: list[Step], slots: range) -> list[Row]:
    return [row for step in steps for row in step.rows if row.slot in slots]


def refuse(bench: Bench) -> Step:
    step = bench.plan()
    with pytest.raises(NoRoomError):
        bench.model.run(step, refuse=True)
    bench.scheduler.refused(step)
    return step
