"""The key of the servers that judge: where it may come from, and that it is shown nowhere."""

from pathlib import Path

import pytest

from bot.api_key import VARIABLE, find_api_key
from bot.errors import SettingsError
from bot.judge_settings import ServerSettings
from bot.settings_sources import load_settings

KEY = "sk-canary-0123456789"


@pytest.fixture(autouse=True)
def _in_a_place_of_its_own(place, monkeypatch) -> None:
    """Nothing of the machine's own settings is seen."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def key_file(text: str, mode: int = 0o600) -> Path:
    path = Path("key")
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_without_a_key_none_is_sent():
    assert find_api_key(load_settings().servers) is None


def test_the_key_comes_from_the_environment_and_is_not_shown(monkeypatch, inside):
    monkeypatch.setenv(VARIABLE, KEY)
    settings = load_settings()
    found = find_api_key(settings.servers)
    assert found is not None
    assert (found.secret.get_secret_value(), found.warning) == (KEY, "")
    assert "servers.api_key = set (not shown)" in inside("settings").out
    assert KEY not in repr(settings) + repr(found) + settings.model_dump_json()


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o644, True)])
def test_the_key_comes_from_a_file_whose_mode_is_looked_at(mode, warned):
    Path("safeguild.toml").write_text('[servers]\napi_key_file = "key"\n')
    key_file(f"{KEY}\n", mode)
    found = find_api_key(load_settings().servers)
    assert found is not None
    assert found.secret.get_secret_value() == KEY
    assert ("can be read by other users (mode 644)" in found.warning) is warned


def test_a_key_in_the_settings_file_is_refused_and_not_repeated():
    Path("safeguild.toml").write_text(f'[servers]\napi_key = "{KEY}"\n')
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.message == "safeguild.toml: the key must not stand in the settings file"
    assert VARIABLE in caught.value.hint
    assert "`servers.api_key_file`" in caught.value.hint
    assert KEY not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("text", ["", " \n", "two words", "naïve", f"{KEY}\n{KEY}"])
def test_what_is_no_key_is_refused_and_not_repeated(text):
    with pytest.raises(SettingsError, match="this is no key") as caught:
        find_api_key(ServerSettings(api_key_file=key_file(text)))
    assert not text.strip() or text.strip() not in caught.value.message + caught.value.hint


def test_a_missing_key_file_is_named():
    with pytest.raises(SettingsError, match="there is no key file nowhere"):
        find_api_key(ServerSettings(api_key_file=Path("nowhere")))
