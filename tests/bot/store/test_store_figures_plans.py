"""Every question about figures is answered from an index, however old the guild is."""

import re
import sqlite3
from pathlib import Path

import pytest

from bot.store import figures_queries, open_store
from bot.store.sqlite import SqliteStore

QUERIES = {
    name: text for name, text in vars(figures_queries).items() if name.isupper() and not name.startswith("_")
}
FROM_AN_INDEX_ALONE = {"CARDS_OWED"}
"""The index holds what is owed and nothing else: going through it is the count."""


@pytest.mark.parametrize("name", sorted(set(QUERIES) - {"Final", "COUNTED"}))
async def test_no_table_is_gone_through(name: str, tmp_path: Path) -> None:
    async with open_store(tmp_path / "store.db") as store:
        assert isinstance(store, SqliteStore)
        plan = await store._writer.write(lambda db: planned(db, QUERIES[name]))
    scans = [line for line in plan if line.startswith("SCAN") and not _is_small(line)]
    assert scans == [] or name in FROM_AN_INDEX_ALONE, plan


def planned(db: sqlite3.Connection, query: str) -> list[str]:
    names = dict.fromkeys(re.findall(r":([a-z_]+)", query), "[1]")
    return [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", names)]


def _is_small(line: str) -> bool:
    """What a question itself brings along or has found by an index before."""
    return "VIRTUAL TABLE" in line or line.split()[1] in (
        "policy",
        "rule",
        "oldest",
        "(subquery-1)",
        "(subquery-2)",
    )
