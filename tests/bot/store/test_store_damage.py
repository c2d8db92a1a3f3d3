"""One damaged text spoils one text: all else is read, judged, erased and sealed as ever, and it is told of."""

import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.backup.making import make_backup
from bot.backup.restoring import restore
from bot.case import Action, CaseState, JobState, Report, ReportKind
from bot.doctor.check import Outcome
from bot.doctor.stored import check_stored, look_at_stored
from bot.missing_words import UNREADABLE
from bot.ports import Store
from bot.records.appeals import Answer, NewAppeal
from bot.records.histories import Author, AuthorKind, NewVersion
from bot.records.reports import Alike
from bot.settings import Settings
from bot.store import DATABASE, WrongKey, open_store
from bot.store.key_file import NAME, read_keys, write_keys
from bot.store.sealed_columns import ROW_KEYS
from bot.store.sealing import Keys, new_key
from policies.policy import Mode
from tests.bot.store.samples import (
    GUILD,
    LEASE,
    SECRET,
    START,
    Clock,
    decision,
    message,
    policy,
    suspected,
    verdict,
)

DAY = timedelta(days=1)
CASES = range(1, 5)
QUERIES = (
    "queries",
    "reports_queries",
    "appeals_queries",
    "retention_queries",
    "history_queries",
    "events_queries",
)

