"""The bandwidth ceiling against what the model's own file says, and the reports of the GPU benchmark."""

from pathlib import Path

import pytest

from benchmarks.gpu import report
from benchmarks.gpu.batched_bench import Decoding, command, read_rates
from benchmarks.gpu.ceiling import ModelBytes, most_tokens_per_second
from benchmarks.gpu.measuring import Decoded, systems
from benchmarks.peers.build import Peers
from benchmarks.peers.system import Setting
from benchmarks.peers.workload import Workload

FULL = ModelBytes(
    experts=24 * 32 * 3 * 2880 * 2880 * 17 / 32,
    expert_count=32,
    experts_used=4,
    rest=1.3e9,
    full_cell=24 * 1024,
    window_cell=24 * 1024,
    window=128,
)
"""gpt-oss-20b: its experts take 10.15 GB."""
SETTING = Setting(Path("model.gguf"), Peers(Path("work"), "90"), threads=2, gpu_layers=999)


@pytest.mark.parametrize(("width", "expected"), [(1, 1273), (8, 3281), (16, 5047), (32, 8931)])
def test_the_ceiling_of_the_20b_is_the_one_computed_by_hand(width: int, expected: float) -> None:
    """At 3,350 GB/s and 700 tokens a sequence, none of them shared."""
    assert most_tokens_per_second(FULL, 3.35e12, width, prefix=0, own=700) == pytest.approx(expected, rel=0.03)


def test_a_wide_step_reads_every_expert_once_and_the_shared_prompt_once() -> None:
    wide = FULL.of_step(1000, prefix=0, own=0)
    assert wide == pytest.approx(FULL.rest + FULL.experts)
    alone, beside = (FULL.of_step(1000, prefix=prefix, own=0) for prefix in (100, 101))
    assert beside - alone == FULL.full_cell + 1000 * FULL.window_cell


def test_batched_bench_is_told_the_same_work_and_its_medians_are_read() -> None:
    decoding = Decoding((1, 8), prefix=512, output=128, repeats=2)
    said = command(SETTING, decoding)
    assert said[said.index("-npl") + 1] == "1,8,1,8"
    assert int(said[said.index("-c") + 1]) >= 512 + 8 * 128
    lines = [
        "llama: log",
        '{"pl": 1, "speed_tg": 10.0}',
        '{"pl": 8, "speed_tg": 40.0}',
        '{"pl": 1, "speed_tg": 20.0}',
    ]
    assert read_rates(lines) == {1: 15.0, 8: 40.0}


def test_llama_server_has_room_for_every_slots_whole_prompt() -> None:
    workload = Workload("20 policies", 20, prefix=1500, private=200, output=128)
    servers = [system for system in systems(workload, (8,)) if "llama-server" in system.name]
    assert len(servers) == 2
    for server in servers:
        words = server.settings(SETTING, workload).split()
        room = int(words[len(words) - words[::-1].index("--ctx-size")])  # the last one wins
        assert room >= 8 * workload.whole


def test_targets_are_judged_by_the_worst_width_and_the_best_servers() -> None:
    decoded = [Decoded(1, 90.0, 100.0), Decoded(8, 80.0, 100.0)]
    ours = {"ours, N=8": [30.0], "ours, N=16": [10.0, 41.0, 90.0]}
    theirs = {"llama-server -np 8": [20.0], "llama-server -np 16": [5.0]}
    said = report.targets(decoded, ours | theirs)
    assert "MISSED: at least 85%" in said
    assert "80%, at N = 8" in said
    assert "met: 2 times" in said
    assert "it is 2.05" in said
    assert "not measured" in report.targets(decoded, ours)


def test_systems_are_listed_by_width_with_ours_first() -> None:
    rates = {"llama-server -np 16": [10.0], "ours, N=16": [10.0], "ours, N=8": [9.0, 10.0, 12.0]}
    lines = report.serving_table(rates, output=10).splitlines()[2:]
    assert [line.split("|")[1].strip() for line in lines] == ["ours, N=8", "ours, N=16", "llama-server -np 16"]
    assert lines[0].endswith("| 10.00 (9.00 to 12.00) | 100 |")
