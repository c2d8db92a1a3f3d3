"""`safeguild doctor`: every outcome of every check, from facts; then the probes, on real files and programs."""

import json
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot.doctor import gathering
from bot.doctor.check import Outcome
from bot.doctor.checks import examine
from bot.doctor.facts import Facts, Folder, Gpu, Graphics, Kept, LlamaBuild, ModelFacts, Processor
from bot.doctor.names import PACKAGES, Names, find_names, place_of
from bot.doctor.servers import examine_servers
from bot.errors import ExitCode
from bot.models.choice import Choice
from bot.settings import Settings
from bot.trial import ServerTrial
from inference.model_file import ModelFile
from inference.sizing import DRIVER_BYTES
from inference.standin.notice import STANDIN_NOTICE

GB = 10**9
HOME = Path("/opt/safeguild")
REAL = ModelFile(
    path=Path("/models/safeguard.gguf"),
    size=12_110_000_000,
    metadata={
        "general.name": "gpt-oss-safeguard-20b",
        "general.architecture": "gpt-oss",
        "gpt-oss.block_count": 24,
        "gpt-oss.attention.head_count_kv": 8,
        "gpt-oss.attention.key_length": 64,
        "gpt-oss.attention.value_length": 64,
        "gpt-oss.attention.sliding_window": 128,
        "gpt-oss.embedding_length": 2880,
        "gpt-oss.expert_feed_forward_length": 2880,
        "gpt-oss.expert_used_count": 4,
    },
    tensors=459,
    weights=12_095_000_000,
    embedding=620_000_000,
    head=620_000_000,
    tokens_at=(0, 201_088),
)
CARD = Gpu("NVIDIA GeForce RTX 4080", 17 * GB, 16 * GB)


@pytest.fixture
def sound(place) -> Facts:
    """A machine on which all is as it should be."""
    return Facts(
        settings=Settings(),
        python=(3, 12, 1),
        sqlite=(3, 51, 3),
        names=Names(HOME, {name: HOME / name / "__init__.py" for name in PACKAGES}, dict.fromkeys(PACKAGES, ())),
        processor=Processor("x86_64", frozenset({"avx2", "avx512f"}), 8, 32 * GB),
        graphics=Graphics(driver=True, cards=(CARD,)),
        llama=LlamaBuild(loads=True, offloads=True),
        folder=Folder(Path("/data"), exists=True, writable=True, mode=0o700, owned=True, free=100 * GB),
        model=ModelFacts(Choice(REAL.path, "it was recorded"), REAL, recorded=True),
        vocabulary=Kept(exists=True, whole=True),
        standin=Kept(exists=True, whole=True),
    )


def result(facts: Facts, name: str):
    found = [check for check in examine(facts) if check.name == name]
    assert len(found) == 1, name
    return found[0]


def test_a_sound_machine_passes_every_check_without_advice(sound):
    assert {(check.outcome, check.advice) for check in examine(sound)} == {(Outcome.OK, "")}


def test_nothing_that_is_wrong_lacks_advice(sound):
    broken = replace(
        sound,
        python=(3, 10, 0),
        sqlite=(3, 30, 0),
        names=replace(sound.names, places={"bot": None}),
        folder=replace(sound.folder, writable=False, free=0),
        llama=LlamaBuild(loads=False, offloads=False, reason="no libgomp"),
        model=ModelFacts(None, problem="damaged", advice="fetch it again"),
        vocabulary=Kept(exists=True, whole=False),
    )
    wrong = [check for check in examine(broken) if check.outcome is not Outcome.OK]
    assert len(wrong) >= 7
    assert all(check.advice for check in wrong)


def test_an_old_python_fails(sound):
    assert result(replace(sound, python=(3, 10, 9)), "Python").outcome is Outcome.FAIL


@pytest.mark.parametrize("place", [None, Path("/elsewhere/inference/__init__.py")])
def test_a_module_that_is_not_our_own_fails_and_says_which(sound, place):
    names = replace(sound.names, places={**sound.names.places, "inference": place})
    check = result(replace(sound, names=names), "module names")
    assert check.outcome is Outcome.FAIL
    assert "`inference`" in check.message


