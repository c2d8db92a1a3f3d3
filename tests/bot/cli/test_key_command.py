"""The key that what members wrote is sealed with: where it may come from, and how it is changed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.case import CaseState
from bot.errors import EnvironmentProblem, ExitCode, SettingsError
from bot.live.data_lock import data_lock
from bot.live.rotation import rotate
from bot.settings_sources import load_settings
from bot.store import DATABASE, open_store
from bot.store.key_file import NAME, read_keys, write_keys
from bot.store.sealing import Key, Keys, new_key
from bot.store_key import VARIABLE, find_store_key
from tests.bot.store.samples import GUILD, policy, suspected

ONE, TWO = new_key(), new_key()


@pytest.fixture(autouse=True)
def _in_a_place_of_its_own(place, monkeypatch) -> None:
    """Nothing of the machine's own settings is seen."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def fill(folder: Path, keys: Keys | None = None, cases: int = 3) -> None:
    """A data folder with cases in it."""

    async def write() -> None:
        async with open_store(folder / DATABASE, keys=keys) as store:
            await store.keep_policy(GUILD, policy())
            await asyncio.gather(*(store.record(suspected(number)) for number in range(1, cases + 1)))

    folder.mkdir(exist_ok=True)
    asyncio.run(write())


def count(folder: Path, keys: Keys | None = None) -> int:
    """How many cases can be read."""

    async def read() -> int:
        async with open_store(folder / DATABASE, keys=keys) as store:
            return len([case async for case in store.cases(*CaseState)])

    return asyncio.run(read())


class TestSettings:
    def test_without_any_it_is_that_of_the_data_folder(self, place):
        assert find_store_key(load_settings().store, place.data) is None
        place.data.mkdir()
        write_keys(place.data / NAME, ONE)
        found = find_store_key(load_settings().store, place.data)
        assert found is not None
        assert (found.keys, found.source, found.warning) == (Keys(ONE), str(place.data / NAME), "")
        assert found.may_be_written

    def test_it_comes_from_the_environment_and_is_not_shown(self, place, monkeypatch, inside):
        monkeypatch.setenv(VARIABLE, f"{ONE.text},{TWO.text}")
        settings = load_settings()
        found = find_store_key(settings.store, place.data)
        assert found is not None
        assert (found.keys, found.source, found.may_be_written) == (Keys(ONE, (TWO,)), VARIABLE, False)
        assert "store.key = set (not shown)" in inside("settings").out
        assert ONE.text not in repr(settings) + repr(found) + settings.model_dump_json()

    def test_it_comes_from_a_file_whose_mode_is_looked_at(self, place):
        write_keys(Path("key"), ONE)
        Path("key").chmod(0o644)
        Path("safeguild.toml").write_text('[store]\nkey_file = "key"\n')
        found = find_store_key(load_settings().store, place.data)
        assert found is not None
        assert found.keys == Keys(ONE)
        assert "can be read by other users (mode 644)" in found.warning

    def test_a_credential_of_systemd_is_found_by_its_name_and_not_written(self, place, tmp_path, monkeypatch):
        write_keys(tmp_path / "store-key", ONE)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        Path("safeguild.toml").write_text('[store]\nkey_file = "store-key"\n')
        found = find_store_key(load_settings().store, place.data)
        assert found is not None
        assert (found.file, found.may_be_written) == (tmp_path / "store-key", False)

    def test_a_key_in_the_settings_file_is_refused_and_not_repeated(self):
        Path("safeguild.toml").write_text(f'[store]\nkey = "{ONE.text}"\n')
        with pytest.raises(SettingsError, match="the key must not stand in the settings file") as caught:
            load_settings()
        assert "`store.key_file`" in caught.value.hint
        assert ONE.text not in caught.value.message + caught.value.hint

    @pytest.mark.parametrize(
        "text", ["canary", " ", f"{ONE.text}{ONE.text}"], ids=["a word", "a blank", "two keys"]
    )
    def test_what_is_no_key_is_refused_and_not_repeated(self, place, text):
        Path("key").write_text(text)
        Path("safeguild.toml").write_text('[store]\nkey_file = "key"\n')
        with pytest.raises(SettingsError) as caught:
            find_store_key(load_settings().store, place.data)
        assert "safeguild key new" in caught.value.hint
        assert not text.strip() or text not in caught.value.message + caught.value.hint

    def test_days_that_make_no_sense_together_are_refused(self):
        Path("safeguild.toml").write_text("[store]\nforget_after_days = 20\n")
        with pytest.raises(SettingsError, match="must not be less than"):
            load_settings()


