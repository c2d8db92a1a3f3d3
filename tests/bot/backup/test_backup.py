"""A backup holds everything of one moment, sealed; a restore changes nothing before all of it was checked."""

import asyncio
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.backup.archive import MANIFEST
from bot.backup.making import make_backup
from bot.backup.restoring import restore
from bot.case import CaseState
from bot.errors import EnvironmentProblem, InputError, SettingsError
from bot.live.data_lock import data_lock
from bot.live.rotation import rotate
from bot.settings import Settings
from bot.store import DATABASE, open_store
from bot.store.key_file import NAME as KEY_FILE
from bot.store.key_file import read_keys, write_keys
from bot.store.migration import migrate, migrations
from bot.store.sealing import new_key
from bot.store_settings import StoreSettings
from tests.bot.store.samples import GUILD, SECRET, policy, suspected

POLICY = "policies/7/harassment.yaml"
GUILD_FILE = "guilds/7.yaml"


def settings_for(folder: Path, **store: Any) -> Settings:
    return Settings(data_folder=folder, store=StoreSettings(**store))


async def fill(folder: Path, cases: int = 5) -> None:
    """A data folder as a running bot leaves it."""
    for name, text in ((POLICY, "title: Harassment\n"), (GUILD_FILE, "format: 1\n")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    async with open_store(folder / DATABASE) as store:
        await store.keep_policy(GUILD, policy())
        for number in range(1, cases + 1):
            await store.record(suspected(number, f"{number} {SECRET}"))


async def texts(folder: Path) -> list[str]:
    async with open_store(folder / DATABASE) as store:
        return [case.message.content async for case in store.cases(*CaseState)]


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, locks aside."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("bot."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
async def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    await fill(folder)
    return folder


@pytest.fixture
def archive(data: Path, tmp_path: Path) -> Path:
    """A backup with its key."""
    return make_backup(settings_for(data), tmp_path / "backup.tar", with_key=True).path


def rewritten(
    archive: Path, change: Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]
) -> Path:
    """The archive with other content."""
    other = archive.with_name("other.tar")
    with tarfile.open(archive) as old, tarfile.open(other, "w") as new:
        for head in old:
            file = old.extractfile(head)
            assert file is not None
            for entry, text in change(head, file.read()):
                entry.size = len(text)
                new.addfile(entry, io.BytesIO(text))
    return other