def test_another_distribution_that_owns_a_name_of_ours_is_warned_of(sound):
    check = result(
        replace(sound, names=replace(sound.names, rivals={"inference": ("inference",)})), "module names"
    )
    assert check.outcome is Outcome.WARN
    assert "pip uninstall inference" in check.advice


@pytest.mark.parametrize(
    ("version", "outcome", "said"),
    [
        ((3, 36, 9), Outcome.FAIL, "older than"),
        ((3, 40, 1), Outcome.OK, "Safeguild has one"),
        ((3, 51, 2), Outcome.OK, "Safeguild has one"),
        ((3, 51, 3), Outcome.OK, "3.51.3"),
    ],
)
def test_the_sqlite_version_is_judged(sound, version, outcome, said):
    check = result(replace(sound, sqlite=version), "SQLite")
    assert (check.outcome, said in check.message) == (outcome, True)


@pytest.mark.parametrize(
    ("change", "outcome", "advice"),
    [
        ({"writable": False}, Outcome.FAIL, "SAFEGUILD_DATA_FOLDER"),
        ({"exists": False, "mode": 0}, Outcome.OK, ""),
        ({"mode": 0o755}, Outcome.WARN, "chmod 700 /data"),
        ({"mode": 0o701}, Outcome.WARN, "chmod 700 /data"),
        ({"owned": False}, Outcome.WARN, "chown"),
    ],
)
def test_the_data_folder_is_judged(sound, change, outcome, advice):
    check = result(replace(sound, folder=replace(sound.folder, **change)), "data folder")
    assert check.outcome is outcome
    assert advice in check.advice


@pytest.mark.parametrize(
    ("free", "outcome"), [(200_000_000, Outcome.FAIL), (1 * GB, Outcome.WARN), (3 * GB, Outcome.OK)]
)
def test_disk_space_is_judged(sound, free, outcome):
    assert result(replace(sound, folder=replace(sound.folder, free=free)), "disk space").outcome is outcome


@pytest.mark.parametrize(
    ("architecture", "flags", "outcome"),
    [
        ("x86_64", {"sse2"}, Outcome.WARN),
        ("x86_64", {"avx2"}, Outcome.OK),
        ("x86_64", set(), Outcome.OK),
        ("aarch64", {"asimd"}, Outcome.OK),
    ],
)
def test_the_processor_is_judged(sound, architecture, flags, outcome):
    cpu = Processor(architecture, frozenset(flags), 1, 8 * GB)
    assert result(replace(sound, processor=cpu), "processor").outcome is outcome


def test_a_llama_cpp_that_does_not_load_fails_with_its_own_reason(sound):
    build = LlamaBuild(loads=False, offloads=False, reason="OSError: libgomp.so.1: cannot open")
    check = result(replace(sound, llama=build), "llama.cpp")
    assert check.outcome is Outcome.FAIL
    assert "libgomp" in check.message


@pytest.mark.parametrize("cards", [(CARD,), ()])
def test_a_gpu_that_the_build_cannot_use_fails_with_the_command_that_mends_it(sound, cards):
    facts = replace(
        sound, graphics=Graphics(driver=True, cards=cards), llama=LlamaBuild(loads=True, offloads=False)
    )
    check = result(facts, "GPU")
    assert check.outcome is Outcome.FAIL
    assert check.advice == "run `make install-gpu`"


def test_a_build_for_a_gpu_without_a_gpu_is_warned_of(sound):
    check = result(replace(sound, graphics=Graphics(driver=False, cards=())), "GPU")
    assert check.outcome is Outcome.WARN
    assert "nvidia-smi" in check.advice


def test_a_driver_that_names_no_card_is_warned_of(sound):
    assert result(replace(sound, graphics=Graphics(driver=True, cards=())), "GPU").outcome is Outcome.WARN


@pytest.mark.parametrize(
    ("memory", "outcome"), [(8 * GB, Outcome.FAIL), (32 * GB, Outcome.WARN), (0, Outcome.WARN)]
)
def test_without_a_gpu_the_real_model_needs_memory_and_patience(sound, memory, outcome):
    facts = replace(
        sound,
        graphics=Graphics(driver=False, cards=()),
        llama=LlamaBuild(loads=True, offloads=False),
        processor=replace(sound.processor, memory=memory),
    )
    assert result(facts, "GPU").outcome is outcome


