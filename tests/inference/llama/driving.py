"""Steps by hand, and whole jobs through the real scheduler on a real context."""

import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.llama import Context, DecodeRefused
from inference.scheduling.scheduler import Cells, Limits, Row, Scheduler, Sequence, Step
from tests.inference.llama.tiny_model import VOCABULARY
from tests.inference.scheduling.cache_model import CacheModel

Logits = NDArray[np.float32]
SOMEBODY = Sequence(0, "", (), 1)
"""Asks for an output in steps that are made by hand."""


def tokens(random: np.random.Generator, count: int) -> tuple[int, ...]:
    return tuple(random.integers(0, VOCABULARY, count).tolist())


def decode(context: Context, *rows: tuple[int, tuple[int, ...], int]) -> list[Logits]:
    """Rows of (slot, tokens, position of the first); a copy of the logits after each."""
    step = Step((), (), (), tuple(Row(slot, fed, position, SOMEBODY) for slot, fed, position in rows))
    return [output.logits.copy() for output in context.run(step)]


def feed(context: Context, slot: int, fed: tuple[int, ...], position: int = 0) -> Logits:
    """All tokens of one slot, in chunks; the logits after the last."""
    most = context.plan.step_tokens
    for start in range(0, len(fed), most):
        (logits,) = decode(context, (slot, fed[start : start + most], position + start))
    return logits


def prepare(
    context: Context,
    *,
    clear: tuple[int, ...] = (),
    compact: tuple[int, ...] = (),
    copy: tuple[tuple[int, int], ...] = (),
    row: tuple[int, tuple[int, ...], int],
) -> Logits:
    slot, fed, position = row
    (output,) = context.run(Step(clear, compact, copy, (Row(slot, fed, position, SOMEBODY),)))
    return output.logits.copy()


def resident_bytes() -> int:
    """Main memory that this process holds at the moment."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Job:
    """A text whose answer is known beforehand, so that two runs feed the same tokens whatever the logits say."""

    prefix_key: str
    prefix: tuple[int, ...]
    private: tuple[int, ...]
    answer: tuple[int, ...]
    outputs: list[Logits] = field(default_factory=list)
    """After the private tokens, and after each of the answer."""


class Driver:
    """The worker's part: steps the scheduler and the context, and the model of the cache beside it."""

    def __init__(self, context: Context, *, believed: Cells | None = None) -> None:
        plan = context.plan
        cells = Cells(plan.cells, plan.window_cells)
        self.context = context
        self.scheduler = Scheduler(
            Limits(plan.width, plan.prefixes, believed or cells, plan.step_tokens, plan.shape.window)
        )
        self.cache = CacheModel(cells, plan.shape.window)
        self.refused = 0
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._sequences: dict[int, Sequence] = {}
        self._now = 0.0

    def add(self, job: Job) -> int:
        number = next(self._numbers)
        sequence = Sequence(number, job.prefix_key, job.prefix, len(job.private) + len(job.answer))
        self._jobs[number], self._sequences[number] = job, sequence
        self.scheduler.add(sequence, job.private, self._now)
        return number

    def cancel(self, number: int) -> None:
        """Take a job out, finished or not, and forget it."""
        del self._jobs[number]
        self.scheduler.remove(self._sequences.pop(number))

    def step(self) -> bool:
        """One step; False when there is nothing left to do."""
        self._now += 0.01
        step = self.scheduler.step(self._now)
        if step is None:
            return False
        self.cache.prepare(step)
        try:
            outputs = self.context.run(step)
        except DecodeRefused:
            self.refused += 1
            self.scheduler.refused(step)
            return True
        self.cache.decode(step.rows)
        sequences = [row.sequence for row in step.rows if row.sequence is not None]
        for sequence, output in zip(sequences, outputs, strict=True):
            self._advance(sequence, output.logits.copy())
        return True

    def finish(self) -> None:
        for _ in range(10_000):
            if not self.step():
                return
        raise AssertionError("it never ends")

    def check_positions(self) -> None:
        """llama.cpp holds what the model of its cache says."""
        for slot in range(self.context.plan.slots):
            assert self.context.positions(slot) == self.cache.positions(slot), f"slot {slot}"

    def _advance(self, sequence: Sequence, logits: Logits) -> None:
        job = self._jobs[sequence.id]
        fed = len(sequence.tokens) - len(job.private)
        if fed == len(job.outputs):  # one that began anew repeats what it had
            job.outputs.append(logits)
        if fed == len(job.answer):
            self.cancel(sequence.id)
        else:
            self.scheduler.feed(sequence, job.answer[fed : fed + 1])
