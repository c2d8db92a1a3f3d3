"""The process that `crash_campaign.py` kills: it writes through the real store and tells what was acknowledged.

Started as `crash_writer.py DATABASE [FAULT]`. Each number on standard input forks a writer (the modules are loaded
once, so a round starts in milliseconds), which prints `pid N`, then a line per acknowledgement until it is killed.
The end of a round is printed as `end`. A FAULT breaks the store on purpose, to show that the campaign sees it.
"""

import asyncio
import os
import random
import sqlite3
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.case import CaseFile, CaseState
from bot.ports import LeaseLost, Store
from bot.store import open_store, writer
from bot.store.connection import Work
from bot.store.rows import to_micros
from bot.store.writer import Outcome
from tests.bot.store.samples import START, decision, policy, suspected, verdict

GUILDS = range(1, 6)
LEASE = timedelta(milliseconds=50)
"""Short: the jobs of a killed process come back in the next round."""


def acknowledge(*words: object) -> None:
    """One write of less than PIPE_BUF bytes: it arrives whole or not at all."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def record(store: Store, numbers: "range") -> None:
    for number in numbers:
        guild = random.choice(GUILDS)
        for text in ("first", "edited")[: random.randint(1, 2)]:
            seen = suspected(number, f"{text} {'x' * random.randint(1, 3000)}", guild, ("harassment", "spam"))
            case_id = await store.record(seen)
            acknowledge("recorded", case_id, seen.message.digest)
        await store.advance(guild, {5: number})
        acknowledge("scanned", guild, number)


async def judge(store: Store) -> None:
    while True:
        for claim in await store.claim(random.randint(1, 4), LEASE):
            seed = random.getrandbits(40)
            try:
                await store.finish(claim, verdict(random.choice([True, False, None]), seed))
            except LeaseLost:
                continue
            acknowledge("judged", claim.job_id, seed)
        await asyncio.sleep(0)


async def card(store: Store, case: CaseFile) -> None:
    """Hang up a case's card, once, and find its message gone."""
    if case.card is None or case.card.message_id is None:
        number = random.getrandbits(40) + 1
        await store.begin_card(case.id, 5)
        await store.card_shown(case.id, case.version, number)
        acknowledge("carded", case.id, number)
    at = START + timedelta(microseconds=random.getrandbits(40))
    if await store.note_deletion(case.guild_id, [case.message.id], at):
        acknowledge("deleted", case.id, to_micros(at))


async def decide(store: Store) -> None:
    while True:
        async for case in store.cases(CaseState.OPEN, CaseState.DECIDED):
            await card(store, case)
            moderator = random.getrandbits(40) + 1
            made, first = await store.decide(decision(case.id, moderator))
            if first:
                acknowledge("decided", case.id, made.moderator_id)
            if await store.settle(case.id, enforced=True, outcome=str(moderator)):
                acknowledge("settled", case.id, moderator)
        await asyncio.sleep(0)


async def write(database: Path, number: int) -> None:
    async with open_store(database) as store:
        for guild in GUILDS:
            await store.keep_policy(guild, policy("harassment"))
            await store.keep_policy(guild, policy("spam"))
        start = number * 1_000_000
        recorders = [record(store, range(start + k, start + 1_000_000, 4)) for k in range(1, 5)]
        await asyncio.gather(*recorders, judge(store), judge(store), decide(store))


def acknowledge_before_commit(db: sqlite3.Connection, works: Sequence[Work[Any]]) -> list[Outcome]:
    """A fault: the answers leave at once, and only every few groups is there a commit."""
    if db.in_transaction and random.random() < 0.3:
        db.execute("COMMIT")
    if not db.in_transaction:
        db.execute("BEGIN IMMEDIATE")
    return [writer._run_apart(db, work) for work in works]


def without_transaction(db: sqlite3.Connection, works: Sequence[Work[Any]]) -> list[Outcome]:
    """A fault: every statement is committed by itself."""
    return [Outcome(work(db)) for work in works]


FAULTS = {"acknowledge-before-commit": acknowledge_before_commit, "without-transaction": without_transaction}


def main() -> None:
    database, *fault = sys.argv[1:]
    if fault:
        writer.commit_together = FAULTS[fault[0]]
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            acknowledge("pid", os.getpid())
            random.seed()
            asyncio.run(write(Path(database), int(line)))
        os.waitpid(pid, 0)
        acknowledge("end")


if __name__ == "__main__":
    main()