def test_without_a_gpu_the_stand_in_is_content(sound):
    facts = replace(
        sound,
        graphics=Graphics(driver=False, cards=()),
        llama=LlamaBuild(loads=True, offloads=False),
        model=ModelFacts(Choice(None, "none was fetched")),
    )
    assert result(facts, "GPU").outcome is Outcome.OK


def with_memory(facts: Facts, total: int, free: int, **engine: object) -> Facts:
    cards = (Gpu("card", total, free),)
    return replace(facts, graphics=Graphics(driver=True, cards=cards), settings=Settings(engine=engine))


def without_gpu(facts: Facts, memory: int) -> Facts:
    return replace(
        facts,
        graphics=Graphics(driver=False, cards=()),
        llama=LlamaBuild(loads=True, offloads=False),
        processor=replace(facts.processor, memory=memory),
    )


def test_on_a_16_gb_card_the_whole_layout_is_told_with_what_each_part_costs(sound):
    check = result(sound, "GPU memory")
    assert check.outcome is Outcome.OK
    for words in (
        "of 15.5 GB free", "weights 11.5 GB", "context ", "computing ", "tokens", "in layers with a window",
        "for 8 messages at once and 16 policies in memory",
    ):  # fmt: skip
        assert words in check.message
    needed = float(check.message.partition(" GB")[0])
    assert 12 < needed < 14


@pytest.mark.parametrize(
    ("total", "free", "outcome"),
    [(12 * GB, 12 * GB, Outcome.FAIL), (17 * GB, 8 * GB, Outcome.WARN), (17 * GB, 16 * GB, Outcome.OK)],
)
def test_gpu_memory_is_judged_by_what_the_model_needs(sound, total, free, outcome):
    assert result(with_memory(sound, total, free), "GPU memory").outcome is outcome


def test_where_memory_is_short_what_there_is_less_of_is_told(sound):
    check = result(with_memory(sound, 13 * GB + DRIVER_BYTES, 13 * GB), "GPU memory")
    assert check.outcome is Outcome.WARN
    assert "There is only room for" in check.message
    assert "nvidia-smi" in check.advice


def test_a_bound_on_gpu_memory_counts_like_memory_that_is_not_there(sound):
    assert result(with_memory(sound, 24 * GB, 24 * GB, gpu_memory="11 GB"), "GPU memory").outcome is Outcome.FAIL
    assert (
        "of 14.0 GB free" in result(with_memory(sound, 24 * GB, 24 * GB, gpu_memory="14 GB"), "GPU memory").message
    )


def test_a_context_that_is_set_and_too_large_fails_with_the_setting_to_change(sound):
    check = result(with_memory(sound, 16 * GB, 16 * GB, context=1_000_000), "GPU memory")
    assert check.outcome is Outcome.FAIL
    assert "`engine.context`" in check.advice
    assert "1,000,192 cells" in check.message


def test_several_cards_hold_one_model_together(sound):
    cards = (Gpu("a", 8 * GB, 8 * GB), Gpu("b", 8 * GB, 8 * GB))
    assert result(replace(sound, graphics=Graphics(driver=True, cards=cards)), "GPU memory").outcome is Outcome.OK


def test_gpu_memory_is_not_judged_when_no_layer_goes_there(sound):
    facts = replace(sound, settings=Settings(engine={"gpu_layers": 0}))
    assert "GPU memory" not in {check.name for check in examine(facts)}
    assert result(facts, "memory").outcome is Outcome.OK


@pytest.mark.parametrize(("memory", "outcome"), [(10 * GB, Outcome.FAIL), (32 * GB, Outcome.OK)])
def test_without_a_gpu_main_memory_is_judged(sound, memory, outcome):
    assert result(without_gpu(sound, memory), "memory").outcome is outcome


def test_where_main_memory_is_not_known_nothing_is_said_of_it(sound):
    assert "memory" not in {check.name for check in examine(without_gpu(sound, 0))}


def test_more_threads_than_cores_are_warned_of(sound):
    check = result(replace(sound, settings=Settings(engine={"threads": 9})), "processor")
    assert check.outcome is Outcome.WARN
    assert "engine.threads" in check.advice


URLS = ("http://10.0.0.5:8080", "https://judge.example:8443", "http://127.0.0.1:8000")