class TestBackup:
    def test_it_holds_database_policies_and_settings_and_no_key(self, data: Path, tmp_path: Path) -> None:
        made = make_backup(settings_for(data), tmp_path / "backup.tar")
        assert made.path.stat().st_mode & 0o777 == 0o600
        assert made.keys == (read_keys(data / KEY_FILE).newest.id,)
        with tarfile.open(made.path) as tar:
            assert tar.getnames() == [MANIFEST, DATABASE, POLICY, GUILD_FILE]
            assert {head.mode for head in tar} == {0o600}
        assert SECRET.encode() not in made.path.read_bytes()
        assert read_keys(data / KEY_FILE).newest.text.encode() not in made.path.read_bytes()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar", "data"], "no draft is left"

    async def test_with_the_key_it_is_said(self, data: Path, tmp_path: Path) -> None:
        made = make_backup(settings_for(data), tmp_path / "backup.tar", with_key=True)
        assert made.has_key
        assert read_keys(data / KEY_FILE).newest.text.encode() in made.path.read_bytes()

    async def test_it_is_of_one_moment_while_the_bot_writes(self, data: Path, tmp_path: Path) -> None:
        async with open_store(data / DATABASE) as store:

            async def write() -> None:
                for number in range(100, 100_000):
                    await store.record(suspected(number))

            writing = asyncio.create_task(write())
            for number in range(5):
                path = tmp_path / f"{number}.tar"
                await asyncio.to_thread(make_backup, settings_for(data), path, with_key=True)
                await asyncio.sleep(0.01)
            writing.cancel()
        counts = []
        for number in range(5):
            folder = tmp_path / f"restored-{number}"
            restore(settings_for(folder), tmp_path / f"{number}.tar")
            with closing(sqlite3.connect(folder / DATABASE)) as db:
                assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert db.execute("PRAGMA foreign_key_check").fetchall() == []
                (cases,), (jobs,) = (
                    db.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("case_file", "job")
                )
            assert cases == jobs
            counts.append(cases)
        assert counts == sorted(counts)
        assert counts[-1] > counts[0]

    async def test_another_file_is_never_written_over(self, data: Path, tmp_path: Path) -> None:
        (tmp_path / "backup.tar").write_text("precious")
        with pytest.raises(InputError, match="is there already"):
            make_backup(settings_for(data), tmp_path / "backup.tar")
        assert (tmp_path / "backup.tar").read_text() == "precious"

    def test_where_nothing_is_stored_nothing_is_backed_up(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="nothing is stored"):
            make_backup(settings_for(tmp_path), tmp_path / "backup.tar")

    def test_a_database_that_is_not_sealed_yet_is_not_copied(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as db:
            migrate(db, migrations()[:3])
        with pytest.raises(EnvironmentProblem, match="not sealed yet"):
            make_backup(settings_for(tmp_path), tmp_path / "backup.tar")
        assert [path.name for path in tmp_path.iterdir()] == [DATABASE]


class TestRestore:
    async def test_an_empty_folder_is_as_it_was(self, data: Path, archive: Path, tmp_path: Path) -> None:
        done = restore(settings_for(tmp_path / "new"), archive)
        assert (done.moved_to, done.brought_key) == (None, True)
        new = content(tmp_path / "new")
        assert sorted(new) == sorted([DATABASE, KEY_FILE, POLICY, GUILD_FILE])
        assert all(new[name] == content(data)[name] for name in (KEY_FILE, POLICY, GUILD_FILE))
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").rglob("*.y*ml")} == {0o600}
        assert await texts(tmp_path / "new") == [f"{number} {SECRET}" for number in range(1, 6)]

    async def test_a_folder_in_use_is_left_alone_unless_asked(self, data: Path, archive: Path) -> None:
        await fill(data, 9)
        (data / "policies/7/spam.yaml").write_text("title: Spam\n")
        before = content(data)
        with pytest.raises(InputError, match="is in use") as caught:
            restore(settings_for(data), archive)
        assert "--replace" in caught.value.hint
        assert content(data) == before
        done = restore(settings_for(data), archive, replace=True)
        assert done.moved_to is not None
        assert not done.brought_key, "the key that is there opens it"
        assert len(await texts(data)) == 5
        assert not (data / "policies/7/spam.yaml").exists()
        moved = content(done.moved_to)
        assert moved == {name: text for name, text in before.items() if name != KEY_FILE}

    async def test_a_running_bot_is_not_disturbed(self, data: Path, archive: Path) -> None:
        with data_lock(data), pytest.raises(EnvironmentProblem, match="another safeguild works"):
            restore(settings_for(data), archive, replace=True)

    async def test_the_operator_s_key_is_never_replaced(self, data: Path, archive: Path, tmp_path: Path) -> None:
        write_keys(tmp_path / "key", new_key())
        with pytest.raises(SettingsError, match="sealed with the key") as caught:
            restore(settings_for(tmp_path / "new", key_file=tmp_path / "key"), archive)
        assert read_keys(data / KEY_FILE).newest.id in caught.value.message
        assert list(content(tmp_path / "new")) == []
        shutil.copy(data / KEY_FILE, tmp_path / "key")
        assert not restore(settings_for(tmp_path / "new", key_file=tmp_path / "key"), archive).brought_key
        assert not (tmp_path / "new" / KEY_FILE).exists()

    async def test_without_the_key_nothing_is_changed(self, data: Path, tmp_path: Path) -> None:
        archive = make_backup(settings_for(data), tmp_path / "backup.tar").path
        (data / KEY_FILE).unlink()
        before = content(data)
        with pytest.raises(SettingsError, match="which is not here"):
            restore(settings_for(data), archive, replace=True)
        assert content(data) == before

    async def test_a_backup_from_before_a_change_of_keys_opens_with_the_old_one(
        self, data: Path, tmp_path: Path
    ) -> None:
        archive = make_backup(settings_for(data), tmp_path / "backup.tar").path
        (old,) = (await rotate(settings_for(data))).retired
        with pytest.raises(SettingsError, match="which is not here"):
            restore(settings_for(tmp_path / "new"), archive)
        restore(settings_for(tmp_path / "new", key_file=old), archive)
        shutil.copy(old, tmp_path / "new" / KEY_FILE)
        assert len(await texts(tmp_path / "new")) == 5


class TestDamage:
    """Whatever is wrong with the file, it is told in one line, and nothing is changed."""

    def refused(self, folder: Path, archive: Path) -> str:
        with pytest.raises(InputError) as caught:
            restore(settings_for(folder), archive)
        assert content(folder) == {}
        assert not (folder / ".restoring").exists()
        return caught.value.message

    async def test_what_is_no_backup(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("hello")
        assert "no whole backup" in self.refused(tmp_path / "new", tmp_path / "text")
        with tarfile.open(tmp_path / "other.tar", "w") as tar:
            tar.add(tmp_path / "text", "text")
        assert "no backup of Safeguild" in self.refused(tmp_path / "new", tmp_path / "other.tar")
        with pytest.raises(InputError, match="there is no file"):
            restore(settings_for(tmp_path / "new"), tmp_path / "missing")

    @pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
    def test_a_file_that_was_cut_off(self, archive: Path, tmp_path: Path, part: float) -> None:
        whole = archive.read_bytes()
        archive.write_bytes(whole[: int(len(whole) * part)])
        self.refused(tmp_path / "new", archive)

    async def test_a_byte_that_has_changed(self, archive: Path, tmp_path: Path) -> None:
        other = rewritten(
            archive,
            lambda head, text: [(head, text[:-9] + b"x" + text[-8:] if head.name == DATABASE else text)],
        )
        assert f"{DATABASE} is damaged" in self.refused(tmp_path / "new", other)

    async def test_a_file_that_is_missing_or_too_much(self, archive: Path, tmp_path: Path) -> None:
        fewer = rewritten(archive, lambda head, text: [] if head.name == POLICY else [(head, text)])
        assert f"{POLICY} is missing" in self.refused(tmp_path / "new", fewer)
        extra = tarfile.TarInfo("guilds/8.yaml")
        more = rewritten(
            archive, lambda head, text: [(head, text), *([(extra, b"x")] if head.name == POLICY else [])]
        )
        assert "should not be in it" in self.refused(tmp_path / "new", more)

    @pytest.mark.parametrize(
        "name", ["../escaped.yaml", "policies/../../escaped", "/etc/escaped", "guilds/./x", "bot.lock", "guilds/"]
    )
    async def test_a_name_that_leads_elsewhere(self, archive: Path, tmp_path: Path, name: str) -> None:
        def renamed(head: tarfile.TarInfo, text: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
            if head.name == MANIFEST:
                manifest = json.loads(text)
                manifest["items"][1]["name"] = name
                return [(head, json.dumps(manifest).encode())]
            if head.name == POLICY:
                head.name = name
            return [(head, text)]

        assert "which no backup holds" in self.refused(tmp_path / "new", rewritten(archive, renamed))
        assert not (tmp_path / "escaped.yaml").exists()

    async def test_a_link_in_place_of_a_file(self, archive: Path, tmp_path: Path) -> None:
        def linked(head: tarfile.TarInfo, text: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
            if head.name == GUILD_FILE:
                head.type, head.linkname = tarfile.SYMTYPE, "/etc/passwd"
                return [(head, b"")]
            return [(head, text)]

        assert "should not be in it" in self.refused(tmp_path / "new", rewritten(archive, linked))


class TestCommands:
    async def test_they_say_what_they_did(
        self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from bot.cli.ending import run_command
        from bot.cli.root import app

        monkeypatch.setenv("SAFEGUILD_DATA_FOLDER", str(data))
        monkeypatch.chdir(tmp_path)
        assert run_command(app, ["backup", "one.tar"]) == 0
        said = capsys.readouterr()
        assert "one.tar" in said.out
        assert f"It opens with the key {read_keys(data / KEY_FILE).newest.id}" in said.err
        assert run_command(app, ["restore", "one.tar"]) == 1
        assert "is in use" in capsys.readouterr().err
        assert run_command(app, ["restore", "one.tar", "--replace"]) == 0
        assert "What was there before is in" in capsys.readouterr().err
