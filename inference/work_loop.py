"""The loop of the engine's child: take in what is asked, step the model, move walks on, say what came of it."""

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from inference import answer
from inference.answer import Answer, Question, Text, Walk
from inference.jobs import Job, where
from inference.judge import UnreadableAnswer
from inference.llama import DecodeRefused
from inference.output import Output
from inference.patience import Patience
from inference.scheduling.scheduler import Scheduler, Step, TooLongError
from inference.scheduling.steps import Sequence as Stream
from inference.wire import Ask, Beat, Cancel, Done, Overdue, Refused, Taken, line
from policies.frozen import Frozen
from policies.phrases import Phrase, phrase

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
        while True:
            self._drop_overdue()  # also before the inbox is read: the parent cancels what is late, and late it was
            if not self._receive(inbox):
                return
            self._drop_overdue()
            step = self._scheduler.step(self._clock())
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
            self._unsaid = True  # every message is followed by a sign of life, also one about an ask that is gone
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
        # A key that is used for other tokens by mistake must not have a text judged under another policy.
        key = f"{ask.prefix_key} {hash(ask.prefix)}"
        sequence = Stream(ask.id, key, ask.prefix, reserve=reserve, ticket=ask.ticket)
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
            self._refuse(ask_id, error.why, final=True)
        except UnreadableAnswer as error:
            self._refuse(ask_id, error.why)
        except (MemoryError, OSError):  # of the process, not of this ask
            raise
        except Exception as defect:  # noqa: BLE001 - a defect in one walk; it reaches the log by way of the parent
            why = phrase("a defect of the engine ({kind})", kind=type(defect).__name__)
            self._refuse(ask_id, why, defect=where(defect))

    def _refuse(self, ask_id: int, why: Phrase, *, final: bool = False, defect: str = "") -> None:
        self._drop(ask_id)
        self._send(Refused(id=ask_id, why=why, final=final, defect=defect))

    def _drop(self, ask_id: int) -> None:
        """Forget an ask; one that is not known has been answered while its cancellation was on the way."""
        if job := self._jobs.pop(ask_id, None):
            job.walk.close()
            self._scheduler.remove(job.sequence)
            self._unsaid = True

    def _drop_overdue(self) -> None:
        for late in self._scheduler.overdue(self._clock()):
            self._drop(late.id)
            self._send(Overdue(id=late.id))

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