def test_where_servers_judge_this_machine_s_model_is_of_no_interest(sound):
    facts = replace(
        sound, settings=Settings(servers={"urls": URLS}), model=ModelFacts(None, problem="gone", advice="fetch it")
    )
    assert {check.outcome for check in examine(facts)} == {Outcome.OK}
    assert {"model", "GPU", "GPU memory"}.isdisjoint(check.name for check in examine(facts))


def test_each_server_is_told_with_what_it_showed():
    trials = [ServerTrial(url, "safeguard", 1.23) for url in URLS[:2]]
    checks = examine_servers([*trials, ServerTrial(URLS[2], problem="127.0.0.1:8000: no connection")])
    assert [check.outcome for check in checks] == [Outcome.WARN, Outcome.OK, Outcome.FAIL]
    assert checks[0].name == "server 10.0.0.5:8080"
    assert "safeguard judged a message in 1.2 s; the connection is not encrypted" in checks[0].message
    assert checks[2].message == "it does not judge: no connection", "its name is not said twice"
    assert "docs/engine.md" in checks[2].advice


def test_servers_with_different_models_are_warned_of():
    checks = examine_servers([ServerTrial(URLS[1], "one", 1.0), ServerTrial(URLS[2], "another", 1.0)])
    assert [check.outcome for check in checks] == [Outcome.OK, Outcome.OK, Outcome.WARN]
    assert "another, one" in checks[2].message


def test_the_stand_in_is_warned_of_as_no_moderator(sound):
    facts = replace(sound, model=ModelFacts(Choice(None, "none was fetched")))
    check = result(facts, "model")
    assert check.outcome is Outcome.WARN
    assert STANDIN_NOTICE in check.message
    assert result(facts, "stand-in").outcome is Outcome.OK
    damaged = replace(facts, standin=Kept(exists=True, whole=False))
    assert result(damaged, "stand-in").outcome is Outcome.WARN


def test_a_model_that_changed_since_it_was_recorded_is_warned_of(sound):
    facts = replace(sound, model=replace(sound.model, recorded=False))
    check = result(facts, "model")
    assert check.outcome is Outcome.WARN
    assert check.advice.endswith("safeguild model use /models/safeguard.gguf")


def test_the_vocabulary_is_judged(sound):
    assert result(replace(sound, vocabulary=Kept(exists=False, whole=False)), "vocabulary").outcome is Outcome.OK
    assert result(replace(sound, vocabulary=Kept(exists=True, whole=False)), "vocabulary").outcome is Outcome.WARN


# The probes.


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)


def test_nvidia_smi_is_asked_for_the_cards(tmp_path, monkeypatch):
    program(
        tmp_path,
        "nvidia-smi",
        "printf 'NVIDIA GeForce RTX 4080, 16376, 15000\\nodd, name, 8192, 100\\nrubbish\\n'",
    )
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    cards = gathering.graphics(tmp_path).cards
    assert cards == (
        Gpu("NVIDIA GeForce RTX 4080", 16_376 * 2**20, 15_000 * 2**20),
        Gpu("odd, name", 8192 * 2**20, 100 * 2**20),
    )


@pytest.mark.parametrize("body", ["exit 9", "kill -9 $$", "echo '[N/A], [N/A], [N/A]'", ""])
def test_a_broken_nvidia_smi_names_no_card(tmp_path, monkeypatch, body):
    program(tmp_path, "nvidia-smi", body)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert gathering.graphics(tmp_path).cards == ()


@pytest.mark.parametrize("sign", ["proc/driver/nvidia/version", "dev/nvidia0", "dev/dxg"])
def test_a_driver_shows_itself_by_its_files(tmp_path, monkeypatch, sign):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not gathering.graphics(tmp_path).driver
    (tmp_path / sign).parent.mkdir(parents=True)
    (tmp_path / sign).touch()
    assert gathering.graphics(tmp_path).driver


def test_the_processor_is_read_from_the_system(tmp_path):
    cpuinfo, meminfo = tmp_path / "cpuinfo", tmp_path / "meminfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu avx2 f16c\n\nprocessor\t: 1\n")
    meminfo.write_text("MemTotal:       32000 kB\nMemAvailable:   16000 kB\n")
    found = gathering.processor(cpuinfo, meminfo)
    assert found.flags == {"fpu", "avx2", "f16c"}
    assert found.memory == 16_000 * 1024
    nothing = gathering.processor(tmp_path / "none", tmp_path / "none")
    assert (nothing.flags, nothing.memory) == (frozenset(), 0)


