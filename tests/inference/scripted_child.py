"""A child that speaks the engine's protocol but has no model: it does what the ask's prefix key says.

Keys: "ok" answers, "die" ends the process, "deaf" ends it before the ask counts as taken in, "hang" stays silent
for ever, "refuse" refuses, "long" refuses for good, "defect" tells of one, "late" says that the deadline passed,
"garbage" writes what is no message, "endless" a line that does not end, "orphan" dies and leaves a process behind,
"closed" closes its output and lives on, "slow" answers after a moment, "beat" after two seconds of signs of life,
"slow step" after a silence that was announced, "wait" leaves an ask open, "grow" does so and takes 40 MB.

In the folder argv[1], the ids of cancelled asks go to the file "cancelled", and a line for each ask that comes to
"asked": id, priority, tenant, deadline. A file "broken" in there makes it fail to start. Its sentences are taken
from the file "sentences", which the tests write with the engine's own classes: so it need not import them, and
starts at once.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
SENTENCES = json.loads((FOLDER / "sentences").read_text())
PRIORITIES = ("INTERACTIVE", "LIVE", "BACKFILL")


def say(kind: str, **changes: Any) -> None:
    sentence = {**SENTENCES[kind], **changes}
    sys.stdout.buffer.write(json.dumps(sentence).encode() + b"\n")
    sys.stdout.buffer.flush()


def done(ask: dict[str, Any], text: str) -> None:
    say("done", id=ask["id"], answer={**SENTENCES["done"]["answer"], "analysis": text})


def beat() -> None:
    say("beat", counters={**SENTENCES["beat"]["counters"], "steps": 14})


grown: list[bytearray] = []


def serve(ask: dict[str, Any]) -> None:  # noqa: C901 - a flat list of what a child can do wrong
    match ask["prefix_key"]:
        case "die" | "deaf":
            sys.stderr.write("something went wrong inside\n")
            sys.stderr.flush()
            os._exit(7)
        case "hang":
            time.sleep(600)
        case "refuse":
            say("refused", id=ask["id"], why="makes no sense", final=False)
        case "long":
            say("refused", id=ask["id"], why="much too long", final=True)
        case "defect":
            say("refused", id=ask["id"], why="a defect", final=False, defect="KeyError < answer.py:1 walk")
        case "late":
            say("overdue", id=ask["id"])
        case "slow step":
            say("beat", patience=30.0)
            time.sleep(1.5)
            done(ask, "slow step")
        case "grow":
            grown.append(bytearray(b"x" * 40_000_000))
            say("taken", id=ask["id"])
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
                beat()
            done(ask, "late")
        case "wait":
            pass
        case "slow":
            time.sleep(0.3)
            beat()
            done(ask, "slow")
        case _:
            done(ask, "ok")


def take(ask: dict[str, Any]) -> None:
    ticket = ask["ticket"]
    with (FOLDER / "asked").open("a") as asked:
        asked.write(f"{ask['id']} {PRIORITIES[ticket['priority']]} {ticket['tenant']} {ticket['deadline']}\n")
    if ask["prefix_key"] != "deaf":
        say("taken", id=ask["id"])
    serve(ask)


def main() -> None:
    sys.stdin.buffer.readline()
    if (FOLDER / "broken").exists():
        say("fatal", reason="the model file is broken")
        sys.exit(1)
    say("ready")
    for data in sys.stdin.buffer:
        message = json.loads(data)
        if message["kind"] == "ask":
            take(message)
        elif message["kind"] == "cancel":
            with (FOLDER / "cancelled").open("a") as cancelled:
                cancelled.write(f"{message['id']} ")
            say("beat")


main()
