"""Cases as files: what is in them, and what never is."""

import csv
import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.case import Action, CaseState
from bot.cli.ending import run_command
from bot.cli.root import app
from bot.exports import table
from bot.exports.record import Entry, LeftOut
from bot.exports.writing import Format, Style, all_texts, no_texts, written
from bot.ports import Store
from bot.records.appeals import NewAppeal
from bot.records.people import CaseFilter
from bot.store import DATABASE, open_store
from policies.policy import Care
from tests.bot.adapters import make_policy
from tests.bot.store.samples import GUILD, LEASE, START, Clock, message, policy, suspected, verdict
from tests.bot.store.steps import ended, opened

WORDS = ("loser", "Mallory", "general", "insult", "Umlaute", "clear", "joke", "cat.png")
"""Of the member, the moderator and the model."""


@pytest.fixture
async def store(tmp_path: Path) -> object:
    async with open_store(tmp_path / "store.db", clock=Clock()) as store:
        await store.keep_policy(GUILD, policy())
        yield store


async def punished(store: Store) -> int:
    case_id = await opened(store)
    await ended(store, case_id, Action.BAN)
    await store.add_appeal(NewAppeal(GUILD, case_id, 1, 55, "a joke", START))
    return case_id


async def exported(store: Store, form: Format, *, texts: bool = False) -> str:
    rule = all_texts if texts else no_texts
    pieces = [piece async for piece in written(store, CaseFilter(GUILD), Style(form, texts), rule)]
    return b"".join(pieces).decode("utf-8-sig")


@pytest.mark.parametrize("form", Format)
async def test_a_file_is_without_anybodys_words_unless_they_are_asked_for(store: Store, form: Format) -> None:
    await punished(store)
    bare = await exported(store, form)
    assert [word for word in WORDS if word in bare] == []
    assert "ban" in bare
    whole = await exported(store, form, texts=True)
    assert "you loser" in whole
    assert "An insult" in whole


@pytest.mark.parametrize("form", Format)
async def test_what_is_withheld_is_in_no_file(store: Store, form: Format) -> None:
    await store.keep_policy(GUILD, policy().model_copy(update={"care": Care.WITHHOLD}))
    await punished(store)
    told = await exported(store, form, texts=True)
    assert [word for word in WORDS if word in told] == []
    assert LeftOut.WITHHELD in told


async def test_json_lines_tell_all_that_was_decided(store: Store) -> None:
    await punished(store)
    told = json.loads(await exported(store, Format.JSON_LINES, texts=True))
    (decision,), (appeal,), (finding,) = told["decisions"], told["appeals"], told["findings"]
    assert (decision["action"], decision["moderator_id"], decision["carried_out"]) == ("ban", "900", True)
    assert (decision["reason"], decision["outcome"]) == ("clear", "done")
    assert (appeal["state"], appeal["text"]) == ("open", "a joke")
    assert finding["verdict"]["rule_ids"] == ["H1"]
    assert told["texts_left_out"] is None
    assert told["guild_id"] == str(GUILD)


async def test_a_spreadsheet_has_a_row_for_each_case_in_the_order_of_the_messages(store: Store) -> None:
    for number in (120, 60, 90):
        await opened(store, number)
    rows = list(csv.DictReader(StringIO(await exported(store, Format.CSV))))
    assert [row["message_id"] for row in rows] == ["60", "90", "120"]
    assert tuple(rows[0]) == table.COLUMNS


async def test_more_cases_than_a_page_are_all_there(store: Store) -> None:
    for number in range(120):
        await store.record(suspected(100 + number))
        (claim,) = await store.claim(1, LEASE)
        await store.finish(claim, verdict(True))
    assert len((await exported(store, Format.JSON_LINES)).splitlines()) == 120


@given(text=st.text())
def test_no_cell_of_a_members_words_begins_a_formula(text: str) -> None:
    """A spreadsheet looks at what is left when blanks before it are gone."""
    from bot.case import CaseFile

    written = message(text=text).model_copy(update={"embeds": (), "attachments": ()})
    case = CaseFile(1, GUILD, CaseState.OPEN, START, (written,), (), (), None, None)
    row = table.row(Entry(case, (), (), None), texts=True).decode()
    (cells,) = csv.reader(StringIO(row, newline=""))
    assert all(not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in cells)
    kept = cells[len(table.COLUMNS) + 2].removeprefix("'")
    assert kept == text.encode("utf-8", "replace").decode().replace("\x00", "").removeprefix("'")


class TestCommand:
    @pytest.fixture(autouse=True)
    async def data(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SAFEGUILD_DATA_FOLDER", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        async with open_store(tmp_path / DATABASE, clock=Clock()) as store:
            await store.keep_policy(GUILD, make_policy())
            await store.keep_policy(GUILD, policy())
            await punished(store)

    def test_the_operator_gets_a_file_that_only_they_can_read(self, tmp_path: Path) -> None:
        out = tmp_path / "cases.csv"
        arguments = [
            "cases",
            "export",
            "--guild",
            str(GUILD),
            "--format",
            "csv",
            "--out",
            str(out),
            "--with-texts",
        ]
        assert run_command(app, arguments) == 0
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        assert "you loser" in out.read_text("utf-8-sig")
        assert run_command(app, arguments) == 1, "nothing is overwritten"

    def test_filters_are_taken(self, tmp_path: Path) -> None:
        for number, filters in enumerate(
            (["--state", "open"], ["--policy", "spam"], ["--member", "1"], ["--to", "2029-01-01"])
        ):
            out = tmp_path / f"{number}.jsonl"
            assert run_command(app, ["cases", "export", "--guild", str(GUILD), "--out", str(out), *filters]) == 0
            assert out.read_bytes() == b""

    def test_a_server_that_nothing_is_known_of_is_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "x.jsonl"
        assert run_command(app, ["cases", "export", "--guild", "8", "--out", str(out)]) == 1
        assert "nothing is stored of a server 8" in capsys.readouterr().err
        assert not out.exists()


async def test_the_documentation_names_every_field(store: Store) -> None:
    await punished(store)
    told = (Path(__file__).parents[3] / "docs" / "cases.md").read_text()
    bare = json.loads(await exported(store, Format.JSON_LINES))
    keys = [*bare, *bare["findings"][0], *bare["decisions"][0], *bare["appeals"][0], *table.COLUMNS, *table.WORDS]
    assert [key for key in keys if f"`{key}`" not in told] == []
    assert [reason for reason in LeftOut if f"`{reason}`" not in told] == []