DAMAGES: dict[str, Callable[[str], bytes]] = {
    "a flipped bit": lambda text: text[:40].encode() + bytes([text[40].encode()[0] ^ 1]) + text[41:].encode(),
    "no UTF-8 any more": lambda text: text[:40].encode() + b"\xff" + text[41:].encode(),
    "a cut text": lambda text: text[: len(text) // 2].encode(),
    "a damaged head": lambda text: b"\xff" + text[1:].encode(),
    "zeros": lambda text: b"\0" * len(text),
}


async def fill(store: Store) -> None:
    """Four cases with every kind of words; the last one waits for the judge."""
    await store.keep_policy(GUILD, policy())
    author = Author(AuthorKind.COMMAND, 900, f"why {SECRET}")
    for source in (b"goal: old", b"goal: x"):
        await store.keep_versions([NewVersion(GUILD, "harassment", author, START, source, "d" * 64, Mode.LIVE)])
    for number in CASES:
        await store.record(suspected(number, f"{number} {SECRET}"))
        await store.note_edit(message(number, f"now {SECRET}", edited_after=5))
    for claim in await store.claim(3, LEASE):
        await store.finish(claim, verdict(True))
        case_id = claim.case_id
        told = Report(ReportKind.MEMBER, 77, f"report {SECRET}", START)
        await store.report(suspected(claim.message.id, f"{claim.message.id} {SECRET}"), told)
        await store.decide(decision(case_id).model_copy(update={"reason": f"reason {SECRET}"}))
        await store.settle(case_id, enforced=True, outcome=f"outcome {SECRET}")
        await store.add_note(case_id, 900, f"note {SECRET}", START)
        made, _ = await store.add_appeal(NewAppeal(GUILD, case_id, 1, 55, f"appeal {SECRET}", START))
        await store.answer_appeal(made.id, Answer(901, START, granted=False, text=f"answer {SECRET}"))
        await store.settle_appeal(made.id, f"ended {SECRET}")


def damage(path: Path, column: str, how: Callable[[str], bytes], row: int = 0) -> None:
    """Spoil one text of a column where it is stored."""
    table, name = column.split(".")
    key = ", ".join(ROW_KEYS[column])
    with closing(sqlite3.connect(path)) as db, db:
        texts = db.execute(f"SELECT {name} FROM {table} WHERE {name} <> '' ORDER BY {key}").fetchall()
        spoilt = f"UPDATE {table} SET {name} = CAST(? AS TEXT) WHERE {name} = ?"
        assert db.execute(spoilt, (how(texts[row][0]), texts[row][0])).rowcount == 1


@pytest.fixture
async def path(tmp_path: Path, clock: Clock) -> Path:
    async with open_store(tmp_path / DATABASE, clock=clock) as store:
        await fill(store)
    return tmp_path / DATABASE


@pytest.fixture
async def spoilt(path: Path, clock: Clock) -> AsyncIterator[Store]:
    """Case 2 without its message."""
    damage(path, "revision.message", DAMAGES["a flipped bit"], row=1)
    async with open_store(path, clock=clock) as store:
        yield store


async def read_everything(store: Store) -> int:
    """Every way in which texts are read; how many cases are whole."""
    cases = [case async for case in store.cases(*CaseState)]
    for case in cases:
        await store.decisions(case.id)
        await store.events(case.id)
        await store.appeals_of_case(case.id)
        for by in Alike:
            await store.alike(case.id, by)
        await store.find(GUILD, case.message.id)
        await store.note_edit(message(case.message.id, "something new", edited_after=9))
    await store.texts_of(GUILD, 55)
    await store.texts_of(GUILD, 77)
    await store.member_record(GUILD, 55)
    await store.appeal_cards_owed(9)
    await store.unfinished_appeals(9)
    await store.versions(GUILD, "harassment")
    await store.version_source(GUILD, "harassment", 1)
    await store.newest_versions()
    await store.shadow_record(GUILD, "harassment", "d" * 64, START - DAY)
    await store.labelled_texts(GUILD, "harassment", 9)
    await store.unlabelled_texts(GUILD, "harassment", 9)
    await store.unjudged_samples(9)
    await store.cleared_cases(GUILD, "harassment", 9)
    await store.cards_owed(GUILD, 9)
    for claim in await store.claim(9, LEASE):
        await store.finish(claim, verdict(True))
    return sum(not case.unreadable for case in cases)


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("column", ROW_KEYS)
async def test_everything_else_goes_on_and_is_erased_in_time(
    path: Path, clock: Clock, column: str, how: str
) -> None:
    damage(path, column, DAMAGES[how])
    async with open_store(path, clock=clock) as store:
        whole = await read_everything(store)
        assert whole == (3 if column in ("revision.message", "case_file.current_message") else 4)
        assert store.damaged_texts() == 1
        clock.pass_by(40 * DAY)
        assert await store.erase_expired(GUILD, clock() - DAY, 10) == 4
        assert all(case.erased_at and not case.unreadable for case in [c async for c in store.cases(*CaseState)])
    left = look_at_stored(Settings(data_folder=path.parent))
    assert left is not None
    assert left.looked is not None
    kept_without_end = column.startswith("policy_history") or column == "decision.outcome"
    assert left.looked.damaged == kept_without_end


@pytest.mark.parametrize("column", ROW_KEYS)
async def test_the_keys_are_changed_all_the_same(path: Path, clock: Clock, column: str) -> None:
    damage(path, column, DAMAGES["no UTF-8 any more"])
    old, new = read_keys(path.parent / NAME).newest, new_key()
    write_keys(path.parent / NAME, new)
    async with open_store(path, keys=Keys(new, (old,)), clock=clock) as store:
        await read_everything(store)
        assert store.damaged_texts() == 1
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT id FROM sealing_key").fetchall() == [(new.id,)]
    async with open_store(path, keys=Keys(new), clock=clock) as store:
        await read_everything(store)
        written_anew = column == "case_file.current_message"  # by the edit that was noted before
        assert store.damaged_texts() == (0 if written_anew else 1)


async def test_a_backup_is_made_and_put_back_with_its_damage(path: Path, clock: Clock) -> None:
    for column in ROW_KEYS:
        damage(path, column, DAMAGES["no UTF-8 any more"])
    settings = Settings(data_folder=path.parent)
    archive = make_backup(settings, path.parent / "backup.tar").path
    restore(settings, archive, replace=True)
    async with open_store(path, clock=clock) as store:
        assert await read_everything(store) == 3
        assert store.damaged_texts() == len(ROW_KEYS)


@pytest.mark.parametrize("how", ["a damaged head", "a cut text"])
async def test_what_is_damaged_is_not_taken_for_plain_text_when_the_keys_are_changed(
    path: Path, clock: Clock, how: str
) -> None:
    damage(path, "decision.reason", DAMAGES[how])
    keys = Keys(new_key(), (read_keys(path.parent / NAME).newest,))
    async with open_store(path, keys=keys, clock=clock) as store:
        assert (await store.decisions(1))[0].decision.reason == UNREADABLE


class TestCase:
    async def test_a_case_without_its_message_still_says_who_where_and_what_was_decided(
        self, spoilt: Store
    ) -> None:
        case = await spoilt.case(2)
        assert case.unreadable
        assert (case.message.id, case.message.author_id, case.message.channel_id) == (2, 55, 5)
        assert (case.message.text, case.message.guild_id) == ("", GUILD)
        assert case.decision is not None
        assert case.decision.reason == f"reason {SECRET}"
        assert case.findings[0].verdict == (await spoilt.case(1)).findings[0].verdict

    async def test_a_verdict_that_is_damaged_keeps_what_stands_beside_it(self, path: Path) -> None:
        damage(path, "job.verdict", DAMAGES["a cut text"])
        async with open_store(path) as store:
            case, sound = await store.case(1), await store.case(2)
        kept, whole = case.findings[0].verdict, sound.findings[0].verdict
        assert kept is not None
        assert whole is not None
        assert (kept.violation, kept.rule_ids, kept.rationale) == (True, whole.rule_ids, UNREADABLE)
        assert kept.policy_digest == case.findings[0].policy.digest
        assert not case.unreadable

    async def test_what_cannot_be_read_is_not_judged_but_shown_to_people(self, path: Path, clock: Clock) -> None:
        damage(path, "revision.message", DAMAGES["a cut text"], row=3)
        async with open_store(path, clock=clock) as store:
            assert await store.claim(5, LEASE) == []
            case = await store.case(4)
            assert (case.state, case.findings[0].state) == (CaseState.OPEN, JobState.UNDECIDED)
            ours, mine = await store.decide(decision(4, action=Action.DISMISS))
            assert mine, ours

    async def test_its_author_is_told_that_there_is_something_and_may_have_it_erased(
        self, spoilt: Store, clock: Clock
    ) -> None:
        assert UNREADABLE in {text.content for text in await spoilt.texts_of(GUILD, 55)}
        wish, _ = await spoilt.ask_for_erasure(GUILD, 55, "en")
        clock.pass_by(8 * DAY)
        assert (await spoilt.carry_out(wish, 10)).cases == 4
        assert (await spoilt.case(2)).erased_at

    async def test_a_new_text_of_its_message_is_noted(self, spoilt: Store) -> None:
        edited = message(2, "new words", edited_after=30)
        assert await spoilt.note_edit(edited) == 2
        assert (await spoilt.case(2)).current == edited

    async def test_a_damaged_version_of_a_policy_is_as_one_that_is_not_there(self, path: Path) -> None:
        damage(path, "policy_history.source", DAMAGES["zeros"])
        async with open_store(path) as store:
            assert await store.version_source(GUILD, "harassment", 1) is None
            assert await store.version_source(GUILD, "harassment", 2) == b"goal: x"


class TestTelling:
    async def test_the_operator_gets_one_line_with_the_place_and_no_word(self, path: Path) -> None:
        damage(path, "revision.message", DAMAGES["a flipped bit"], row=1)
        async with open_store(path) as store:
            with capture_logs() as logs:
                for _ in range(3):
                    await store.case(2)
        (line,) = logs
        assert (line["table"], line["row"], line["column"]) == ("revision", "2/1", "message")
        assert SECRET not in str(line)

    async def test_who_reported_is_not_told(self, path: Path) -> None:
        damage(path, "report.reason", DAMAGES["a flipped bit"])
        async with open_store(path) as store:
            with capture_logs() as logs:
                await store.case(1)
        assert logs[0]["row"] == "1/member"

    async def test_the_doctor_says_where_and_what_to_do(self, path: Path) -> None:
        settings = Settings(data_folder=path.parent)
        sound = look_at_stored(settings)
        assert sound is not None
        assert check_stored(sound).outcome is Outcome.OK
        for row in range(4):
            damage(path, "revision.earlier", DAMAGES["a flipped bit"], row=row)
        damage(path, "case_event.text", DAMAGES["a cut text"])
        found = look_at_stored(settings)
        assert found is not None
        said = check_stored(found)
        assert said.outcome is Outcome.FAIL
        assert re.match(
            r"5 of \d+ are damaged: case_event.text of row \d+, revision.earlier of row 1/1", said.message
        )
        assert "restore" in said.advice
        assert SECRET not in said.message

    async def test_the_doctor_looks_while_the_bot_runs(self, path: Path) -> None:
        async with open_store(path) as store:
            await store.record(suspected(50))
            looked = look_at_stored(Settings(data_folder=path.parent))
            assert looked is not None
            assert check_stored(looked).outcome is Outcome.OK

    async def test_a_wrong_key_is_no_damage(self, path: Path) -> None:
        with capture_logs() as logs, pytest.raises(WrongKey):
            async with open_store(path, keys=Keys(new_key())):
                pass
        assert logs == []
        write_keys(path.parent / NAME, new_key())
        found = look_at_stored(Settings(data_folder=path.parent))
        assert found is not None
        assert "was given" in check_stored(found).message


def test_every_sealed_column_is_known_with_what_its_row_is_found_by(tmp_path: Path) -> None:
    folder = Path(import_module("bot.store").__file__ or "").parent
    sealed = {
        found
        for file in folder.glob("*_queries.py")
        for found in re.findall(r"sealed\('([a-z_.]+)'", file.read_text("utf-8"))
    } | set(re.findall(r"sealed\('([a-z_.]+)'", (folder / "queries.py").read_text("utf-8")))
    assert sealed == set(ROW_KEYS)


async def test_the_keys_of_rows_are_those_of_the_schema(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        for column, key in ROW_KEYS.items():
            table = column.split(".")[0]
            found = [
                row[1] for row in sorted(db.execute(f"PRAGMA table_info({table})"), key=lambda r: r[5]) if row[5]
            ]
            assert list(key) == found[: len(key)], column
