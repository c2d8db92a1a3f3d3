"""How many cases a second the store takes in and gets judged, alone and with many callers at once.

    python benchmarks/store_throughput.py [FOLDER]

FOLDER is where the database is made (a fast or slow disk matters); without it, the system's temporary folder.
Every figure is the median of three runs, with the lowest and the highest.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.case import Message, Suspected
from bot.ports import Store
from bot.store import open_store
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Effort, Policy, Rule
from policies.verdict import Verdict

GUILDS = 100
RECORDS = {1: 300, 100: 5_000, 500: 10_000}
"""{callers at once: cases}"""
CLAIMS = {1: 300, 16: 3_200, 64: 8_000}
POLICY = Policy(id="harassment", title="Harassment", goal="Be kind.", rules=(Rule(id="H1", text="Insults."),))
TEXT = "you loser " * 60


def suspected(number: int) -> Suspected:
    """A flagged message of 600 characters."""
    evidence = Evidence(kind=EvidenceKind.KEYWORD, name="loser", start=4, end=9, quote="loser")
    message = Message(
        id=number,
        guild_id=1 + number % GUILDS,
        channel_id=1,
        author_id=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        content=TEXT,
    )
    return Suspected(message=message, suspicions=(Suspicion(policy_id=POLICY.id, evidence=(evidence,)),))


def cleared() -> Verdict:
    """A verdict without a violation."""
    return Verdict(
        violation=False,
        probability=0.1,
        effort=Effort.LOW,
        tokens=20,
        milliseconds=100.0,
        policy_digest=POLICY.digest,
        model_digest="0" * 64,
        model_name="none",
        prompt_version=1,
        seed=0,
    )


async def record(store: Store, together: int, cases: int, first: int) -> float:
    """Cases a second."""
    messages = [suspected(first + number) for number in range(cases)]
    begun = time.perf_counter()
    for start in range(0, cases, together):
        await asyncio.gather(*(store.record(one) for one in messages[start : start + together]))
    return cases / (time.perf_counter() - begun)


async def judge(store: Store, together: int, jobs: int) -> float:
    """Jobs a second, claimed and finished."""
    verdict = cleared()
    begun = time.perf_counter()
    for _ in range(0, jobs, together):
        claims = await store.claim(together, timedelta(minutes=1))
        await asyncio.gather(*(store.finish(claim, verdict) for claim in claims))
    return jobs / (time.perf_counter() - begun)


async def run(folder: Path) -> dict[str, float]:
    """One run on a new database."""
    figures: dict[str, float] = {}
    async with open_store(folder / "throughput.sqlite3") as store:
        for guild_id in range(1, GUILDS + 1):
            await store.keep_policy(guild_id, POLICY)
        first = 1
        for together, cases in RECORDS.items():
            figures[f"record, {together} at once"] = await record(store, together, cases, first)
            first += cases
        for together, jobs in CLAIMS.items():
            figures[f"claim and finish, {together} at once"] = await judge(store, together, jobs)
    return figures


def main() -> None:
    parent = sys.argv[1] if len(sys.argv) > 1 else None
    runs = []
    for _ in range(3):
        with tempfile.TemporaryDirectory(dir=parent) as folder:
            runs.append(asyncio.run(run(Path(folder))))
    for name in runs[0]:
        values = [figures[name] for figures in runs]
        print(f"{name:30} {statistics.median(values):7,.0f}/s   ({min(values):,.0f} to {max(values):,.0f})")


if __name__ == "__main__":
    main()