def test_a_fresh_key_is_printed_and_stored_nowhere(place, inside):
    ended = inside("key", "new")
    assert ended.code == 0
    assert Key.parse(ended.out.strip())
    assert not place.data.exists()


class TestRotation:
    def test_everything_is_sealed_with_a_new_key_and_the_old_one_is_kept_for_backups(self, place, inside):
        fill(place.data)
        old = read_keys(place.data / NAME).newest
        ended = inside("key", "rotate")
        new = read_keys(place.data / NAME)
        assert ended.code == 0, ended.err
        assert new.newest.id != old.id
        assert not new.older
        assert read_keys(place.data / f"{NAME}.{old.id}").newest == old
        assert f"sealed with the key {new.newest.id}" in ended.out
        assert "opens backups from before" in ended.out
        assert new.newest.text not in ended.out
        assert count(place.data) == 3

    def test_a_key_in_a_variable_is_changed_by_hand(self, place, inside, monkeypatch):
        fill(place.data, Keys(ONE))
        monkeypatch.setenv(VARIABLE, ONE.text)
        ended = inside("key", "rotate")
        assert ended.code == ExitCode.USAGE
        assert f"{VARIABLE}=NEW,OLD" in ended.err
        monkeypatch.setenv(VARIABLE, f"{TWO.text},{ONE.text}")
        ended = inside("key", "rotate")
        assert ended.code == 0
        assert f"take it out of {VARIABLE}" in ended.out
        assert count(place.data, Keys(TWO)) == 3

    def test_a_change_that_was_begun_is_ended_without_a_third_key(self, place, inside):
        write_keys(Path("key"), TWO, ONE)
        Path("safeguild.toml").write_text('[store]\nkey_file = "key"\n')
        fill(place.data, Keys(ONE))
        assert inside("key", "rotate").code == 0
        assert read_keys(Path("key")) == Keys(TWO)
        assert count(place.data, Keys(TWO)) == 3

    def test_where_nothing_is_stored_there_is_nothing_to_change(self, inside):
        ended = inside("key", "rotate")
        assert ended.code == ExitCode.PROBLEMS
        assert "nothing is stored" in ended.err

    async def test_a_running_bot_is_not_disturbed(self, place):
        await asyncio.to_thread(fill, place.data)
        with data_lock(place.data), pytest.raises(EnvironmentProblem, match="another safeguild works"):
            await rotate(load_settings())

    def test_killed_at_any_time_the_same_command_goes_on(self, place):
        fill(place.data, cases=400)
        first = read_keys(place.data / NAME).newest.id
        command = [sys.executable, "-m", "bot", "key", "rotate"]
        for pause in (0.05, 0.02, 0.0):
            before = {file.name: file.stat().st_mtime_ns for file in place.data.iterdir()}
            with subprocess.Popen(
                command, env=os.environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            ) as one:
                until = time.monotonic() + 20
                while time.monotonic() < until and one.poll() is None:
                    if (place.data / NAME).stat().st_mtime_ns != before[NAME]:
                        break
                    time.sleep(0.001)
                time.sleep(pause)
                one.send_signal(signal.SIGKILL)
        done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        keys = read_keys(place.data / NAME)
        assert not keys.older
        assert keys.newest.id != first
        assert count(place.data) == 400
