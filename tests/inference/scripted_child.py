"""A child that speaks the engine's protocol but has no model: it does what the ask's prefix key says.

Keys: "ok" answers, "die" ends the process, "deaf" ends it before the ask counts as taken in, "hang" stays silent
for ever, "refuse" refuses, "long" refuses for good, "defect" tells of one, "late" says that the deadline passed,
"garbage" writes what is no message, "endless" a line that does not end, "orphan" dies and leaves a process behind,
"closed" closes its output and lives on, "slow" answers after a moment, "beat" after two seconds of signs of life,
"slow step" after a silence that was announced, "wait" leaves an ask open, "grow" does so and takes 40 MB.

In the folder argv[1], the ids of cancelled asks go to the file "cancelled", and a line for each ask that comes to
"asked": id, priority, tenant, deadline. A file "broken" in there makes it fail to start.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from inference.answer import Answer
from inference.counters import Counters
from inference.sizing import ModelShape, Wishes, plan_context
from inference.wire import Ask, Beat, Cancel, Done, Fatal, Overdue, Ready, Refused, Taken, line, read_in_child
from policies.frozen import Frozen
from policies.verdict import Timing

SHAPE = ModelShape(
    blocks=2, window_every=2, window=128, cell_bytes=64, weights=10**6, embedding=10**5, head=10**5,
    vocabulary=201_088, width=64, expert_width=64, experts_used=4,
)  # fmt: skip
PLAN = plan_context(SHAPE, 10**9, Wishes(width=8, prefixes=16, step_tokens=512))
TIMING = Timing(queued=1.0, prefill=2.0, reasoning=3.0, answer=4.0)


def say(message: Frozen) -> None:
    sys.stdout.buffer.write(line(message))
    sys.stdout.buffer.flush()


def done(ask: Ask, text: str) -> None:
    answer = Answer(False, 0.1, 1.0, (), (), "", text, 1, cut=False, malformed=False)
    say(Done(id=ask.id, answer=answer, timing=TIMING))


grown: list[bytearray] = []


def serve(ask: Ask) -> None:  # noqa: C901 - a flat list of what a child can do wrong
    match ask.prefix_key:
        case "die" | "deaf":
            sys.stderr.write("something went wrong inside\n")
            sys.stderr.flush()
            os._exit(7)
        case "hang":
            time.sleep(600)
        case "refuse":
            say(Refused(id=ask.id, reason="makes no sense", final=False))
        case "long":
            say(Refused(id=ask.id, reason="much too long", final=True))
        case "defect":
            say(Refused(id=ask.id, reason="a defect", final=False, defect="KeyError < answer.py:1 walk"))
        case "late":
            say(Overdue(id=ask.id))
        case "slow step":
            say(Beat(counters=Counters(), patience=30.0))
            time.sleep(1.5)
            done(ask, "slow step")
        case "grow":
            grown.append(bytearray(b"x" * 40_000_000))
            say(Taken(id=ask.id))
        case "garbage":
            sys.stdout.write("this is no message\n")
            sys.stdout.flush()
        case "endless":
            sys.stdout.write("x" * 100_000)
            sys.stdout.flush()
            time.sleep(600)
        case "orphan":
            silent = subprocess.DEVNULL
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(15)"], stdin=silent, stdout=silent)
            os._exit(7)
        case "closed":
            os.close(sys.stdout.fileno())
            time.sleep(600)
        case "beat":
            for _ in range(14):
                time.sleep(0.15)
                say(Beat(counters=Counters(steps=14)))
            done(ask, "late")
        case "wait":
            pass
        case "slow":
            time.sleep(0.3)
            say(Beat(counters=Counters(steps=14)))
            done(ask, "slow")
        case _:
            done(ask, "ok")


def main() -> None:
    folder = Path(sys.argv[1])
    sys.stdin.buffer.readline()
    if (folder / "broken").exists():
        say(Fatal(reason="the model file is broken"))
        sys.exit(1)
    say(Ready(model_name="scripted", plan=PLAN))
    for data in sys.stdin.buffer:
        message = read_in_child(data)
        if isinstance(message, Ask):
            ticket = message.ticket
            with (folder / "asked").open("a") as asked:
                asked.write(f"{message.id} {ticket.priority.name} {ticket.tenant} {ticket.deadline}\n")
            if message.prefix_key != "deaf":
                say(Taken(id=message.id))
            serve(message)
        elif isinstance(message, Cancel):
            with (folder / "cancelled").open("a") as cancelled:
                cancelled.write(f"{message.id} ")
            say(Beat(counters=Counters()))


main()
