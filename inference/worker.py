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
from pathlib import Path
from typing import BinaryIO

from inference import answer, vocabulary
from inference.jobs import where
from inference.llama import Context, DecodeError, ModelError, open_context, open_model, room
from inference.model_file import ModelFileError, read_model_file
from inference.patience import Patience
from inference.prompt import load_harmony
from inference.scheduling.scheduler import Cells, Limits, OutOfRoomError, Row, Scheduler, Step
from inference.sizing import ContextPlan, DoesNotFit, plan_context, shape_of
from inference.vocabulary import VocabularyError
from inference.wire import Fatal, Ready, Setup, line, read_in_child
from inference.work_loop import Inbox, Walker, Worker

WARM_UP = tuple(range(1000, 2000, 62))
"""Tokens that have nothing in common, so that they ask different experts."""


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
    with open_model(Path(setup.model), gpu_layers=plan.wishes.gpu_layers) as model:
        if not vocabulary.is_kept(folder):
            vocabulary.keep(folder, model.token_texts(vocabulary.ORDINARY_TOKENS))
        harmony = load_harmony(folder)
        opened = open_context(model, plan, threads=setup.threads, backend_sampling=setup.backend_sampling)
        with opened as context:
            limits = _limits(context.plan)
            scheduler = Scheduler(limits)
            patience = Patience(scheduler.cost, limits)
            _warm_up(context, patience)
            ready = Ready(model_name=model.metadata("general.name"), plan=context.plan, patience=patience.seconds)
            outbox.write(line(ready))
            outbox.flush()
            Worker(context, scheduler, harmony, outbox, patience=patience, walk=walk).run(listen(sys.stdin.buffer))


def _plan(setup: Setup) -> ContextPlan:
    """Lay the context out by what memory is free, before the model is loaded: what cannot fit is said at once."""
    shape = shape_of(read_model_file(Path(setup.model)))
    there = room(setup.wishes.gpu_layers)
    wishes = setup.wishes if there.on_gpu else setup.wishes.model_copy(update={"gpu_layers": 0})
    return plan_context(shape, there.free_bytes, wishes)


def _warm_up(context: Context, patience: Patience) -> None:
    """Decode a few tokens before anybody waits for it.

    It shows that the model can be run at all, has a GPU load its programs, and tells how long steps may take. That
    is longer than any later one takes, so the scheduler, which learns what steps cost, does not hear of it.
    """
    begun = time.monotonic()
    context.run(Step((), (), (), (Row(0, WARM_UP, 0, None),)))
    patience.learn(len(WARM_UP), time.monotonic() - begun)
    context.clear()


def _limits(plan: ContextPlan) -> Limits:
    """A model without sliding windows keeps everything in its base cells: its second ledger is never short."""
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
