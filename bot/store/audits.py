"""Random checks of what nothing suspected. One that finds no violation leaves its count and nothing else."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable

from bot.store import cases, rows, tallies
from bot.store import tally_queries as queries
from inference.prefilter.budget.audit import Tally

DRAWN = Tally(drawn=1)


def turn(db: sqlite3.Connection) -> float:
    """The place in the queue of a random check that is drawn now: among its like it is first come, first served,
    and its guild's next suspicion is not served any later for it."""
    return float(db.execute(queries.FLOOR).fetchone()["floor"])


def count_answer(db: sqlite3.Connection, job: sqlite3.Row, violation: bool | None) -> None:
    """Count what the judge said of a job; None: its answer could not be read."""
    if job["audit"]:
        said = {True: Tally(missed=1), False: Tally(cleared=1), None: Tally(unsure=1)}
        tallies.add(db, job["version_id"], said[violation])
    elif job["tallied"] and violation:
        tallies.add(db, job["version_id"], Tally(confirmed=1))


def give_up(db: sqlite3.Connection, jobs: Iterable[sqlite3.Row]) -> None:
    """Let go of those of these jobs that are random checks: no answer came after every try."""
    for job in jobs:
        if job["audit"]:
            count_answer(db, job, None)
            let_go(db, job)


def let_go(db: sqlite3.Connection, job: sqlite3.Row) -> bool:
    """Forget a random check, with the message if nothing else is about it; whether its case is left."""
    db.execute(queries.FORGET_JOB, {"job": job["id"]})
    return bool(_without_empty(db, [job["case_id"]]))


def drop_waiting(db: sqlite3.Connection) -> int:
    """Forget the random checks that wait, as if they had never been drawn; how many they were."""
    dropped = db.execute(queries.DROP_WAITING_AUDITS).fetchall()
    for version_id, number in Counter(row["version_id"] for row in dropped).items():
        tallies.add(db, version_id, Tally(drawn=-number))
    _without_empty(db, {row["case_id"] for row in dropped})
    return len(dropped)


def waiting(db: sqlite3.Connection, *, audit: bool) -> int:
    """How many random checks wait, or how many jobs that are none."""
    return int(db.execute(queries.COUNT_WAITING, {"audit": audit}).fetchone()["number"])


def _without_empty(db: sqlite3.Connection, case_ids: Collection[int]) -> set[int]:
    """Forget those of the cases that are about nothing any more; those that are left, brought up to date."""
    emptied = db.execute(queries.FORGET_CASES_WITHOUT_JOBS, {"cases": rows.to_ids(case_ids)}).fetchall()
    left = set(case_ids) - {row["id"] for row in emptied}
    if left:
        cases.refresh(db, left, news=True)
    return left
