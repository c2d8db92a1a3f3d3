"""Kills a writing process with SIGKILL again and again and looks for everything that was acknowledged.

    python -m tests.bot.store.crash_campaign ROUNDS [FAULT]

A hundred rounds use one database. Exit status 1 when something acknowledged is missing, or something is broken.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from bot.case import Message
from bot.store.key_file import NAME
from tests.bot.store.unsealing import attach_vault

TOGETHER = 100
"""Rounds on one database: it is read as a whole after each, so a larger one would cost more than it shows."""

Acknowledged: TypeAlias = tuple[str, int, str]
"""What was done, to which id, and what must be found there."""

FOUND = {
    "recorded": "SELECT case_id, message_digest(opened('revision.message', message)) FROM revision",
    "scanned": "SELECT guild_id, message_id FROM watermark",
    "judged": """
        SELECT id, json_extract(opened('job.verdict', verdict), '$.seed') FROM job WHERE verdict IS NOT NULL""",
    "carded": "SELECT id, card_message_id FROM case_file WHERE card_message_id IS NOT NULL",
    "deleted": "SELECT id, deleted_at FROM case_file WHERE deleted_at IS NOT NULL",
    "decided": "SELECT case_id, moderator_id FROM decision",
    "settled": "SELECT case_id, opened('decision.outcome', outcome) FROM decision WHERE enforced IS NOT NULL",
}
"""By what was done: the ids in the database and what is there."""

BROKEN = {
    "case without revision": "SELECT count(*) FROM case_file WHERE id NOT IN (SELECT case_id FROM revision)",
    "revision without all its jobs": """
        SELECT count(*) FROM revision AS flagged
        WHERE 2 <> (SELECT count(*) FROM job WHERE case_id = flagged.case_id AND revision = flagged.number)""",
    "job without case": "SELECT count(*) FROM job WHERE case_id NOT IN (SELECT id FROM case_file)",
    "decision without case": "SELECT count(*) FROM decision WHERE case_id NOT IN (SELECT id FROM case_file)",
    "decided case without decision": """
        SELECT count(*) FROM case_file
        WHERE state IN ('decided', 'enforced', 'failed') AND id NOT IN (SELECT case_id FROM decision)""",
    "case without author": "SELECT count(*) FROM case_file WHERE author_id = 0",
    "leased job in a case that is not judging": """
        SELECT count(*) FROM job JOIN case_file ON case_file.id = job.case_id
        WHERE job.state = 'judging' AND case_file.state IN ('queued', 'cleared')""",
    "foreign key violated": "SELECT count(*) FROM pragma_foreign_key_check",
}


class Writer:
    """The process that is killed, one fork of it per round."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def crash(self, number: int) -> list[Acknowledged]:
        """Let a fork write for some milliseconds, kill it, and return what it had acknowledged."""
        assert self._process.stdin
        print(number, file=self._process.stdin, flush=True)
        pid = int(self._line()[1])
        acknowledged = []
        if random.random() > 0.1:  # else: killed while it starts, the migration included
            acknowledged.append(self._line())
        time.sleep(random.uniform(0, 0.08))
        os.kill(pid, signal.SIGKILL)
        while (line := self._line()) != ["end"]:
            acknowledged.append(line)
        return [(what, int(number), value) for what, number, value in acknowledged]

    def _line(self) -> list[str]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the writing process has ended by itself")
        return line.split()


@contextmanager
def started(database: Path, fault: list[str]) -> Iterator[Writer]:
    program = [sys.executable, "-m", "tests.bot.store.crash_writer", str(database), *fault]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Writer(process)
        assert process.stdin
        process.stdin.close()


def problems(database: Path, acknowledged: list[Acknowledged]) -> Counter[str]:
    """What is missing or broken in a copy of the database: the next writer recovers the original by itself."""
    with TemporaryDirectory(dir=database.parent) as folder:
        for source in (database, Path(f"{database}-wal"), database.parent / NAME):
            if source.exists():
                shutil.copy(source, folder)
        with closing(sqlite3.connect(Path(folder) / database.name)) as db:
            if acknowledged:
                attach_vault(db, Path(folder))
                db.create_function("message_digest", 1, lambda said: Message.model_validate_json(said).digest)
            return _missing(db, acknowledged) + _broken(db)


def _missing(db: sqlite3.Connection, acknowledged: list[Acknowledged]) -> Counter[str]:
    missing: Counter[str] = Counter()
    for what in {what for what, _, _ in acknowledged}:
        found = {(number, str(value)) for number, value in db.execute(FOUND[what])}
        highest = {number: int(value) for number, value in found} if what == "scanned" else {}
        for _, number, value in (ack for ack in acknowledged if ack[0] == what):
            is_there = highest.get(number, 0) >= int(value) if highest else (number, value) in found
            missing[f"{what}, acknowledged and lost"] += not is_there
    return +missing


def _broken(db: sqlite3.Connection) -> Counter[str]:
    broken: Counter[str] = Counter()
    (broken["integrity_check"],) = (row[0] != "ok" for row in db.execute("PRAGMA integrity_check(1)"))
    if db.execute("PRAGMA user_version").fetchone()[0]:
        broken.update({name: db.execute(query).fetchone()[0] for name, query in BROKEN.items()})
    return +broken


def campaign(rounds: int, fault: list[str]) -> Counter[str]:
    """Kill `rounds` times on one database; return what was found to be wrong, with how often."""
    wrong: Counter[str] = Counter()
    everything: list[Acknowledged] = []
    with TemporaryDirectory() as folder:
        database = Path(folder) / "store.db"
        with started(database, fault) as writer:
            for number in range(rounds):
                acknowledged = writer.crash(number)
                wrong += problems(database, acknowledged)
                everything += acknowledged
        wrong += problems(database, everything)
    counts = Counter(what for what, _, _ in everything)
    summary = f"{rounds} kills, {len(everything)} acknowledged: {dict(counts)}; wrong: {dict(wrong) or 'nothing'}"
    sys.stdout.write(f"{summary}\n")
    sys.stdout.flush()
    return wrong


def main() -> None:
    rounds, *fault = sys.argv[1:]
    batches = [min(TOGETHER, int(rounds) - done) for done in range(0, int(rounds), TOGETHER)]
    wrong = sum((campaign(batch, fault) for batch in batches), Counter[str]())
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
