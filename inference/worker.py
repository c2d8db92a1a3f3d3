"""The engine's child process: one thread steps the scheduler and the model, another reads what is asked.

It ends when its standard input does, so it never outlives its parent. What waits in it is bounded by the parent,
which keeps no more than `EngineOptions.queue` asks in flight. Run by `inference.engine`.
"""

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from inference import answer, vocabulary
from inference.answer import Answer, Output, Question, Text, Walk
from inference.jobs import Job, where
from inference.judge import UnreadableAnswer
from inference.llama import DecodeError, DecodeRefused, ModelError, open_context, open_model, room
from inference.model_file import ModelFileError, read_model_file
from inference.patience import Patience
from inference.prompt import load_harmony
from inference.scheduler import Cells, Limits, OutOfRoomError, Scheduler, Step, TooLongError
from inference.sizing import ContextPlan, DoesNotFit, Wishes, plan_context, shape_of
from inference.steps import Sequence as Stream
from inference.vocabulary import VocabularyError
from inference.wire import (
    Ask,
    Beat,
    Cancel,
    Done,
    Fatal,
    Overdue,
    Ready,
    Refused,
    Setup,
    Taken,
    line,
    read_in_child,
)
from policies.frozen import Frozen

BEAT_SECONDS = 1.0
STALLED_SECONDS = 0.05
"""How long to wait for news when there are asks and yet nothing to do."""
Inbox = queue.SimpleQueue[tuple[Ask | Cancel, float] | None]
"""What is asked of the worker, and when it came; None closes it."""
Walker = Callable[[Question, Text], Walk]


class Decodes(Protocol):
    """A model's context, as `inference.llama.Context`."""

    def run(self, step: Step) -> Sequence[Output]:
        """Decode a step; an output for each row that has a sequence, in the order of the rows. Valid for one step.

        Raises:
            DecodeRefused: there is no room; the cache is as it was.
            DecodeError: anything else; the cache's state is unknown.
        """
        ...


