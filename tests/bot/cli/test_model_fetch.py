"""`safeguild model fetch`: a download that survives what networks and disks do, and trusts nothing unchecked."""

import errno
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from bot.errors import EnvironmentProblem, ExitCode, SettingsError
from bot.models import fetch as fetching
from bot.models.fetch import fetch_model
from bot.models.hub import Source
from bot.models.record import load_record


def _beside(name):
    """Tests have no packages: a helper that lies beside them is loaded by its path."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


hub_module = _beside("loopback_hub")
REPOSITORY, FILE, COMMIT = hub_module.REPOSITORY, hub_module.FILE, hub_module.COMMIT


@pytest.fixture
def big_model(make_gguf, tmp_path):
    """1.3 MB of weights that are not all the same."""
    path = make_gguf(tmp_path / "big.gguf", rows=10_000)
    content = bytearray(path.read_bytes())
    content[-1_000_000:] = os.urandom(1_000_000)
    return bytes(content)


@pytest.fixture
def hub(big_model):
    with hub_module.loopback_hub(big_model) as hub:
        yield hub


@pytest.fixture
def fetch(hub, tmp_path, meter):
    def run(*, repository=REPOSITORY, file=FILE, revision="main", pinned=None, keep_free=0):
        source = Source(repository, file, revision, endpoint=hub.endpoint)
        folder = tmp_path / "models"
        return fetch_model(source, folder, pinned=pinned, keep_free=keep_free, meter=meter)

    return run


def parts(tmp_path):
    return list((tmp_path / "models").rglob("*.part"))


def test_a_model_is_downloaded_checked_and_described(fetch, hub, tmp_path, meter):
    record = fetch()
    assert Path(record.path).read_bytes() == hub.content
    assert record.sha256 == hub.sha256
    assert record.source == f"{REPOSITORY} at {COMMIT[:12]}"
    assert record.name == "tiny test model"
    assert record.is_current()
    assert meter.done == [len(hub.content)] * 2, "the bars of download and check end full"
    assert parts(tmp_path) == []


def test_a_connection_that_breaks_is_taken_up_where_it_broke(fetch, hub, monkeypatch, meter):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
    hub.cut_after = [400_000]
    record = fetch()
    assert Path(record.path).read_bytes() == hub.content
    assert hub.ranges == [None, "bytes=400000-"]
    assert meter.done[0] == len(hub.content)


def test_a_stopped_process_leaves_a_part_and_the_next_one_goes_on(fetch, hub, monkeypatch, tmp_path, meter):
    def stopped(remote, file, done, advance):
        file.write(hub.content[:500_000])
        raise KeyboardInterrupt

    monkeypatch.setattr(fetching, "download", stopped)
    with pytest.raises(KeyboardInterrupt):
        fetch()
    monkeypatch.undo()
    assert [part.stat().st_size for part in parts(tmp_path)] == [500_000]
    record = fetch()
    assert hub.ranges == ["bytes=500000-"]
    assert meter.begun[1] == (f"Downloading {FILE}", len(hub.content), 500_000)
    assert Path(record.path).read_bytes() == hub.content


def test_a_server_that_cannot_resume_sends_all_of_it_and_the_file_is_still_right(fetch, hub):
    hub.cut_after = [400_000]
    hub.ignores_ranges = True
    assert Path(fetch().path).read_bytes() == hub.content


def test_a_part_of_another_version_is_not_mixed_into_this_one(fetch, hub, tmp_path):
    folder = tmp_path / "models" / REPOSITORY.replace("/", "--")
    folder.mkdir(parents=True)
    (folder / f"{FILE}.aaaaaaaaaaaaaaaa.part").write_bytes(b"x" * 1000)
    assert Path(fetch().path).read_bytes() == hub.content
    assert parts(tmp_path) == []


def test_a_part_that_is_longer_than_the_file_is_thrown_away(fetch, hub, tmp_path):
    folder = tmp_path / "models" / REPOSITORY.replace("/", "--")
    folder.mkdir(parents=True)
    (folder / f"{FILE}.{hub.sha256[:16]}.part").write_bytes(b"x" * (len(hub.content) + 1))
    assert Path(fetch().path).read_bytes() == hub.content


def test_a_file_that_is_there_already_is_checked_and_not_downloaded_again(fetch, hub):
    fetch()
    hub.ranges.clear()
    fetch()
    assert hub.ranges == []


def test_content_with_another_sum_than_stated_is_removed(fetch, hub, tmp_path):
    hub.stated = "a" * 64
    with pytest.raises(EnvironmentProblem, match=f"has SHA-256 {hub.sha256} and should have {'a' * 64}"):
        fetch()
    assert parts(tmp_path) == []
    assert not list((tmp_path / "models").rglob("*.gguf"))


def test_a_good_model_stays_when_its_successor_is_wrong(fetch, hub):
    path = Path(fetch().path)
    hub.stated = "b" * 64
    with pytest.raises(EnvironmentProblem):
        fetch()
    assert path.read_bytes() == hub.content


def test_a_pinned_sum_that_the_repository_does_not_state_stops_before_the_download(fetch, hub):
    with pytest.raises(EnvironmentProblem, match=r"`model.sha256` pins"):
        fetch(pinned="c" * 64)
    assert hub.ranges == []


def test_a_pinned_sum_counts_where_the_repository_states_none(fetch, hub):
    hub.stated = ""
    with pytest.raises(EnvironmentProblem, match="does not state the SHA-256"):
        fetch()
    assert fetch(pinned=hub.sha256).sha256 == hub.sha256


def test_a_download_that_is_no_model_never_becomes_one(fetch, hub, tmp_path):
    hub.content = b"<html>please log in</html>" * 1000
    with pytest.raises(EnvironmentProblem, match="is not a GGUF file"):
        fetch()
    assert not list((tmp_path / "models").rglob("*.gguf"))


def test_too_little_disk_space_is_noticed_before_the_download_with_how_much_is_missing(fetch, hub):
    with pytest.raises(EnvironmentProblem, match=r"of disk space are missing: 1\.3 MB are to come") as caught:
        fetch(keep_free=10**18)
    assert "data_folder" in caught.value.hint
    assert hub.ranges == []


def test_a_disk_that_fills_up_on_the_way_keeps_what_has_come(fetch, hub, monkeypatch, tmp_path):
    def full(remote, file, done, advance):
        file.write(hub.content[:1000])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(fetching, "download", full)
    with pytest.raises(EnvironmentProblem, match="the disk is full") as caught:
        fetch()
    assert "goes on where it stopped" in caught.value.hint
    assert [part.stat().st_size for part in parts(tmp_path)] == [1000]


def test_a_file_that_the_repository_does_not_have_is_answered_with_those_it_has(fetch, hub):
    hub.files = ("README.md", "other-Q4.gguf", "other-MXFP4.gguf")
    with pytest.raises(EnvironmentProblem, match=r"has no file tiny\.gguf") as caught:
        fetch()
    assert caught.value.hint == "set `model.file` to one of: other-MXFP4.gguf, other-Q4.gguf"


def test_an_unknown_repository_and_an_unknown_revision_are_told_apart(fetch):
    with pytest.raises(EnvironmentProblem, match="there is no repository nobody/nothing"):
        fetch(repository="nobody/nothing")
    with pytest.raises(EnvironmentProblem, match="has no revision v9"):
        fetch(revision="v9")


def test_a_name_that_no_repository_can_have_is_a_wrong_setting(fetch):
    with pytest.raises(SettingsError, match=r"`model.repository` is no repository's name"):
        fetch(repository="a--b/c..d")


def test_a_hub_with_a_fault_of_its_own_is_said_so(fetch, hub):
    hub.status = 500
    with pytest.raises(EnvironmentProblem, match="the hub answered with an error"):
        fetch()


def test_a_page_that_is_no_hub_is_said_so(hub, fetch):
    hub.is_a_hub = False
    with pytest.raises(EnvironmentProblem, match="does not answer as a Hugging Face hub"):
        fetch()


def test_without_a_network_the_hint_says_what_to_do_instead(tmp_path, meter):
    source = Source(REPOSITORY, FILE, endpoint="http://127.0.0.1:9")
    with pytest.raises(EnvironmentProblem, match="the hub cannot be reached") as caught:
        fetch_model(source, tmp_path, pinned=None, keep_free=0, meter=meter)
    assert "safeguild model use PATH" in caught.value.hint


def test_two_downloads_of_one_file_do_not_spoil_each_other(fetch, tmp_path):
    folder = tmp_path / "models" / REPOSITORY.replace("/", "--")
    folder.mkdir(parents=True)
    with FileLock(folder / ".lock"), pytest.raises(EnvironmentProblem, match="another download"):
        fetch()


def test_the_command_downloads_asks_for_nothing_else_and_puts_the_model_into_use(safeguild, place, hub, tmp_path):
    settings = {"SAFEGUILD_MODEL__REPOSITORY": REPOSITORY, "SAFEGUILD_MODEL__FILE": FILE, "HF_HOME": str(tmp_path)}
    hub.cut_after = [300_000]
    done = safeguild("model", "fetch", HF_ENDPOINT=hub.endpoint, SAFEGUILD_MODEL__KEEP_FREE="1 MB", **settings)
    assert done.returncode == ExitCode.OK, done.stderr
    assert {path.split("/")[1] for path in hub.paths} == {"keepers", "storage"}
    record = load_record(place.data)
    assert record.sha256 == hub.sha256
    assert done.stdout.splitlines() == [record.path, f"sha256 {hub.sha256}"]
    shown = safeguild("model", "show", **settings)
    assert f"model:  {record.path}" in shown.stdout
    assert hub.sha256 in shown.stdout


def test_the_command_ends_with_three_when_there_is_no_network(safeguild):
    done = safeguild("model", "fetch", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == ExitCode.ENVIRONMENT
    assert done.stderr.count("\n") == 2, done.stderr


def test_the_command_stopped_half_way_ends_with_four_and_says_that_it_goes_on(inside, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetching, "fetch_model", stopped)
    done = inside("model", "fetch")
    assert done.code == ExitCode.INTERRUPTED
    assert "goes on there" in done.err


def test_ctrl_c_in_a_real_download_keeps_what_has_come_and_the_next_run_goes_on(safeguild, place, hub):
    """The library hands over 10 MB at a time, so the file is larger here."""
    hub.content += bytes(24_000_000)
    hub.stall_after = 22_000_000
    settings = {
        "SAFEGUILD_MODEL__REPOSITORY": REPOSITORY,
        "SAFEGUILD_MODEL__FILE": FILE,
        "HF_ENDPOINT": hub.endpoint,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "model", "fetch"],
        cwd=place.work,
        env={**os.environ, **settings, "SAFEGUILD_MODEL__KEEP_FREE": "1 MB"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert hub.stalled.wait(30)
    part = place.data / "models" / REPOSITORY.replace("/", "--") / f"{FILE}.{hub.sha256[:16]}.part"
    deadline = time.monotonic() + 20
    while part.stat().st_size < 20 * 2**20 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED, said
    assert said == "safeguild: the download was stopped\nhint: run the same command again: it goes on there\n"
    kept = part.stat().st_size
    assert kept == 20 * 2**20
    assert safeguild("model", "fetch", SAFEGUILD_MODEL__KEEP_FREE="1 MB", **settings).returncode == ExitCode.OK
    assert hub.ranges[-1] == f"bytes={kept}-"
    assert Path(load_record(place.data).path).read_bytes() == hub.content
