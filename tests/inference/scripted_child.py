"""A child that speaks the engine's protocol but has no model: it does what the ask's prefix key says.

Keys: "ok" answers, "die" ends the process, "hang" stays silent for ever, "refuse" refuses, "garbage" writes
what is no message, "endless" writes a line that does not end, "orphan" dies and leaves a process behind,
"closed" closes its output and lives on, "slow" answers after a moment, "beat" after two seconds of signs of life,
"wait" leaves an ask open. Cancelled ids go to the file "cancelled" in the folder argv[1]. A file "broken" in there
makes it fail to start.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from inference.answer import Answer
from inference.wire import Ask, Beat, Cancel, Done, Fatal, Ready, Refused, line, read_in_child
from policies.frozen import Frozen


def say(message: Frozen) -> None:
    sys.stdout.buffer.write(line(message))
    sys.stdout.buffer.flush()


def answer(text: str) -> Answer:
    return Answer(False, 0.1, 1.0, (), (), "", text, 1, cut=False, malformed=False)


def serve(ask: Ask) -> None:  # noqa: C901 - a flat list of what a child can do wrong
    match ask.prefix_key:
        case "die":
            sys.stderr.write("something went wrong inside\n")
            sys.stderr.flush()
            os._exit(7)
        case "hang":
            time.sleep(600)
        case "refuse":
            say(Refused(id=ask.id, reason="much too long"))
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
                say(Beat())
            say(Done(id=ask.id, answer=answer("late")))
        case "wait":
            pass
        case "slow":
            time.sleep(0.3)
            say(Beat())
            say(Done(id=ask.id, answer=answer("slow")))
        case _:
            say(Done(id=ask.id, answer=answer("ok")))


def main() -> None:
    folder = Path(sys.argv[1])
    sys.stdin.buffer.readline()
    if (folder / "broken").exists():
        say(Fatal(reason="the model file is broken"))
        sys.exit(1)
    say(Ready(model_name="scripted"))
    for data in sys.stdin.buffer:
        message = read_in_child(data)
        if isinstance(message, Ask):
            serve(message)
        elif isinstance(message, Cancel):
            with (folder / "cancelled").open("a") as cancelled:
                cancelled.write(f"{message.id} ")


main()
