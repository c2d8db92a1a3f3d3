"""A database that an earlier schema wrote, with everything there could be in it, goes on under today's."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.case import Action, AuthorRecord, CaseState, JobState
from bot.ports import Store
from bot.store import open_store
from bot.store.migration import migrate, migrations
from bot.store.rows import to_micros
from inference.prefilter.budget.audit import Tally
from tests.bot.store.samples import GUILD, LEASE, START, Clock, decision, message, policy, suspicion, verdict

ADD_CASE = "INSERT INTO case_file (id, guild_id, message_id, state, opened_at) VALUES (?, 7, ?, ?, ?)"
ADD_REVISION = "INSERT INTO revision VALUES (?, ?, ?, ?, '[]', 0)"
ADD_JOB = """
INSERT INTO job (case_id, revision, version_id, suspicion, state, tag, token, leased_until, violation, verdict)
VALUES (?, ?, 1, ?, ?, 1.0, ?, ?, ?, ?)
"""
ADD_DECISION = "INSERT INTO decision VALUES (?, ?, 'delete', ?, ?, 'clear', ?, ?, ?)"
"""As the first version of the store wrote them."""


def old_message(number: int, text: str, author_id: int) -> str:
    """A message as it was stored before messages knew when their author had joined."""
    stored: dict[str, Any] = json.loads(message(number, text, author_id=author_id).model_dump_json())
    del stored["joined_at"]
    return json.dumps(stored)


def old_verdict(violation: bool | None) -> str:
    """A verdict as it was stored before a model could look twice and before times were kept."""
    stored: dict[str, Any] = json.loads(verdict(violation).model_dump_json())
    del stored["first_look"], stored["timing"]
    return json.dumps(stored)


class FirstSchema:
    """Writes what the store wrote under schema 1."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        migrate(db, migrations()[:1])
        db.execute("INSERT INTO guild (id, tag) VALUES (7, 9.0)")
        db.execute("INSERT INTO watermark VALUES (7, 5, 100)")
        kept = (GUILD, "harassment", policy().digest, policy().model_dump_json())
        db.execute("INSERT INTO policy_version VALUES (1, ?, ?, ?, ?, 0)", kept)
        db.execute("INSERT INTO policy_in_force VALUES (7, 'harassment', 1)")

    def case(self, number: int, state: CaseState, author_id: int, *violations: bool | None) -> None:
        """A case with one judged, or one leased (None), job per revision."""
        self._db.execute(ADD_CASE, (number, 100 + number, state, to_micros(START)))
        for revision, violation in enumerate(violations, 1):
            text = f"revision {revision}"
            digest = message(100 + number, text).digest
            self._db.execute(ADD_REVISION, (number, revision, digest, old_message(100 + number, text, author_id)))
            judged = (None, None, violation, old_verdict(violation))
            ends = ("judging", "token", to_micros(START), None, None) if violation is None else ("judged", *judged)
            self._db.execute(ADD_JOB, (number, revision, suspicion().model_dump_json(), *ends))

    def decision(self, number: int, revision: int, moderator_id: int, enforced: bool | None) -> None:
        outcome = None if enforced is None else f"outcome {revision}"
        word = (number, revision, moderator_id, to_micros(START), enforced, outcome, to_micros(START))
        self._db.execute(ADD_DECISION, word)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Cases by id: 1 waits, 2 cleared, 3 open, 4 decided, 5 enforced, 6 failed, 7 decided twice, 8 open again."""
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        old = FirstSchema(db)
        old.case(1, CaseState.JUDGING, 2**62, None)
        old.case(2, CaseState.CLEARED, 51, False)
        for number, state in enumerate(
            [CaseState.OPEN, CaseState.DECIDED, CaseState.ENFORCED, CaseState.FAILED], 3
        ):
            old.case(number, state, 52, True)
        old.decision(4, 1, 1, None)
        old.decision(5, 1, 1, True)
        old.decision(6, 1, 1, False)
        old.case(7, CaseState.FAILED, 53, True, False, True)
        old.decision(7, 3, 2, False)  # not in order: it is their revisions that tell it
        old.decision(7, 1, 1, True)
        old.case(8, CaseState.OPEN, 53, True, True)
        old.decision(8, 1, 1, True)
    return path


async def everything(store: Store) -> dict[int, Any]:
    return {case.id: case async for case in store.cases(*CaseState)}


async def test_every_case_is_what_it_was(path: Path) -> None:
    async with open_store(path) as store:
        found = await everything(store)
    assert {number: case.state for number, case in found.items()} == {
        1: CaseState.JUDGING,
        2: CaseState.CLEARED,
        3: CaseState.OPEN,
        4: CaseState.DECIDED,
        5: CaseState.ENFORCED,
        6: CaseState.FAILED,
        7: CaseState.FAILED,
        8: CaseState.OPEN,
    }
    assert [revision.content for revision in found[7].revisions] == ["revision 1", "revision 2", "revision 3"]
    assert [finding.state for finding in found[7].findings] == [JobState.JUDGED] * 3
    assert {(case.version, case.card, case.current, case.deleted_at) for case in found.values()} == {
        (1, None, None, None)
    }


async def test_decisions_keep_their_order_and_their_ends(path: Path) -> None:
    async with open_store(path) as store:
        found = await everything(store)
    assert (found[7].decision, found[7].outcome) == (decision(7, 2), "outcome 3")
    assert found[7].earlier_decisions == (decision(7, 1),)
    assert (found[8].decision, found[8].earlier_decisions) == (None, (decision(8, 1),))
    assert (found[5].decision, found[5].outcome) == (decision(5, 1), "outcome 1")
    assert (found[4].decision, found[4].outcome) == (decision(4, 1), None)


async def test_authors_are_known_from_the_messages(path: Path) -> None:
    async with open_store(path) as store:
        found = await everything(store)
    assert found[3].author_record == AuthorRecord(cases=3, acted_on=1)
    assert found[7].author_record == AuthorRecord(cases=1, acted_on=1)
    assert found[1].author_record == AuthorRecord()
    with closing(sqlite3.connect(path)) as db:
        authors = [row[0] for row in db.execute("SELECT author_id FROM case_file ORDER BY id")]
    assert authors == [2**62, 51, 52, 52, 52, 52, 53, 53]


async def test_open_cases_owe_a_card_and_no_others(path: Path) -> None:
    async with open_store(path) as store:
        assert [case.id for case in await store.cards_owed(GUILD, 10)] == [3, 8]


async def test_work_goes_on(path: Path, clock: Clock) -> None:
    clock.pass_by(LEASE)
    async with open_store(path, clock=clock) as store:
        (claim,) = await store.claim(5, LEASE)
        assert await store.finish(claim, verdict(True)) is CaseState.OPEN
        assert await store.settle(4, enforced=True, outcome="deleted")
        second = decision(6, 9, Action.TIMEOUT).model_copy(update={"timeout": timedelta(hours=1)})
        assert await store.decide(second) == (second, True)
        assert (await store.case(6)).earlier_decisions == (decision(6, 1),)
        assert await store.note_deletion(GUILD, [105], START) == [5]
        assert await store.watermarks(GUILD) == {5: 100}


async def test_nothing_refers_to_what_is_not_there(path: Path) -> None:
    async with open_store(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM decision").fetchone() == (6,)
        assert db.execute(
            "SELECT name FROM sqlite_schema WHERE name LIKE 'decision%' AND type <> 'trigger' ORDER BY 1"
        ).fetchall() == [
            ("decision",),
            ("decision_pending",),
        ]


async def test_jobs_of_the_second_schema_are_no_random_checks_and_keep_their_turn(
    path: Path, clock: Clock
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(db, migrations()[:2])
        for number, tag in ((11, 3.0), (12, 2.0)):
            add_waiting(db, number, tag)
    clock.pass_by(LEASE)
    async with open_store(path, clock=clock) as store:
        assert (await store.job_counts())[JobState.QUEUED] == 2
        assert [claim.case_id for claim in await store.claim(5, LEASE, audits=0)] == [1, 12, 11]
        assert await store.waiting_audits() == 0
        assert await store.traffic() == []
        assert await store.tally(GUILD, "harassment", policy().digest) == Tally()


def add_waiting(db: sqlite3.Connection, number: int, tag: float) -> None:
    """A case of one job that waits, as the second schema had it."""
    said = old_message(100 + number, "hm", 55)
    db.execute(
        "INSERT INTO case_file (id, guild_id, message_id, state, opened_at, author_id)"
        " VALUES (?, 7, ?, 'queued', 0, 55)",
        (number, 100 + number),
    )
    db.execute("INSERT INTO revision VALUES (?, 1, ?, ?, '[]', 0)", (number, f"digest {number}", said))
    job = "INSERT INTO job (case_id, revision, version_id, suspicion, tag) VALUES (?, 1, 1, ?, ?)"
    db.execute(job, (number, suspicion().model_dump_json(), tag))
