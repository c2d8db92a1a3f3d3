"""Every text in the file is sealed with the newest key, whatever was there before and whenever it was stopped."""

import re
import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import bot.store as store_room
from bot.case import CaseState
from bot.ports import Store, StoreUnavailable
from bot.store import UnusableDatabase, WrongKey, open_store, resealing, vault, wiping
from bot.store.key_file import NAME, read_keys, write_keys
from bot.store.migration import migrate, migrations
from bot.store.sealing import Keys, new_key
from bot.store.sqlite import SqliteStore
from tests.bot.store.samples import (
    GUILD,
    LEASE,
    SECRET,
    Clock,
    decision,
    message,
    policy,
    suspected,
    suspicion,
    verdict,
)
from tests.bot.store.unsealing import looked_into

OLD, NEW = new_key(), new_key()
EVERYWHERE = {
    "revision.message",
    "revision.earlier",
    "case_file.current_message",
    "job.suspicion",
    "job.verdict",
    "decision.reason",
    "decision.outcome",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def traces(path: Path, text: str = SECRET) -> int:
    files = [Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm")]
    return sum(file.read_bytes().count(text.encode()) for file in files if file.exists())


def plain_database(path: Path, cases: int = 30) -> None:
    """As the third schema wrote it: every text in plain, and traces of texts that were changed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA secure_delete = OFF")
        migrate(db, migrations()[:3])
        kept = (GUILD, "harassment", policy().digest, policy().model_dump_json())
        db.execute("INSERT INTO policy_version VALUES (1, ?, ?, ?, ?, 0)", kept)
        db.execute("INSERT INTO policy_in_force VALUES (7, 'harassment', 1)")
        for number in range(1, cases + 1):
            add_plain_case(db, number)
        db.execute("UPDATE decision SET reason = '' WHERE case_id = 1")


def add_plain_case(db: sqlite3.Connection, number: int) -> None:
    said = message(100 + number, f"{number} {SECRET}")
    now = message(100 + number, f"{number} now {SECRET}").model_dump_json() if number % 2 else None
    case = "INSERT INTO case_file (id, guild_id, message_id, author_id, state, opened_at, current_message)"
    db.execute(f"{case} VALUES (?, 7, ?, 55, 'enforced', 0, ?)", (number, said.id, now))
    earlier = f'[{{"message_id": 1, "author_id": 56, "text": "{SECRET}"}}]'
    revision = (number, said.digest, said.model_dump_json(), earlier)
    db.execute("INSERT INTO revision VALUES (?, 1, ?, ?, ?, 0)", revision)
    judged = verdict(True).model_copy(update={"reasoning": SECRET}).model_dump_json()
    job = "INSERT INTO job (case_id, revision, version_id, suspicion, state, tag, violation, verdict)"
    db.execute(f"{job} VALUES (?, 1, 1, ?, 'judged', 1.0, 1, ?)", (number, suspicion().model_dump_json(), judged))
    word = (number, f"reason {SECRET}", f"outcome {SECRET}")
    columns = "case_id, number, revision, action, moderator_id, decided_at, reason, enforced, outcome, settled_at"
    db.execute(f"INSERT INTO decision ({columns}) VALUES (?, 1, 1, 'delete', 900, 0, ?, 1, ?, 0)", word)


async def everything(store: Store) -> list[str]:
    return [repr(case) async for case in store.cases(*CaseState)]


def keys_in_use(path: Path) -> set[str]:
    """The ids of the keys that texts are sealed with; "plain" for one that is not sealed."""
    with closing(sqlite3.connect(path)) as db:
        found: set[str] = set()
        for place in EVERYWHERE:
            table, column = place.split(".")
            texts = db.execute(f"SELECT {column} FROM {table} WHERE {column} <> ''")
            found |= {text[8:16] if text.startswith("sealed1:") else "plain" for (text,) in texts}
        return found


async def test_what_was_stored_in_plain_is_sealed_and_leaves_no_trace(path: Path) -> None:
    plain_database(path)
    assert traces(path) > 100
    async with open_store(path, keys=Keys(NEW)) as store:
        assert traces(path) == 0
        found = [case async for case in store.cases(*CaseState)]
    assert traces(path) == 0
    assert keys_in_use(path) == {NEW.id}
    assert [case.message.content for case in found] == [f"{number} {SECRET}" for number in range(1, 31)]
    case = found[2]
    assert case.current is not None
    assert case.current.content == f"3 now {SECRET}"
    assert case.earlier[0].text == SECRET
    assert case.findings[0].suspicion == suspicion()
    assert case.findings[0].verdict is not None
    assert case.findings[0].verdict.reasoning == SECRET
    assert case.decision is not None
    assert (case.decision.reason, case.outcome) == (f"reason {SECRET}", f"outcome {SECRET}")
    assert found[0].decision is not None
    assert found[0].decision.reason == ""


async def test_a_text_of_before_is_recognised_when_it_comes_again(path: Path) -> None:
    """Its digest was plain, and is compared as a mask from now on."""
    plain_database(path, 1)
    async with open_store(path) as store:
        assert await store.record(suspected(101, f"1 {SECRET}")) is None
        assert await store.record(suspected(101, "something else")) == 1
    with closing(sqlite3.connect(path)) as db:
        digests = {row[0] for row in db.execute("SELECT digest FROM revision")}
    assert len(digests) == 2
    assert not digests & {message(101, text).digest for text in (f"1 {SECRET}", "something else")}


class Killed(BaseException):
    """kill -9, as far as a test in the same process can do it."""


def dying_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies before the step after so many; steps are transactions, the writing anew, and the end."""
    left = iter(range(steps))

    def dying(work: Any) -> Any:
        def step(*arguments: Any, **named: Any) -> Any:
            for _ in left:
                return work(*arguments, **named)
            raise Killed

        return step

    monkeypatch.setattr(resealing, "TOGETHER", 7)
    monkeypatch.setattr(vault.Vault, "sealed", dying(vault.Vault.sealed))
    monkeypatch.setattr(wiping, "vacuum", dying(wiping.vacuum))
    monkeypatch.setattr(resealing, "finish", dying(vault.finish))


@pytest.mark.parametrize("steps", [0, 1, 40, 100, 160, 193, 194, 195, 196, 197])
async def test_killed_at_any_time_it_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    plain_database(path)
    with monkeypatch.context() as patches:
        dying_after(steps, patches)
        try:
            async with open_store(path, keys=Keys(OLD)):
                pass
        except (Killed, UnusableDatabase):
            died = True
        else:
            died = False
    assert died == (steps < 196), "194 texts, the writing anew, the end"
    async with open_store(path, keys=Keys(OLD)) as store:
        assert len(await everything(store)) == 30
        assert traces(path) == 0
    assert keys_in_use(path) == {OLD.id}


class TestRotation:
    @pytest.fixture
    async def before(self, path: Path, clock: Clock) -> list[str]:
        """A database under the old key, with something of everything in it."""
        async with open_store(path, keys=Keys(OLD), clock=clock) as store:
            await store.keep_policy(GUILD, policy())
            for number in range(1, 21):
                await store.record(suspected(number, f"{number} {SECRET}"))
            for claim in await store.claim(15, LEASE):
                await store.finish(claim, verdict(True))
                await store.note_edit(message(claim.message.id, f"now {SECRET}"))
                await store.decide(decision(claim.case_id))
                await store.settle(claim.case_id, enforced=True, outcome=SECRET)
            return await everything(store)

    async def test_all_is_sealed_with_the_new_key_and_reads_as_before(self, path: Path, before: list[str]) -> None:
        assert keys_in_use(path) == {OLD.id}
        async with open_store(path, keys=Keys(NEW, (OLD,))) as store:
            assert await everything(store) == before
        assert keys_in_use(path) == {NEW.id}
        assert traces(path, f"sealed1:{OLD.id}") == 0
        async with open_store(path, keys=Keys(NEW)) as store:
            assert await everything(store) == before
            assert await store.record(suspected(20, f"20 {SECRET}")) is None, "masks stay what they are"

    async def test_columns_that_came_later_are_found_by_themselves(self, path: Path, before: list[str]) -> None:
        assert before
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT) STRICT")
            noted = [("sealed1:no, a word", Keys(OLD).seal("note.text", SECRET)), ("b", None), ("c", "")]
            db.executemany("INSERT INTO note (kind, text) VALUES (?, ?)", noted)
        async with open_store(path, keys=Keys(NEW, (OLD,))):
            pass
        with closing(sqlite3.connect(path)) as db:
            found = db.execute("SELECT kind, text FROM note").fetchall()
        assert Keys(NEW).open("note.text", found[0][1]) == SECRET
        assert [found[0][0], *found[1:]] == ["sealed1:no, a word", ("b", None), ("c", "")]

    @pytest.mark.parametrize("steps", [0, 1, 50, 94, 95, 96])
    async def test_killed_half_way_it_needs_both_keys_until_it_is_done(
        self, path: Path, before: list[str], monkeypatch: pytest.MonkeyPatch, steps: int
    ) -> None:
        with monkeypatch.context() as patches:
            dying_after(steps, patches)
            with pytest.raises((Killed, UnusableDatabase)):
                async with open_store(path, keys=Keys(NEW, (OLD,))):
                    pass
        for one in (OLD, NEW):
            with pytest.raises(WrongKey):
                async with open_store(path, keys=Keys(one)):
                    pass
        async with open_store(path, keys=Keys(NEW, (OLD,))) as store:
            assert await everything(store) == before
        assert keys_in_use(path) == {NEW.id}

    async def test_it_may_be_taken_back_half_way(
        self, path: Path, before: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patches:
            dying_after(40, patches)
            with pytest.raises((Killed, UnusableDatabase)):
                async with open_store(path, keys=Keys(NEW, (OLD,))):
                    pass
        async with open_store(path, keys=Keys(OLD, (NEW,))) as store:
            assert await everything(store) == before
        assert keys_in_use(path) == {OLD.id}


class TestKeys:
    @pytest.fixture
    async def sealed(self, path: Path) -> Path:
        async with open_store(path) as store:
            await store.keep_policy(GUILD, policy())
            assert await store.record(suspected()) == 1
        return path

    async def refused(self, path: Path, keys: Keys | None = None) -> str:
        before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
        with pytest.raises(WrongKey) as caught:
            async with open_store(path, keys=keys):
                pass
        after = {file.name: file.read_bytes() for file in path.parent.iterdir()}
        assert {name: text for name, text in after.items() if not name.endswith(("-shm", "-wal"))} == before
        return str(caught.value)

    async def test_a_new_database_gets_a_key_of_its_own_which_is_told_of_once(self, path: Path) -> None:
        told: list[Path] = []
        for _ in range(2):
            async with open_store(path, tell_of_new_key=told.append):
                pass
        assert told == [path.parent / NAME]
        assert told[0].stat().st_mode & 0o777 == 0o600
        assert not read_keys(told[0]).older

    async def test_a_wrong_key_is_told_and_nothing_is_changed(self, sealed: Path) -> None:
        right = read_keys(sealed.parent / NAME).newest
        said = await self.refused(sealed, Keys(NEW))
        assert f"sealed with the key {right.id}, and {NEW.id} was given" in said
        assert "Put the right key file back" in said

    async def test_a_missing_key_file_is_told_and_no_other_is_made(self, sealed: Path) -> None:
        (sealed.parent / NAME).unlink()
        assert f"{sealed.parent / NAME}, is not there" in await self.refused(sealed)

    async def test_a_damaged_key_file_is_told_and_its_text_is_not(self, sealed: Path) -> None:
        (sealed.parent / NAME).write_text("sgk1_half-of-a-key")
        said = await self.refused(sealed)
        assert "holds no key" in said
        assert "half-of-a-key" not in said

    async def test_a_key_that_only_looks_like_the_right_one_opens_nothing(self, sealed: Path) -> None:
        """Its id is that of the right key, by chance or by hand."""
        right = read_keys(sealed.parent / NAME).newest
        with closing(sqlite3.connect(sealed)) as db, db:
            db.execute("UPDATE sealing_key SET id = ?", (NEW.id,))
        assert right.id != NEW.id
        assert "does not open the database" in await self.refused(sealed, Keys(NEW))

    async def test_a_text_that_was_damaged_is_told_as_damage_and_not_shown(self, sealed: Path) -> None:
        with closing(sqlite3.connect(sealed)) as db, db:
            db.execute("UPDATE revision SET message = replace(message, substr(message, 60, 4), 'AAAA')")
        async with open_store(sealed) as store:
            case = await store.case(1)
            assert case.unreadable
            assert case.message.text == ""
            assert await store.note_edit(message()) == 1

    async def test_a_plain_text_that_somebody_put_there_is_not_believed(self, sealed: Path) -> None:
        with closing(sqlite3.connect(sealed)) as db, db:
            db.execute("UPDATE revision SET message = ?", (message(100, "planted").model_dump_json(),))
        async with open_store(sealed) as store:
            case = await store.case(1)
            assert case.unreadable
            assert case.message.text == ""

    async def test_the_same_text_looks_different_in_two_databases(self, tmp_path: Path) -> None:
        """Digests, too: what is found in one is not looked up in another."""
        seen = set()
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            write_keys(tmp_path / name / NAME, NEW)
            async with open_store(tmp_path / name / "store.db") as store:
                await store.keep_policy(GUILD, policy())
                await store.record(suspected())
            with looked_into(tmp_path / name / "store.db") as db:
                row = db.execute(
                    "SELECT digest, message, opened('revision.message', message) FROM revision"
                ).fetchone()
            assert '"you loser"' in row[2]
            seen |= {row[0], row[1]}
        assert len(seen) == 4

    async def test_an_operator_s_key_leaves_no_key_file(self, path: Path) -> None:
        async with open_store(path, keys=Keys(NEW)):
            pass
        assert not (path.parent / NAME).exists()


async def test_somebody_who_reads_all_the_time_is_named_and_it_goes_on_later(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain_database(path, 3)
    monkeypatch.setattr(wiping, "TRIES", 2)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM case_file").fetchone()
        with pytest.raises(StoreUnavailable, match="Stop that program and try again"):
            async with open_store(path, keys=Keys(NEW)):
                pass
    async with open_store(path, keys=Keys(NEW)):
        assert traces(path) == 0


PLAIN = {
    "appeal": {"told", "not_told_because"},
    "bulk": {"action"},
    "bulk_item": {"ended"},
    "case_event": {"kind"},
    "case_file": {"state"},
    "daily_decision": {"policy_id", "action"},
    "daily_policy": {"policy_id", "digest"},
    "daily_rule": {"policy_id", "rule_id"},
    "daily_wait": {"policy_id", "rule_id"},
    "decision": {"action"},
    "erasure_ledger": {"language"},
    "erasure_request": {"language"},
    "finding": {"rule_ids"},
    "job": {"state", "token"},
    "label": {"policy_id", "source", "stratum", "digest", "rule_id", "rule_ids"},
    "likeness": {"print"},
    "policy_history": {"policy_id", "author_kind", "mode", "digest", "file_hash"},
    "policy_in_force": {"policy_id"},
    "policy_version": {"policy_id", "digest", "document"},
    "report": {"kind"},
    "revision": {"digest"},
    "sample_draw": {"policy_id", "digest", "stratum", "answer"},
    "sealing_key": {"id", "pepper"},
    "tally": {"policy_id", "digest"},
    "traffic": {"policy_id", "digest"},
}
"""Columns of text that hold no words of people: names of states and kinds, ids, digests of policies, masks. The
policies are a server's own rules, and stand in plain files beside the database."""
_KIND = re.compile(r"(?:sealed|opened)\('([a-z_]+)\.([a-z_]+)'")


def sealed_columns() -> set[tuple[str, str]]:
    """What any statement seals or opens."""
    modules = (found.name for found in iter_modules(store_room.__path__) if found.name.endswith("queries"))
    statements = (vars(import_module(f"bot.store.{module}")).values() for module in modules)
    return {kind for each in statements for text in each if isinstance(text, str) for kind in _KIND.findall(text)}


async def test_every_column_of_text_is_sealed_or_known_to_hold_no_words(path: Path) -> None:
    """Fails for a new column: seal it in its statements (bot/store/rows.py says how), or say here why not."""
    async with open_store(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        columns = set(
            db.execute(
                "SELECT item.name, part.name FROM sqlite_schema AS item JOIN pragma_table_info(item.name) AS part"
                " WHERE item.type = 'table' AND part.type = 'TEXT'"
            )
        )
    plain = {(table, column) for table, names in PLAIN.items() for column in names}
    assert columns - plain == sealed_columns()
    assert plain <= columns


async def test_words_of_people_are_nowhere_in_plain_while_the_store_is_at_work(path: Path, clock: Clock) -> None:
    async with open_store(path, clock=clock) as store:
        assert isinstance(store, SqliteStore)
        await store.keep_policy(GUILD, policy())
        seen = suspected(1, SECRET).model_copy(update={"suspicions": (suspicion(),)})
        await store.record(seen)
        (claim,) = await store.claim(1, LEASE)
        told = {"rationale": SECRET, "reasoning": SECRET, "quotes": (SECRET,)}
        await store.finish(claim, verdict(True).model_copy(update=told))
        await store.note_edit(message(1, f"now {SECRET}"))
        await store.decide(decision(claim.case_id).model_copy(update={"reason": SECRET}))
        await store.settle(claim.case_id, enforced=True, outcome=SECRET)
        assert repr(await store.case(claim.case_id)).count(SECRET) >= 7
        assert traces(path) == 0
        assert traces(path, seen.message.digest) == 0
