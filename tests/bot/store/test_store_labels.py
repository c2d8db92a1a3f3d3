"""Labels on SQLite: what its statements cost, and what an answer to an appeal makes of a decision's labels."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.case import Action
from bot.records.labels import LabelSource
from bot.store import label_queries, label_rows, open_store
from bot.store.sqlite import SqliteStore
from tests.bot.store.samples import GUILD, START, Clock, policy
from tests.bot.store.steps import ended, opened

STATEMENTS = [name for name in vars(label_queries) if name.isupper()]


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    async with open_store(tmp_path / "store.db", clock=clock) as opened_store:
        assert isinstance(opened_store, SqliteStore)
        await opened_store.keep_policy(GUILD, policy())
        yield opened_store


@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_statement_about_labels_looks_through_a_table(store: SqliteStore, name: str) -> None:
    query = getattr(label_queries, name)

    def explain(db: sqlite3.Connection) -> list[str]:
        names = ("guild", "policy", "message", "case", "draw", "moderator", "limit", "among", "since", "before")
        more = ("source", "stratum", "digest", "violates", "labelled_at", "labeller", "rule", "verdict", "answer")
        rest = ("probability", "rules", "revision", "asked", "channel", "drawn_at", "author", "now")
        values = dict.fromkeys((*names, *more, *rest), 1)
        return [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", values)]

    scans = [step for step in await store._reading.run(explain) if step.startswith("SCAN")]
    assert set(scans) <= {"SCAN newest", "SCAN fresh", "SCAN drawn"}


@pytest.mark.parametrize("granted", [True, False])
async def test_an_answer_to_an_appeal_counts_instead_of_the_decision(store: SqliteStore, granted: bool) -> None:
    case_id = await opened(store)
    await ended(store, case_id, Action.DELETE)
    later = START + timedelta(days=1)
    await store._writer.write(lambda db: label_rows.label_appeal(db, case_id, granted, 901, later))
    assert {(label.source, label.violates) for label in await store.labels(GUILD)} == {
        (LabelSource.DECISION, True),
        (LabelSource.APPEAL, not granted),
    }
    (known,) = await store.labelled_texts(GUILD, "harassment", 10)
    assert known.label is not None
    assert (known.label.source, known.label.violates, known.label.labeller_id) == (
        LabelSource.APPEAL,
        not granted,
        901,
    )


async def test_what_was_said_on_an_appeal_stays_when_the_decision_is_taken_back(store: SqliteStore) -> None:
    case_id = await opened(store)
    await ended(store, case_id, Action.DELETE)
    await store._writer.write(lambda db: label_rows.label_appeal(db, case_id, True, 901, START))
    await ended(store, case_id, Action.UNDO)
    (label,) = await store.labels(GUILD)
    assert (label.source, label.violates) == (LabelSource.APPEAL, False)