class Worker:
    """Answers asks until told to stop. Lives in one thread, the only one that touches the model.

    An exception in one walk costs that ask its answer, and no other. One in the scheduler or the model ends the
    process: nobody knows what state they are in, and the next process is asked everything again.
    """

    def __init__(
        self,
        context: Decodes,
        scheduler: Scheduler,
        text: Text,
        outbox: BinaryIO,
        *,
        patience: Patience,
        walk: Walker = answer.walk,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._scheduler = scheduler
        self._text = text
        self._outbox = outbox
        self._walk = walk
        self._clock = clock
        self._jobs: dict[int, Job] = {}
        self._model_seconds = 0.0
        self._python_seconds = 0.0
        self._mark = clock()
        """Until when the time was counted."""
        self._last_beat = 0.0
        self._unsaid = False
        """Whether anything happened since the last beat."""
        self._stalled = False
        """Whether there are asks and nothing could be done for any of them."""
        self._patience = patience

    def run(self, inbox: Inbox) -> None:
        """Step as long as there is work, wait as long as there is none, return when the inbox closes."""
        while self._receive(inbox):
            now = self._clock()
            for late in self._scheduler.overdue(now):
                self._drop(late.id)
                self._send(Overdue(id=late.id))
            step = self._scheduler.step(now)
            self._stalled = step is None
            if step is not None:
                self._run(step)
                self._beat_if_due()

    def _receive(self, inbox: Inbox) -> bool:
        """Take in everything that has arrived; wait only when there is nothing else to do."""
        while True:
            try:
                arrived = self._next(inbox)
            except queue.Empty:
                return True
            if arrived is None:
                return False
            message, when = arrived
            if isinstance(message, Ask):
                self._start(message, when)
            else:
                self._drop(message.id)

    def _next(self, inbox: Inbox) -> "tuple[Ask | Cancel, float] | None":
        """The next message; queue.Empty if there is none and something else to do."""
        if not self._scheduler.idle:
            wait, self._stalled = self._stalled, False
            return inbox.get(timeout=STALLED_SECONDS) if wait else inbox.get_nowait()
        if self._unsaid:
            self._beat()
        arrived = inbox.get()
        self._mark = self._clock()
        return arrived

    def _start(self, ask: Ask, when: float) -> None:
        self._send(Taken(id=ask.id))
        reserve = ask.question.most_tokens
        sequence = Stream(ask.id, ask.prefix_key, ask.prefix, reserve=reserve, ticket=ask.ticket)
        with self._guarded(ask.id):
            walk = self._walk(ask.question, self._text)
            self._scheduler.add(sequence, next(walk).tokens, when)
            self._jobs[ask.id] = Job(sequence, walk, since=when)

    def _run(self, step: Step) -> None:
        """Decode a step and move the walks on that it has outputs for."""
        begun = self._count_python()
        try:
            outputs = self._context.run(step)
        except DecodeRefused:  # the cache is as it was: the scheduler makes room and plans anew
            self._scheduler.refused(step)
            return
        self._mark = now = self._clock()
        self._model_seconds += now - begun
        self._scheduler.spent(step, now - begun)
        self._patience.learn(step.tokens, now - begun)
        sequences = [row.sequence for row in step.rows if row.sequence is not None]
        for sequence, output in zip(sequences, outputs, strict=True):
            self._advance(self._jobs[sequence.id], output, now)

    def _advance(self, job: Job, output: Output, now: float) -> None:
        ask_id = job.sequence.id
        with self._guarded(ask_id):
            result = job.advance(output, now)
            if isinstance(result, Answer):
                self._drop(ask_id)
                self._send(Done(id=ask_id, answer=result, timing=job.timing))
            else:
                self._scheduler.feed(job.sequence, result)

    @contextmanager
    def _guarded(self, ask_id: int) -> Iterator[None]:
        """What goes wrong with one ask is told of that one, and the others go on."""
        try:
            yield
        except TooLongError as error:
            self._refuse(ask_id, str(error), final=True)
        except UnreadableAnswer as error:
            self._refuse(ask_id, str(error))
        except (MemoryError, OSError):  # of the process, not of this ask
            raise
        except Exception as defect:  # noqa: BLE001 - a defect in one walk; it reaches the log by way of the parent
            self._refuse(ask_id, f"a defect of the engine ({type(defect).__name__})", defect=where(defect))

    def _refuse(self, ask_id: int, reason: str, *, final: bool = False, defect: str = "") -> None:
        self._drop(ask_id)
        self._send(Refused(id=ask_id, reason=reason, final=final, defect=defect))

    def _drop(self, ask_id: int) -> None:
        """Forget an ask; one that is not known has been answered while its cancellation was on the way."""
        if job := self._jobs.pop(ask_id, None):
            job.walk.close()
            self._scheduler.remove(job.sequence)

    def _count_python(self) -> float:
        """Everything since the last mark was Python's doing; returns what time it is."""
        now = self._clock()
        self._python_seconds += now - self._mark
        self._mark = now
        return now

    def _beat_if_due(self) -> None:
        self._unsaid = True
        if self._mark - self._last_beat >= BEAT_SECONDS:
            self._beat()

    def _beat(self) -> None:
        self._last_beat, self._unsaid = self._count_python(), False
        seconds = {"model_seconds": self._model_seconds, "python_seconds": self._python_seconds}
        self._send(
            Beat(counters=self._scheduler.counters.model_copy(update=seconds), patience=self._patience.seconds)
        )

    def _send(self, message: Frozen) -> None:
        self._outbox.write(line(message))
        self._outbox.flush()


def main(walk: Walker = answer.walk) -> int:
    """Load what the first line of standard input names, then answer what the others ask.

    `walk` is how an answer is written: a benchmark may put in one of fixed length.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the parent, which then ends us
    outbox = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints must not look like an answer
    setup = read_in_child(sys.stdin.buffer.readline())
    assert isinstance(setup, Setup)
    try:
        _work(setup, outbox, walk)
    except BrokenPipeError:  # the parent is gone, and with it everybody who asked
        return 0
    except ModelFileError as error:
        return _end(outbox, f"{error}: {error.hint}")
    except (ModelError, DoesNotFit, VocabularyError, DecodeError, OutOfRoomError, OSError) as error:
        return _end(outbox, str(error))
    except Exception as defect:  # noqa: BLE001 - its message may quote a member: only its kind and place are told
        return _end(outbox, f"a defect: {where(defect)}")
    return 0


def _end(outbox: BinaryIO, reason: str) -> int:
    outbox.write(line(Fatal(reason=reason)))
    outbox.flush()
    return 1


def _work(setup: Setup, outbox: BinaryIO, walk: Walker) -> None:
    folder = Path(setup.vocabulary)
    plan = _plan(setup)
    with open_model(Path(setup.model), gpu_layers=setup.gpu_layers) as model:
        if not vocabulary.is_kept(folder):
            vocabulary.keep(folder, model.token_texts(vocabulary.ORDINARY_TOKENS))
        harmony = load_harmony(folder)
        with open_context(model, plan, threads=setup.threads) as context:
            outbox.write(line(Ready(model_name=model.metadata("general.name"))))
            outbox.flush()
            worker = Worker(
                context,
                Scheduler(_limits(context.plan)),
                harmony,
                outbox,
                patience=Patience(setup.step_tokens),
                walk=walk,
            )
            worker.run(listen(sys.stdin.buffer))


def _plan(setup: Setup) -> ContextPlan:
    """Lay the context out by what memory is free, before the model is loaded: what cannot fit is said at once."""
    shape = shape_of(read_model_file(Path(setup.model)))
    there = room(setup.gpu_layers)
    wishes = Wishes(
        width=setup.width,
        prefixes=setup.prefixes,
        step_tokens=setup.step_tokens,
        context=setup.cells,
        gpu_layers=setup.gpu_layers if there.on_gpu else 0,
    )
    return plan_context(shape, there.free_bytes, wishes)


def _limits(plan: ContextPlan) -> Limits:
    cells = Cells(plan.cells, plan.window_cells or plan.cells)
    return Limits(plan.width, plan.prefixes, cells, plan.step_tokens, plan.shape.window or plan.cells)


def listen(source: BinaryIO) -> Inbox:
    """Read what is asked in a thread of its own; the end of the source closes the inbox."""
    inbox: Inbox = queue.SimpleQueue()

    def read() -> None:
        try:
            for data in source:
                message = read_in_child(data)
                if not isinstance(message, Setup):
                    inbox.put((message, time.monotonic()))
        except ValueError:  # half a line, of a parent that was killed. What it says may be a member's text
            print("a line from the engine is no message", file=sys.stderr)  # noqa: T201 - the child's log
        finally:  # the child must not outlive its parent
            inbox.put(None)

    threading.Thread(target=read, name="inbox", daemon=True).start()
    return inbox


if __name__ == "__main__":
    sys.exit(main())
