"""A context without a model: it says what scripts say, takes the time that it is told, and refuses when told."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from inference import answer, wire
from inference.llama import DecodeRefused
from inference.output import Output
from inference.patience import Patience
from inference.prompt import Harmony
from inference.scheduling.scheduler import Cells, Limits, Scheduler, Step
from inference.wire import Ask, Cancel, FromChild
from inference.work_loop import Inbox, Walker, Worker
from tests.inference.scripted_logits import NOTHING, Row

LIMITS = Limits(width=4, prefixes=2, cells=Cells(4096, 4096), step_tokens=64, window=128)


@dataclass
class Clock:
    """Seconds that pass when somebody says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class ScriptedContext:
    """Steps take `seconds` each on the clock. `script[id]` are a sequence's outputs; then all tokens are alike."""

    script: dict[int, list[Row]]
    clock: Clock
    seconds: float = 1.0
    refuse: set[int] = field(default_factory=set)
    """Numbers of steps that find no room."""
    meanwhile: dict[int, Callable[[], None]] = field(default_factory=dict)
    """What happens during the step of that number."""
    steps: list[Step] = field(default_factory=list)

    def run(self, step: Step) -> Sequence[Output]:
        number = len(self.steps)
        self.steps.append(step)
        self.clock.now += self.seconds
        if happens := self.meanwhile.get(number):
            happens()
        if number in self.refuse:
            raise DecodeRefused
        return [self._output(row.sequence.id) for row in step.rows if row.sequence is not None]

    def _output(self, sequence_id: int) -> Row:
        script = self.script.get(sequence_id)
        return script.pop(0) if script else NOTHING


@dataclass
class Bench:
    """A worker on a scripted context."""

    harmony: Harmony
    script: dict[int, list[Row]] = field(default_factory=dict)
    walk: Walker = answer.walk
    limits: Limits = LIMITS

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.context = ScriptedContext(self.script, self.clock)
        self.scheduler = Scheduler(self.limits)
        self.outbox = io.BytesIO()
        self.inbox: Inbox = Inbox()

    def put(self, message: Ask | Cancel) -> None:
        self.inbox.put((message, self.clock.now))

    def run(self) -> list[FromChild]:
        """Work until all that was asked has its result; returns what the worker said."""
        patience = Patience(self.scheduler.cost, self.limits)
        worker = Worker(
            self.context,
            self.scheduler,
            self.harmony,
            self.outbox,
            patience=patience,
            walk=self.walk,
            clock=self.clock,
        )
        worker.run(_Closing(self.inbox, self.scheduler))
        return [wire.read_in_parent(line) for line in self.outbox.getvalue().splitlines()]


class _Closing:
    """An inbox that closes when the worker would wait in it for ever."""

    def __init__(self, inbox: Inbox, scheduler: Scheduler) -> None:
        self._inbox = inbox
        self._scheduler = scheduler

    def get_nowait(self) -> object:
        return self._inbox.get_nowait()

    def get(self, timeout: float | None = None) -> object:  # noqa: ARG002 - an inbox's signature
        return None if self._inbox.empty() else self._inbox.get_nowait()
