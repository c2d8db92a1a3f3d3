"""The Discord settings: where the token may come from, and that it is shown nowhere."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.discord_token import VARIABLE, find_token, read_token
from bot.errors import ExitCode, SettingsError
from bot.settings import DiscordSettings
from bot.settings_docs import shown_value
from bot.settings_sources import load_settings

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789AB"


@pytest.fixture(autouse=True)
def _in_a_place_of_its_own(place, monkeypatch) -> None:
    """Nothing of the machine's own settings is seen."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def write(text: str) -> Path:
    path = Path("safeguild.toml")
    path.write_text(text, encoding="utf-8")
    return path


def token_file(text: str = TOKEN, *, mode: int = 0o600, path: Path = Path("token")) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def refusal(**settings) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        read_token(DiscordSettings(**settings))
    assert caught.value.exit_code is ExitCode.USAGE
    return caught.value


def test_without_settings_discord_itself_is_meant_and_every_guild():
    discord = load_settings().discord
    assert (discord.api, discord.gateway) == ("https://discord.com/api/v10", "wss://gateway.discord.gg/")
    assert (discord.token, discord.token_file, discord.guilds) == (None, None, ())
    assert (discord.requests_per_second, discord.intake_capacity) == (40, 5000)


def test_the_token_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv(VARIABLE, TOKEN)
    token = read_token(load_settings().discord)
    assert (token.secret.get_secret_value(), token.source, token.warning) == (TOKEN, VARIABLE, "")


def test_a_token_in_the_settings_file_is_refused_with_what_to_do_and_not_repeated():
    write(f'[discord]\ntoken = "{TOKEN}"\n')
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.message == "safeguild.toml: the token must not stand in the settings file"
    assert VARIABLE in caught.value.hint
    assert "discord.token_file" in caught.value.hint
    assert TOKEN not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("text", [f'discord = "{TOKEN}"\n', f'[discord]\ntokn = "{TOKEN}"\n'])
def test_a_token_at_a_wrong_place_in_the_file_is_not_repeated(text):
    write(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert TOKEN not in str(caught.value) + caught.value.hint


def test_the_token_is_in_no_repr_no_dump_and_no_list_of_settings(monkeypatch, inside, capsys):
    monkeypatch.setenv(VARIABLE, TOKEN)
    settings = load_settings()
    ended = inside("settings")
    seen = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        repr(read_token(settings.discord)),
        ended.out,
    ]
    assert not any(TOKEN in text for text in seen)
    assert shown_value(settings, "discord.token") == "set (not shown)"
    assert "discord.token = set (not shown)" in ended.out


def test_a_relative_token_file_in_the_settings_file_starts_at_its_folder(tmp_path, monkeypatch):
    (tmp_path / "etc").mkdir()
    write('[discord]\ntoken_file = "token"\n').rename(tmp_path / "etc/safeguild.toml")
    token_file(path=tmp_path / "etc/token")
    settings = load_settings(tmp_path / "etc/safeguild.toml")
    assert read_token(settings.discord).source == str(tmp_path / "etc/token")


@pytest.mark.parametrize("named_in", ["the file", "the environment"])
def test_a_credential_of_systemd_is_found_by_its_name_and_may_have_any_mode(tmp_path, monkeypatch, named_in):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    path = token_file(mode=0o440, path=tmp_path / "discord-token")
    if named_in == "the file":
        write('[discord]\ntoken_file = "discord-token"\n')
    else:
        monkeypatch.setenv("SAFEGUILD_DISCORD__TOKEN_FILE", "discord-token")
    token = read_token(load_settings().discord)
    assert (token.source, token.warning) == (str(path), "")


def test_the_environment_wins_over_the_file(monkeypatch):
    other = TOKEN.replace("Gh", "Xy")
    token = read_token(DiscordSettings(token=SecretStr(other), token_file=token_file()))
    assert token.secret.get_secret_value() == other


@pytest.mark.parametrize("written", [TOKEN, f"Bot {TOKEN}", f"  {TOKEN}\r\n", f"\ufeff{TOKEN}\n"])
def test_what_people_copy_along_with_a_token_is_taken_off(written):
    assert read_token(DiscordSettings(token_file=token_file(written))).secret.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "nothing in it"),
        ("8f3a5c0d9e", "1 part"),
        ("a.b", "2 parts"),
        ("a.b.c.d", "4 parts"),
        ("a..c", "characters that no token has"),
        ("a.b.c\na.b.d", "spaces or several lines"),
    ],
)
def test_what_is_no_token_is_refused_before_discord_is_asked(written, said):
    error = refusal(token_file=token_file(written))
    assert error.message == f"token: this is no bot token (it has {said})"
    assert "three parts" in error.hint


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_is_refused_is_not_repeated(text):
    error = refusal(token=SecretStr(f"{text}!half-of-a-token"))
    assert "half-of-a-token" not in error.message + error.hint


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_token_file_that_others_can_read_is_warned_of(mode, warned):
    token = read_token(DiscordSettings(token_file=token_file(mode=mode)))
    assert ("can be read by other users" in token.warning) is warned


def test_a_token_file_that_is_missing_or_no_text_is_refused():
    assert refusal(token_file="nowhere").message == "there is no token file nowhere"
    Path("token").write_bytes(b"\xff\xfe\x00")
    assert refusal(token_file="token").message == "token is no text file"
    assert "cannot be read: Is a directory" in refusal(token_file=".").message


def test_without_a_token_it_is_said_how_to_get_one():
    assert find_token(DiscordSettings()) is None
    error = refusal()
    assert "no token is set" in error.message
    assert VARIABLE in error.hint
    assert "docs/run.md" in error.hint


@pytest.mark.parametrize(
    ("written", "ids"), [("1, 2,3", (1, 2, 3)), ("", ()), ("987654321098765432", (987654321098765432,))]
)
def test_guilds_in_the_environment_are_separated_by_commas(monkeypatch, written, ids):
    monkeypatch.setenv("SAFEGUILD_DISCORD__GUILDS", written)
    assert load_settings().discord.guilds == ids


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("guilds = [0]", "discord.guilds: should be greater than or equal to 1, not 0"),
        ("guilds = 5", "discord.guilds: write a list of ids: `[1234567890]`, not 5"),
        ("requests_per_second = 45", "discord.requests_per_second: should be less than or equal to 44, not 45"),
        ("intake_capacity = 3", "discord.intake_capacity: should be greater than or equal to 100, not 3"),
    ],
)
def test_a_discord_setting_that_makes_no_sense_is_refused(text, message):
    write(f"[discord]\n{text}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.message == f"safeguild.toml: {message}"


@pytest.mark.parametrize(
    ("key", "value"),
    [("api", "discord.com"), ("api", "ftp://x/"), ("gateway", "https://x/"), ("gateway", "wss://")],
)
def test_an_address_of_another_kind_is_refused(key, value):
    write(f'[discord]\n{key} = "{value}"\n')
    with pytest.raises(SettingsError, match=f"discord.{key}"):
        load_settings()


def test_the_slash_at_the_end_of_the_api_is_taken_off():
    write('[discord]\napi = "http://127.0.0.1:8080/api/v10/"\n')
    assert load_settings().discord.api == "http://127.0.0.1:8080/api/v10"
