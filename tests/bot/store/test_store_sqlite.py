"""What is particular to SQLite: the file, its settings, its plans, its errors."""

import asyncio
import logging
import os
import re
import sqlite3
import subprocess
import sys
import textwrap
import threading
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from functools import partial
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import bot.store as store_room
from bot.case import CaseState
from bot.ports import Store, StoreError, StoreUnavailable
from bot.store import UnusableDatabase, card_queries, guild_queries, open_store, queries, tally_queries
from bot.store import connection as connections
from bot.store.migration import APPLICATION_ID, Migration, migrate, migrations
from bot.store.sqlite import SqliteStore
from tests.bot.store.samples import GUILD, LEASE, SECRET, Clock, decision, policy, suspected, verdict

ROOT = Path(__file__).parents[3]

RELEASED = {
    1: "fa67dac49ea4e4299882ef376a8ade8e4a3bcc6b8ba29b5b300f502bce055988",
    2: "621083de27c48fb36c68bd917ebe0da590997bb81119e83c5fcc8f1b73dffad5",
    3: "cc97586e611e206a7831081fb5e92a94c8716d8fb9f9d023d124ae254f748566",
    4: "ef73153a080db323fd65facb1ee308473faf4c4f0e5bc93ef5ece7599aa70d86",
    5: "b558380c291969e707fc99622a0786961b5db49f55b6a23a181370e755c394a4",
    6: "ed6795619963834f6fd5f80aa89e3ab43c65af2a78f3923b0af2b2f463ad353f",
    7: "c2f6e6309a13d1e05be9a1b2b261f410718f8224d0d72a37780b2347be9983ab",
    8: "05050269f89c2c76a42619ec90a46ff1c4df75eb81dce52b32fa941af931f54a",
    9: "34e3452d3b672e7677b6c20d78ecf93d399c455754cef0159c0d90749687c3fb",
    10: "2875eca104cbfbd39a04044c6e6596f241ad5c1c9cd53150878cbf0f6a8dbb63",
    11: "11ec16087f7724ea655b715dd50b2edaec29966d04931869a73e8089f6b0956c",
    12: "1ed4c33c81815c18b98a39bf653410de5132382d69a30086abfffbb67009c294",
}
"""SHA-256 of the migrations: one that was released is never edited; write another."""


SCANS_ON_PURPOSE = {"guild_queries.GUILDS"}
"""Tested below, as is what counts."""
SMALL = {
    *("wanted", "author", "seen", "fact", "newest", "CONSTANT"),  # sets of ids, and what is made of them
    *("fairness", "owner", "sealing_key", "wiping"),  # a row or two
    *("traffic", "queue_line"),  # a row for each policy or guild
    *("item", "part", "sqlite_schema"),  # the schema
}
PARTIAL_INDEXES = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'"
"""Their size is that of what they are about: of a debt, of what waits."""
MODULES_OF_QUERIES = sorted(
    found.name for found in iter_modules(store_room.__path__) if found.name.endswith("queries")
)
"""All SQL that has a name, whoever wrote it: a new module is found by itself."""


def statements(module: str) -> Iterator[tuple[str, str]]:
    """A module's statements by their names, those for counting aside."""
    for name, statement in vars(import_module(f"bot.store.{module}")).items():
        is_one = name.isupper() and not name.startswith("_") and isinstance(statement, str)
        if is_one and "COUNT" not in name and f"{module}.{name}" not in SCANS_ON_PURPOSE:
            yield name, statement


