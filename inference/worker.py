"""The engine's child process: one thread steps the scheduler and the model, another reads what is asked.

It ends when its standard input does, so it never outlives its parent. Run by `inference.engine`.
"""

import os
import queue
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inference import vocabulary
from inference.answer import Logits, Output, Walk, walk
from inference.llama import Context, ContextOptions, ModelError, open_context, open_model
from inference.prompt import Harmony, load_harmony
from inference.scheduler import Scheduler, Sequence, TooLongError
from inference.vocabulary import VocabularyError
from inference.wire import Ask, Beat, Cancel, Done, Fatal, Ready, Refused, Setup, line, read_in_child
from policies.frozen import Frozen

BEAT_SECONDS = 1.0

Inbox = queue.SimpleQueue[Ask | Cancel | None]
"""What is asked of the worker; None closes it."""


@dataclass(frozen=True, slots=True)
class _Row:
    """An `Output` over one row of logits."""

    logits: Logits

    @property
    def greedy(self) -> int:
        return int(self.logits.argmax())


class Worker:
    """Answers asks until told to stop. Lives in one thread, the only one that touches the model."""

    def __init__(self, context: Context, scheduler: Scheduler, harmony: Harmony, outbox: BinaryIO) -> None:
        self._context = context
        self._scheduler = scheduler
        self._harmony = harmony
        self._outbox = outbox
        self._walks: dict[int, tuple[Sequence, Walk]] = {}
        self._last_beat = 0.0

    def run(self, inbox: Inbox) -> None:
        """Step as long as there is work, wait as long as there is none, return when the inbox closes."""
        while self._receive(inbox):
            step = self._scheduler.step()
            if step is None:
                continue
            outputs = iter(self._context.run(step))
            for row in step.rows:
                if row.sequence is not None:
                    self._advance(row.sequence, _Row(next(outputs)))
            self._beat()

    def _receive(self, inbox: Inbox) -> bool:
        """Take in everything that has arrived; block only when there is nothing else to do."""
        while True:
            try:
                message = inbox.get(block=self._scheduler.idle)
            except queue.Empty:
                return True
            if message is None:
                return False
            if isinstance(message, Ask):
                self._start(message)
            else:
                self._drop(message.id)

    def _start(self, ask: Ask) -> None:
        answer = walk(ask.question, self._harmony)
        sequence = Sequence(ask.id, ask.prefix_key, ask.prefix, reserve=ask.question.most_tokens)
        try:
            self._scheduler.add(sequence, next(answer).tokens)
        except TooLongError as error:
            self._send(Refused(id=ask.id, reason=str(error)))
            return
        self._walks[ask.id] = (sequence, answer)

    def _advance(self, sequence: Sequence, output: Output) -> None:
        _, answer = self._walks[sequence.id]
        try:
            self._scheduler.feed(sequence, answer.send(output).tokens)
        except StopIteration as finished:
            self._drop(sequence.id)
            self._send(Done(id=sequence.id, answer=finished.value))

    def _drop(self, ask_id: int) -> None:
        """Forget an ask; one that is not known has been answered while its cancellation was on the way."""
        if ask_id in self._walks:
            sequence, answer = self._walks.pop(ask_id)
            answer.close()
            self._scheduler.remove(sequence)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._last_beat >= BEAT_SECONDS:
            self._last_beat = now
            self._send(Beat())

    def _send(self, message: Frozen) -> None:
        self._outbox.write(line(message))
        self._outbox.flush()


def main() -> int:
    """Load what the first line of standard input names, then answer what the others ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the parent, which then ends us
    outbox = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints must not look like an answer
    setup = read_in_child(sys.stdin.buffer.readline())
    assert isinstance(setup, Setup)
    try:
        _work(setup, outbox)
    except (ModelError, VocabularyError, OSError) as error:
        outbox.write(line(Fatal(reason=str(error))))
        outbox.flush()
        return 1
    return 0


def _work(setup: Setup, outbox: BinaryIO) -> None:
    folder = Path(setup.vocabulary)
    with open_model(Path(setup.model), gpu_layers=setup.gpu_layers) as model:
        if not vocabulary.is_kept(folder):
            vocabulary.keep(folder, model.token_texts(vocabulary.ORDINARY_TOKENS))
        harmony = load_harmony(folder)
        with open_context(model, _context_options(setup)) as context:
            scheduler = Scheduler(
                width=setup.width, prefixes=setup.prefixes, cells=setup.cells, step_tokens=setup.step_tokens
            )
            outbox.write(line(Ready(model_name=model.metadata("general.name"))))
            outbox.flush()
            Worker(context, scheduler, harmony, outbox).run(listen(sys.stdin.buffer))


def _context_options(setup: Setup) -> ContextOptions:
    return ContextOptions(
        slots=setup.width + setup.prefixes,
        cells=setup.cells,
        step_tokens=setup.step_tokens,
        threads=setup.threads,
        gpu_layers=setup.gpu_layers,
    )


def listen(source: BinaryIO) -> Inbox:
    """Read what is asked in a thread of its own; the end of the source closes the inbox."""
    inbox: Inbox = queue.SimpleQueue()

    def read() -> None:
        try:
            for data in source:
                message = read_in_child(data)
                if not isinstance(message, Setup):
                    inbox.put(message)
        finally:  # also when a parent that was killed left half a line behind: the child must not outlive it
            inbox.put(None)

    threading.Thread(target=read, name="inbox", daemon=True).start()
    return inbox


if __name__ == "__main__":
    sys.exit(main())
