"""Which model judges: the setting, then the recorded one, then the stand-in; and `safeguild model use`."""

import hashlib
from pathlib import Path

import pytest

from bot.errors import EnvironmentProblem, ExitCode
from bot.models.choice import choose_model
from bot.models.record import IN_USE, known_sha256, load_record, save_record
from bot.models.use import take_model
from bot.settings_sources import load_settings
from inference.model_file import read_model_file
from inference.standin.notice import STANDIN_NOTICE


@pytest.fixture
def recorded(place, tiny_model, meter):
    place.data.mkdir()
    record = take_model(tiny_model, meter)
    save_record(place.data, record)
    return record


def test_without_anything_the_stand_in_judges(place):
    choice = choose_model(load_settings())
    assert choice.path is None
    assert "none was fetched" in choice.reason


def test_a_recorded_model_judges_and_its_sum_is_known(recorded, tiny_model):
    choice = choose_model(load_settings())
    assert choice.path == tiny_model
    assert choice.record.sha256 == hashlib.sha256(tiny_model.read_bytes()).hexdigest()


def test_the_setting_wins_over_the_record(recorded, monkeypatch, tmp_path):
    monkeypatch.setenv("SAFEGUILD_MODEL__PATH", str(tmp_path / "other.gguf"))
    choice = choose_model(load_settings())
    assert choice.path == tmp_path / "other.gguf"
    assert choice.record is None


def test_the_setting_can_ask_for_the_stand_in(recorded, monkeypatch):
    monkeypatch.setenv("SAFEGUILD_MODEL__PATH", "stand-in")
    assert choose_model(load_settings()).path is None


def test_a_file_that_changed_since_is_still_chosen_but_its_sum_is_not_trusted(recorded, tiny_model):
    tiny_model.write_bytes(tiny_model.read_bytes() + b"more")
    choice = choose_model(load_settings())
    assert choice.path == tiny_model
    assert choice.record is None


def test_a_damaged_record_is_an_error_that_names_the_file(place):
    place.data.mkdir()
    (place.data / IN_USE).write_text("{")
    with pytest.raises(EnvironmentProblem, match=r"model\.json") as caught:
        choose_model(load_settings())
    assert "safeguild model use" in caught.value.hint


def test_the_sum_of_a_model_named_in_the_settings_is_read_once(place, tiny_model, meter):
    place.data.mkdir()
    model = read_model_file(tiny_model)
    first = known_sha256(place.data, model, meter)
    assert known_sha256(place.data, model, meter) == first
    assert len(meter.begun) == 1
    assert load_record(place.data) is None, "being used is not being put into use"
    tiny_model.write_bytes(tiny_model.read_bytes() + b"more")
    assert known_sha256(place.data, model, meter) != first


def test_the_command_takes_a_file_from_disk_and_leaves_it_there(safeguild, place, tiny_model):
    done = safeguild("model", "use", tiny_model)
    assert done.returncode == ExitCode.OK, done.stderr
    digest = hashlib.sha256(tiny_model.read_bytes()).hexdigest()
    assert done.stdout.splitlines() == [str(tiny_model), f"sha256 {digest}"]
    assert load_record(place.data).path == str(tiny_model)
    assert place.data.stat().st_mode & 0o777 == 0o700
    shown = safeguild("model", "show")
    assert shown.stdout.splitlines() == [
        f"model:  {tiny_model}",
        "why:    it was recorded as the model in use (taken from disk)",
        "name:   tiny test model",
        f"size:   {tiny_model.stat().st_size / 1000:.1f} kB, 1 tensors, all in the file",
        f"sha256: {digest}",
    ]


def test_a_relative_path_is_recorded_as_an_absolute_one(inside, place, tiny_model):
    local = place.work / "local.gguf"
    local.write_bytes(tiny_model.read_bytes())
    assert inside("model", "use", "local.gguf").code == ExitCode.OK
    assert Path(load_record(place.data).path) == local


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[:-1], "is cut short"),
        (lambda content: b"<html>" + content, "is not a GGUF file"),
        (lambda content: content[:0], "is empty"),
        (lambda content: content[:200], "is damaged"),
    ],
)
def test_a_damaged_file_is_refused_and_the_model_in_use_stays(inside, place, recorded, tmp_path, damage, said):
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(damage(Path(recorded.path).read_bytes()))
    done = inside("model", "use", bad)
    assert done.code == ExitCode.ENVIRONMENT
    assert said in done.err
    assert "hint: " in done.err
    assert load_record(place.data) == recorded


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(inside, tmp_path):
    assert "there is no model file" in inside("model", "use", tmp_path / "none.gguf").err
    assert "cannot be read: Is a directory" in inside("model", "use", tmp_path).err


def test_a_model_that_the_settings_overrule_is_taken_with_a_note(inside, tiny_model, monkeypatch):
    monkeypatch.setenv("SAFEGUILD_MODEL__PATH", "stand-in")
    done = inside("model", "use", tiny_model)
    assert done.code == ExitCode.OK
    assert "note: another model judges" in done.err


def test_the_stand_in_is_shown_as_what_it_is(inside):
    done = inside("model", "show")
    assert done.code == ExitCode.OK
    assert STANDIN_NOTICE in done.out


def test_a_data_folder_that_cannot_be_made_is_one_clear_error(inside, tiny_model, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SAFEGUILD_DATA_FOLDER", str(tmp_path / "file/data"))
    done = inside("model", "use", tiny_model)
    assert done.code == ExitCode.ENVIRONMENT
    assert "the data folder" in done.err
    assert "SAFEGUILD_DATA_FOLDER" in done.err