def test_our_own_llama_cpp_loads():
    assert gathering.llama_build().loads


def test_a_llama_cpp_that_breaks_its_process_is_reported(monkeypatch, tmp_path):
    program(tmp_path, "python", "echo 'ImportError: libcuda.so.1' >&2; exit 1")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert gathering.llama_build() == LlamaBuild(loads=False, offloads=False, reason="ImportError: libcuda.so.1")
    program(tmp_path, "python", "kill -11 $$")
    assert gathering.llama_build().reason == "it ended with code -11"


def test_our_own_packages_are_found_at_home_and_nobody_else_owns_their_names():
    names = find_names()
    assert all(names.home in place.parents for place in names.places.values())
    assert set(names.rivals.values()) == {()}
    assert place_of("no_such_package") is None


@pytest.mark.parametrize("name", ["inference", "policies"])
def test_a_package_that_takes_one_of_our_names_is_found_even_though_nothing_else_works(safeguild, tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    done = safeguild("doctor", PYTHONPATH=str(tmp_path))
    assert done.returncode == ExitCode.PROBLEMS, done.stderr
    assert f"FAIL  module names  `{name}` is found at {tmp_path / name}" in done.stdout
    other = safeguild("model", "show", PYTHONPATH=str(tmp_path))
    assert other.returncode == ExitCode.ENVIRONMENT, other.stderr
    assert "safeguild doctor" in other.stderr


def test_a_data_folder_that_is_not_there_is_judged_by_the_one_above(tmp_path):
    missing = gathering.data_folder(tmp_path / "a/b/c")
    assert (missing.exists, missing.writable, missing.mode) == (False, True, 0)
    (tmp_path / "file").touch()
    assert not gathering.data_folder(tmp_path / "file/data").writable
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    assert gathering.data_folder(open_to_all).mode == 0o755


def test_the_model_is_looked_at_and_a_damaged_one_is_reported(place, tiny_model):
    facts = gathering.model_facts(Settings(model={"path": tiny_model}))
    assert facts.file.name == "tiny test model"
    tiny_model.write_bytes(tiny_model.read_bytes()[:-1])
    facts = gathering.model_facts(Settings(model={"path": tiny_model}))
    assert "cut short" in facts.problem
    assert facts.advice


def test_a_damaged_vocabulary_is_told_from_a_missing_one(tmp_path):
    assert gathering.kept_vocabulary(tmp_path) == Kept(exists=False, whole=False)
    (tmp_path / "o200k_base.tiktoken").write_text("rubbish")
    assert gathering.kept_vocabulary(tmp_path) == Kept(exists=True, whole=False)


def test_the_command_looks_at_this_machine_and_says_it_to_people_and_to_machines(safeguild):
    said = safeguild("doctor")
    assert said.returncode in {ExitCode.OK, ExitCode.PROBLEMS}, said.stderr
    assert f"SQLite        {sqlite3.sqlite_version}" in said.stdout
    told = safeguild("doctor", "--json")
    report = json.loads(told.stdout)
    assert report["ok"] is (told.returncode == ExitCode.OK)
    assert {"name", "outcome", "message", "advice"} == set(report["checks"][0])


def test_the_command_fails_on_a_model_that_is_cut_short(safeguild, tiny_model):
    tiny_model.write_bytes(tiny_model.read_bytes()[:-1])
    done = safeguild("doctor", SAFEGUILD_MODEL__PATH=str(tiny_model))
    assert done.returncode == ExitCode.PROBLEMS
    assert "FAIL  model" in done.stdout
    assert "cut short" in done.stdout


def test_the_command_fails_where_a_gpu_lies_idle(safeguild, tmp_path):
    """Whatever this machine has: llama.cpp is built for the CPU in the tests' environment."""
    if gathering.llama_build().offloads:
        pytest.skip("llama.cpp is built for a GPU here")
    program(tmp_path, "nvidia-smi", "echo 'NVIDIA GeForce RTX 4080, 16376, 15000'")
    done = safeguild("doctor", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == ExitCode.PROBLEMS
    assert "FAIL  GPU" in done.stdout
    assert "make install-gpu" in done.stdout
