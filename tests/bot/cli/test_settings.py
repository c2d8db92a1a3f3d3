"""Settings: where they come from, what is refused, and that all of them are documented."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ExitCode, SettingsError
from bot.settings_docs import setting_docs, settings_page, shown_value
from bot.settings_sources import load_settings
from bot.units import format_duration, format_size, parse_duration, parse_size

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _in_a_place_of_its_own(place) -> None:
    """Nothing of the machine's own settings is seen."""


def write(text: str) -> Path:
    path = Path("safeguild.toml")
    path.write_text(text, encoding="utf-8")
    return path


def refusal(text: str) -> SettingsError:
    write(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.exit_code is ExitCode.USAGE
    return caught.value


def test_without_a_file_the_defaults_hold(place):
    settings = load_settings()
    assert settings.data_folder == place.data
    assert settings.model.path is None
    assert settings.engine.width == 8


def test_without_any_variable_the_data_folder_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.delenv("SAFEGUILD_DATA_FOLDER")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert load_settings().data_folder == tmp_path / "safeguild"


def test_the_file_in_the_working_directory_is_read():
    write('log_level = "debug"\n[engine]\nwidth = 3\nstart = "2 minutes"\n')
    settings = load_settings()
    assert (settings.log_level, settings.engine.width) == ("debug", 3)
    assert settings.engine.start == timedelta(minutes=2)


def test_an_environment_variable_wins_over_the_file_and_leaves_the_rest_of_the_section(monkeypatch):
    write("[engine]\nwidth = 3\nprefixes = 5\n")
    monkeypatch.setenv("SAFEGUILD_ENGINE__WIDTH", "4")
    assert (load_settings().engine.width, load_settings().engine.prefixes) == (4, 5)


def test_an_empty_environment_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("SAFEGUILD_MODEL__PATH", "")
    assert load_settings().model.path is None


def test_relative_paths_in_the_file_start_at_the_files_own_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("SAFEGUILD_DATA_FOLDER")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "my.toml").write_text('data_folder = "data"\n[model]\npath = "models/a.gguf"\n')
    settings = load_settings(folder / "my.toml")
    assert settings.data_folder == folder / "data"
    assert settings.model.path == folder / "models/a.gguf"


def test_the_file_can_be_named_by_an_option_or_a_variable(safeguild, tmp_path):
    (tmp_path / "my.toml").write_text("[engine]\nwidth = 6\n")
    by_option = safeguild("--config", tmp_path / "my.toml", "settings")
    by_variable = safeguild("settings", SAFEGUILD_CONFIG=str(tmp_path / "my.toml"))
    assert "engine.width = 6" in by_option.stdout
    assert by_variable.stdout == by_option.stdout


def test_a_named_file_that_is_missing_is_an_error():
    with pytest.raises(SettingsError, match="no such settings file"):
        load_settings(Path("missing.toml"))


@pytest.mark.parametrize(
    ("text", "named", "meant"),
    [
        ("[engine]\nwidht = 3\n", "engine.widht", "engine.width"),
        ("[modle]\npath = 'x'\n", "modle", "model"),
        ("loglevel = 'info'\n", "loglevel", "log_level"),
    ],
)
def test_an_unknown_key_is_refused_with_the_file_and_what_was_meant(text, named, meant):
    error = refusal(text)
    assert error.message == f"safeguild.toml: there is no setting `{named}`"
    assert error.hint == f"did you mean `{meant}`?"


def test_an_unknown_environment_variable_is_refused_too(monkeypatch):
    monkeypatch.setenv("SAFEGUILD_ENGINE_WIDTH", "4")
    error = refusal("")
    assert "SAFEGUILD_ENGINE_WIDTH" in error.message
    assert error.hint == "did you mean `SAFEGUILD_ENGINE__WIDTH`?"