def scans_a_table(plan: str, partial: set[str]) -> bool:
    """Whether a plan goes through something whose size nobody knows."""
    made = set(re.findall(r"(?:MATERIALIZE|CO-ROUTINE) (\S+)", plan))
    for scan in re.findall(r"SCAN .*", plan):
        of, index = scan.split()[1], scan.rpartition("INDEX ")[2].split()[0]
        if not (of in SMALL | made or "VIRTUAL TABLE" in scan or of.startswith("(") or index in partial):
            return True
    return False


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
async def store(path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    async with open_store(path, clock=clock) as opened:
        assert isinstance(opened, SqliteStore)
        await opened.keep_policy(GUILD, policy())
        yield opened


def size(path: Path) -> int:
    return path.stat().st_size


def content(path: Path) -> bytes:
    return path.read_bytes()


def spoil(path: Path, page: int) -> None:
    """Overwrite the first half of a page."""
    with path.open("r+b") as file:
        file.seek(page * 4096)
        file.write(b"\xa5" * 2048)


async def fill(store: Store, cases: int = 50) -> None:
    await asyncio.gather(*(store.record(suspected(n, f"{n} {SECRET * 40}")) for n in range(1, cases + 1)))


class TestFile:
    async def test_nobody_else_may_read_it(self, path: Path) -> None:
        before = os.umask(0)
        try:
            async with open_store(path) as store:
                await store.keep_policy(GUILD, policy())
                modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        finally:
            os.umask(before)
        assert modes == dict.fromkeys(("safeguild.key", "store.db", "store.db-wal", "store.db-shm"), 0o600)

    async def test_one_file_is_left_after_closing(self, store: SqliteStore, path: Path) -> None:
        await fill(store)
        async with open_store(path.parent / "other.db"):
            pass
        assert not (path.parent / "other.db-wal").exists()

    async def test_no_thread_is_left_after_closing(self, path: Path) -> None:
        before = set(threading.enumerate())
        async with open_store(path):
            ours = set(threading.enumerate()) - before
            assert len(ours) == 2
        await asyncio.sleep(0.1)  # a thread that has given its last answer ends a moment later
        assert not any(thread.is_alive() for thread in ours)

    async def test_no_thread_is_left_after_opening_failed(self, path: Path) -> None:
        before = threading.active_count()
        for _ in range(20):
            with pytest.raises(StoreUnavailable):
                async with open_store(path / "below" / "a-file"):
                    pass
            assert threading.active_count() == before

    async def test_both_connections_are_set_up_for_durability(self, store: SqliteStore) -> None:
        wanted = {
            "journal_mode": "wal",
            "synchronous": 2,  # FULL
            "foreign_keys": 1,
            "mmap_size": 0,
            "busy_timeout": 5000,
            "application_id": APPLICATION_ID,
            "wal_autocheckpoint": 1000,
            "secure_delete": 1,
        }

        def pragmas(db: sqlite3.Connection) -> dict[str, object]:
            return {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}

        assert await store._writer._connection.run(pragmas) == wanted
        assert await store._reading.run(pragmas) == wanted

    async def test_the_reading_connection_cannot_write(self, store: SqliteStore) -> None:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await store._reading.run(lambda db: db.execute("DELETE FROM watermark"))

    async def test_all_that_one_call_reads_is_of_one_moment(self, store: SqliteStore, path: Path) -> None:
        def count_twice(db: sqlite3.Connection) -> list[int]:
            count = "SELECT count(*) FROM watermark"
            before = db.execute(count).fetchone()[0]
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("INSERT INTO watermark VALUES (1, 2, 3)")
            return [before, db.execute(count).fetchone()[0]]

        assert await store._read(count_twice) == [0, 0]
        assert await store.watermarks(1) == {2: 3}

    async def test_the_log_of_writes_stays_bounded(self, store: SqliteStore, path: Path) -> None:
        for start in range(0, 2000, 100):
            await asyncio.gather(*(store.record(suspected(start + n, f"{n} {'x' * 9000}")) for n in range(1, 101)))
        assert size(path) > 15_000_000
        assert size(Path(f"{path}-wal")) < 10_000_000


class TestRefusals:
    async def refused(self, path: Path) -> str:
        with pytest.raises(StoreError) as caught:
            async with open_store(path):
                pass
        return f"{type(caught.value).__name__}: {caught.value}"

    async def test_a_newer_version(self, path: Path) -> None:
        async with open_store(path):
            pass
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 999")
        assert re.match(r"UnusableDatabase: .*newer Safeguild \(schema 999; .*backup", await self.refused(path))

    @pytest.mark.parametrize("mark", ["CREATE TABLE precious (n)", "PRAGMA application_id = 7"])
    async def test_another_programs_database_which_is_left_as_it_was(self, path: Path, mark: str) -> None:
        with closing(sqlite3.connect(path)) as db:
            db.execute(mark)
        before = content(path)
        assert "another program's database" in await self.refused(path)
        assert content(path) == before

    @pytest.mark.parametrize("junk", [b"no database" * 1000, b"\0" * 8192, b"SQLite format 3\0" + b"\xff" * 4096])
    async def test_a_file_that_is_no_database_which_is_left_as_it_was(self, tmp_path: Path, junk: bytes) -> None:
        path = self.written(tmp_path / "junk", junk)
        assert (await self.refused(path)).startswith("UnusableDatabase: ")
        assert content(path) == junk

    def written(self, path: Path, junk: bytes) -> Path:
        path.write_bytes(junk)
        return path

    async def test_a_folder_and_a_missing_folder(self, tmp_path: Path) -> None:
        assert re.match(r"StoreUnavailable: .*Is a directory.*Check the data folder", await self.refused(tmp_path))
        missing = tmp_path / "missing" / "store.db"
        assert re.match(r"StoreUnavailable: .*No such file", await self.refused(missing))

    async def test_an_sqlite_that_is_too_old(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
        assert re.match(r"UnusableDatabase: SQLite .* too old. Use a Python .*3\.37\.0", await self.refused(path))

    async def test_damage_is_told_as_damage(self, path: Path) -> None:
        async with open_store(path) as store:
            await store.keep_policy(GUILD, policy())
            await fill(store)
        whole = content(path)
        told = [await self.damage(path, self.written(path, whole), page) for page in range(len(whole) // 4096)]
        assert sum(told) > 10, "some pages are never read, most are"

    async def damage(self, path: Path, fresh: Path, page: int) -> bool:
        """Whether damage of this page was noticed; no error but the right one may come of it."""
        spoil(fresh, page)
        try:
            async with open_store(path) as store:
                async for _ in store.cases(*CaseState):
                    pass
                await store.claim(100, LEASE)
        except UnusableDatabase:
            return True
        return False


class TestMigrations:
    def test_they_are_numbered_without_a_gap(self) -> None:
        assert [step.number for step in migrations()] == list(range(1, len(migrations()) + 1))

    def test_released_ones_are_never_edited(self) -> None:
        digests = {step.number: sha256(step.script.encode()).hexdigest() for step in migrations()}
        assert digests == RELEASED

    def test_a_step_that_fails_leaves_the_version_before_it(self, path: Path) -> None:
        good = Migration(1, f"PRAGMA application_id = {APPLICATION_ID}; CREATE TABLE a (n);")
        bad = Migration(2, "CREATE TABLE b (n); INSERT INTO a VALUES (1); CREATE TABLE a (n);")
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            with pytest.raises(sqlite3.OperationalError, match="already exists"):
                migrate(db, [good, bad])
            assert db.execute("PRAGMA user_version").fetchone() == (1,)
            assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("a",)]
            assert db.execute("SELECT count(*) FROM a").fetchone() == (0,)
            migrate(db, [good, Migration(2, "CREATE TABLE b (n);")])
            assert db.execute("PRAGMA user_version").fetchone() == (2,)

    async def test_opening_again_changes_nothing(self, path: Path) -> None:
        async with open_store(path):
            pass
        before = content(path)
        async with open_store(path):
            pass
        assert content(path) == before


class TestPlans:
    async def plan(self, store: SqliteStore, query: str) -> str:
        await fill(store, 1)
        names = re.findall(r":([a-z_]+)", query)

        def explain(db: sqlite3.Connection) -> str:
            rows = db.execute(f"EXPLAIN QUERY PLAN {query}", dict.fromkeys(names, "[1]"))
            return "\n".join(row["detail"] for row in rows)

        return await store._reading.run(explain)

    async def test_claims_are_ordered_by_the_index_alone(self, store: SqliteStore) -> None:
        plan = await self.plan(store, queries.NEXT_IN_TURN)
        assert plan == "SEARCH job USING COVERING INDEX job_in_turn (state=? AND audit=?)"

    async def test_what_waits_is_counted_without_what_was_judged(self, store: SqliteStore) -> None:
        plan = await self.plan(store, tally_queries.COUNT_WAITING)
        assert plan == "SEARCH job USING COVERING INDEX job_in_turn (state=? AND audit=?)"

    async def test_ended_leases_are_looked_for_among_the_leased_only(self, store: SqliteStore) -> None:
        plan = await self.plan(store, queries.TAKE_BACK_ENDED_LEASES)
        assert plan.splitlines()[0] == "SEARCH job USING INDEX job_in_turn (state=?)"

    async def test_a_page_of_cases_is_read_from_its_index(self, store: SqliteStore) -> None:
        plan = await self.plan(store, queries.CASE_PAGE)
        assert plan == "SEARCH case_file USING COVERING INDEX case_file_by_state (state=? AND id>?)"

    async def test_owed_cards_are_read_in_order_from_their_index(self, store: SqliteStore) -> None:
        plan = await self.plan(store, card_queries.OWED)
        assert plan == "SEARCH case_file USING INDEX case_file_owing_card (guild_id=?)"

    async def test_guilds_that_owe_cards_are_read_from_the_owing_cases_alone(self, store: SqliteStore) -> None:
        plan = await self.plan(store, card_queries.GUILDS_OWING)
        assert plan == "SCAN case_file USING INDEX case_file_owing_card"

    async def test_an_authors_cases_are_read_from_their_index(self, store: SqliteStore) -> None:
        plan = await self.plan(store, queries.AUTHOR_RECORDS)
        assert "SEARCH case_file USING INDEX case_file_seen_by_author (guild_id=? AND author_id=?)" in plan

    async def test_what_belongs_to_a_guild_is_found_by_an_index(self, store: SqliteStore) -> None:
        tables = await store._read(lambda db: [row["name"] for row in db.execute(guild_queries.TABLES_OF_GUILDS)])
        assert {"case_file", "policy_version", "watermark", "traffic"} <= set(tables)
        for table in tables:
            assert "SCAN" not in await self.plan(store, guild_queries.forget_rows(table)), table

    @pytest.mark.parametrize("query", [queries.COUNT_JOBS, queries.COUNT_CASES, guild_queries.GUILDS])
    async def test_counting_reads_an_index_and_no_texts(self, store: SqliteStore, query: str) -> None:
        plan = await self.plan(store, query)
        scans = [step for step in plan.splitlines() if step.startswith("SCAN")]
        assert scans
        assert all(
            "USING COVERING INDEX" in step or step in ("SCAN watermark", "SCAN guild", "SCAN traffic")
            for step in scans
        ), plan

    @pytest.mark.parametrize("module", MODULES_OF_QUERIES)
    async def test_no_other_statement_scans_a_table(self, store: SqliteStore, module: str) -> None:
        partial = await store._read(lambda db: {row["name"] for row in db.execute(PARTIAL_INDEXES)})
        plans = {name: await self.plan(store, query) for name, query in statements(module)}
        assert plans
        assert {name: plan for name, plan in plans.items() if scans_a_table(plan, partial)} == {}


class TestTrouble:
    """A full disk and a locked file: nothing half written, and it works again afterwards."""

    async def test_a_full_database(self, store: SqliteStore) -> None:
        await fill(store, 3)
        pages = await store._writer._connection.run(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
        await store._writer._connection.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 30}"))
        answers = await asyncio.gather(
            *(store.record(suspected(100 + n, f"{n} {SECRET * 100}")) for n in range(60)), return_exceptions=True
        )
        kept = {answer for answer in answers if isinstance(answer, int)}
        failed = [answer for answer in answers if not isinstance(answer, int)]
        assert failed
        assert {type(answer) for answer in failed} == {StoreUnavailable}
        assert all("Free some space" in str(answer) and SECRET not in str(answer) for answer in failed)
        await store._writer._connection.run(lambda db: db.execute("PRAGMA max_page_count = 100000"))
        await self.is_whole(store, {1, 2, 3} | kept)
        assert await store.record(suspected(999)) is not None

    async def is_whole(self, store: SqliteStore, case_ids: set[int]) -> None:
        found = [case async for case in store.cases(*CaseState)]
        assert {case.id for case in found} == case_ids
        assert all(len(case.findings) == len(case.revisions) == 1 for case in found)
        check = await store._reading.run(lambda db: db.execute("PRAGMA integrity_check").fetchone()[0])
        assert check == "ok"

    async def test_a_database_that_somebody_else_has_locked(
        self, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
        async with open_store(path, clock=clock) as store:
            await store.keep_policy(GUILD, policy())
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                with pytest.raises(StoreUnavailable, match="another program holds its lock"):
                    await store.record(suspected())
                assert await store.job_counts(), "reading goes on"
            assert await store.record(suspected()) is not None

    def test_a_disk_that_refuses_to_grow(self, path: Path) -> None:
        """A process whose files may not grow sees EFBIG where a full disk gives ENOSPC."""
        program = """
            import asyncio, resource, sys
            from pathlib import Path
            from bot.ports import StoreUnavailable
            from bot.store import open_store
            from tests.bot.store.samples import GUILD, policy, suspected

            async def main():
                async with open_store(Path(sys.argv[1])) as store:
                    await store.keep_policy(GUILD, policy())
                    kept, refused = [], 0
                    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
                    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
                    for n in range(1, 200):
                        try:
                            kept.append(await store.record(suspected(n, "x" * 9000)))
                        except StoreUnavailable as error:
                            refused += 1
                    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
                    kept.append(await store.record(suspected(1000)))
                    print(refused, *kept)

            asyncio.run(main())
        """
        output = self.run(program, path)
        refused, *kept = map(int, output.split())
        assert refused > 50
        assert len(kept) > 10
        self.has_exactly(path, kept)

    def run(self, program: str, *arguments: object, prefix: tuple[str, ...] = ()) -> str:
        command = [*prefix, sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def has_exactly(self, path: Path, case_ids: list[int]) -> None:
        with closing(sqlite3.connect(path)) as db:
            assert [row[0] for row in db.execute("SELECT id FROM case_file ORDER BY id")] == case_ids
            assert [row[0] for row in db.execute("SELECT case_id FROM job ORDER BY id")] == case_ids
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def test_a_disk_that_is_really_full(self, tmp_path: Path) -> None:
        """On a tiny file system of the process's own, where the system allows that."""
        own = ("unshare", "--user", "--map-root-user", "--mount")
        mount = f"mount -t tmpfs -o size=2m none {tmp_path}"
        try:
            subprocess.run([*own, "sh", "-c", mount], check=True, capture_output=True, timeout=10)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this system does not let a test mount a file system")
        program = """
            import asyncio, subprocess, sys
            from pathlib import Path
            from bot.ports import StoreUnavailable
            from bot.store import open_store
            from tests.bot.store.samples import GUILD, policy, suspected

            async def main():
                folder = Path(sys.argv[1])
                ballast = folder / "ballast"
                ballast.write_bytes(bytes(900_000))
                async with open_store(folder / "store.db") as store:
                    await store.keep_policy(GUILD, policy())
                    kept, refused = [], set()
                    for n in range(1, 200):
                        try:
                            kept.append(await store.record(suspected(n, "x" * 9000)))
                        except StoreUnavailable as error:
                            refused.add(str(error))
                    ballast.unlink()
                    kept.append(await store.record(suspected(1000)))
                    assert [case.id async for case in store.cases("queued")] == kept
                print(*refused)

            asyncio.run(main())
        """
        command = f'{mount} && exec "$0" -c "$1" {tmp_path}'
        done = subprocess.run(
            [*own, "sh", "-c", command, sys.executable, textwrap.dedent(program)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Free some space" in done.stdout


class TestPrivacy:
    async def test_no_members_text_is_logged(
        self, path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        async with open_store(path, clock=clock) as store:
            assert isinstance(store, SqliteStore)
            await store.keep_policy(GUILD, policy())
            case_id = await store.record(suspected(text=SECRET))
            assert case_id is not None
            with pytest.raises(StoreError):
                await store.record(suspected(text=SECRET + "2", policies=("unknown",)))
            (claim,) = await store.claim(1, LEASE)
            await store.finish(claim, verdict(True).model_copy(update={"quotes": (SECRET,)}))
            await store.decide(decision(case_id))
            assert (await store.case(case_id)).message.content == SECRET
            await store._reading.run(partial(lambda text, db: None, SECRET))  # noqa: ARG005 # only passed
        assert "aiosqlite" in {record.name for record in caplog.records}
        assert SECRET not in caplog.text

    async def test_no_error_quotes_a_members_text(self, store: SqliteStore) -> None:
        case_id = await store.record(suspected(text=SECRET))
        assert case_id is not None
        surprise = (
            "UPDATE revision SET message = sealed('revision.message',"
            " json_set(opened('revision.message', message), '$.surprise', ?))"
        )
        await store._writer.write(lambda db: db.execute(surprise, (SECRET,)))
        with pytest.raises(UnusableDatabase) as caught:
            await store.case(case_id)
        assert "extra_forbidden" in str(caught.value)
        assert SECRET not in "".join(traceback.format_exception(caught.value))


class TestFairness:
    async def test_a_weight_gives_a_guild_a_greater_share(self, store: SqliteStore) -> None:
        await store.keep_policy(8, policy())
        await store.record(suspected(1, guild_id=8))
        await store._writer.write(lambda db: db.execute("UPDATE guild SET weight = 3 WHERE id = 8"))
        for guild in (GUILD, 8):
            await asyncio.gather(*(store.record(suspected(n, guild_id=guild)) for n in range(10, 110)))
        served = [claim.message.guild_id for claim in await store.claim(80, LEASE)]
        assert served.count(8) == pytest.approx(60, abs=2)