def test_an_environment_variable_with_a_wrong_value_is_named(monkeypatch):
    monkeypatch.setenv("SAFEGUILD_ENGINE__WIDTH", "many")
    assert refusal("").message == (
        "environment variable SAFEGUILD_ENGINE__WIDTH: write a whole number, not 'many'"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[engine]\nwidth = true\n", "safeguild.toml: engine.width: write a number, not True"),
        ("[engine]\nwidth = 0\n", "safeguild.toml: engine.width: should be greater than or equal to 1, not 0"),
        ("[engine]\nthreads = 'lots'\n", "safeguild.toml: engine.threads: write a whole number, not 'lots'"),
        ("engine = 3\n", "safeguild.toml: engine: write a section of its own: `[engine]`, not 3"),
        ("[model]\npath = 3\n", "safeguild.toml: model.path: write a path, in quotation marks, not 3"),
        (
            "[model]\nkeep_free = 5\n",
            'safeguild.toml: model.keep_free: write a size with its unit, for instance "2 GB" or "512 MiB", not 5',
        ),
        (
            "[engine]\nqueue = 100\nwidth = 51\n",
            "safeguild.toml: engine: `queue` (100) must be at least twice `width` (51)",
        ),
        (
            "[engine]\ncontext = 100\n",
            "safeguild.toml: engine.context: should be greater than or equal to 8192, not 100",
        ),
        (
            "[servers]\nurls = 3\n",
            'safeguild.toml: servers.urls: write a list of addresses: `["http://127.0.0.1:8080"]`',
        ),
        (
            "[engine]\nhang = '5'\n",
            'safeguild.toml: engine.hang: write a time with its unit, for instance "90s" or "30 days", not \'5\'',
        ),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_what_to_write(text, message):
    assert refusal(text).message == message


@pytest.mark.parametrize(
    "url", ["ftp://a", "judge:8080", "http://", "http://me:canary@a", "http://a?key=canary", "http://a b"]
)
def test_an_address_of_a_server_that_makes_no_sense_is_refused_and_not_repeated(url):
    error = refusal(f'[servers]\nurls = ["{url}"]\n')
    assert error.message.startswith("safeguild.toml: servers.urls: write an address like http://127.0.0.1:8080")
    assert "canary" not in error.message + error.hint


def test_servers_are_listed_in_the_file_or_in_a_variable(monkeypatch):
    write('[servers]\nurls = ["http://a:1/", "https://b/v1"]\n')
    assert load_settings().servers.urls == ("http://a:1", "https://b/v1")
    monkeypatch.setenv("SAFEGUILD_SERVERS__URLS", "http://c:1, http://[::1]:2")
    assert load_settings().servers.urls == ("http://c:1", "http://[::1]:2")


def test_a_file_that_is_no_toml_is_refused_with_the_place():
    error = refusal("width = \n")
    assert error.message.startswith("safeguild.toml: ")
    assert "line 1" in error.message


def test_a_file_that_is_no_text_is_refused():
    Path("safeguild.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="no UTF-8 text"):
        load_settings()


def test_a_file_that_cannot_be_read_is_refused_in_plain_words():
    Path("safeguild.toml").mkdir()
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.message.endswith("safeguild.toml: the settings cannot be read: Is a directory")
    assert "owner and permissions" in caught.value.hint


def test_every_setting_is_described_and_has_a_value():
    settings = load_settings()
    for doc in setting_docs():
        assert len(doc.description) > 20, doc.name
        assert shown_value(settings, doc.name), doc.name


def test_the_settings_page_is_the_one_in_docs():
    assert (REPOSITORY / "docs/settings.md").read_text("utf-8") == settings_page(), (
        "make it anew: safeguild settings --markdown > docs/settings.md"
    )


def test_the_command_lists_every_setting_with_its_value(safeguild):
    done = safeguild("settings", SAFEGUILD_ENGINE__WIDTH="5")
    assert done.returncode == ExitCode.OK
    assert "engine.width = 5" in done.stdout
    assert all(doc.name in done.stdout and doc.variable in done.stdout for doc in setting_docs())


def test_the_command_line_names_a_wrong_setting_and_ends_with_two(safeguild):
    write("widht = 3\n")
    done = safeguild("settings")
    assert done.returncode == ExitCode.USAGE
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "safeguild: safeguild.toml: there is no setting `widht`",
        "hint: `safeguild settings` lists them all",
    ]


def test_importing_the_settings_reads_neither_environment_nor_files(safeguild):
    done = safeguild("--version", SAFEGUILD_NONSENSE="1")
    assert done.returncode == ExitCode.OK


@given(st.floats(min_value=0.1, max_value=999), st.sampled_from(["B", "kB", "MB", "GiB", "tb", "KIB"]))
def test_a_size_is_its_number_times_its_unit(number, unit):
    number = round(number, 3)
    factor = {"b": 1, "kb": 10**3, "mb": 10**6, "gib": 2**30, "tb": 10**12, "kib": 2**10}[unit.lower()]
    assert parse_size(f"{number} {unit}") == parse_size(f"{number}{unit}") == round(number * factor)


@given(st.integers(min_value=0, max_value=10**6))
def test_a_duration_survives_being_written_and_read(seconds):
    assert parse_duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "GB", "-1 GB", "1e3 GB", "5 GB 3", "½ GB", None, 5, True, "5 parsecs"])
def test_a_size_without_a_sensible_unit_is_refused(text):
    with pytest.raises(ValueError, match="with its unit"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_109_566_560, "12.1 GB"), (2e12, "2.0 TB")],
)
def test_sizes_are_shown_in_decimal_units(size, shown):
    assert format_size(size) == shown
