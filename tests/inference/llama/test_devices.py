"""What is said of the machine: memory, cards, and whether weights may be laid out anew."""

import os

import pytest

from inference.llama import can_use_gpu, devices, may_repack, room


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Stands for the kernel: `files(meminfo=…, cgroup_limit=…, …)` writes what it would say."""

    def write(**contents: str) -> None:
        for name, text in contents.items():
            path = tmp_path / name
            path.write_text(text)
            monkeypatch.setattr(devices, f"_{name.upper()}", path)

    missing = tmp_path / "missing"
    for name in ("_CGROUP_LIMIT", "_CGROUP_USED", "_CGROUP_PARTS", "_CPU_FLAGS"):
        monkeypatch.setattr(devices, name, missing)
    write(meminfo="MemTotal:       24000000 kB\nMemFree:  1000 kB\nMemAvailable:   20000000 kB\nBuffers: 5 kB\n")
    return write


class WithoutAmxQuery:
    """A ggml whose CPU backends are loaded at run time."""


def test_without_layers_on_a_gpu_the_room_is_what_the_kernel_says_is_available(files):
    there = room(0)
    assert (there.on_gpu, there.device, there.free_bytes) == (False, "CPU", 20_000_000 * 1024)


def test_a_container_has_no_more_than_its_limit_leaves(files):
    files(cgroup_limit="8000000000\n", cgroup_used="3000000000\n")
    assert room(0).free_bytes == 5_000_000_000
    files(cgroup_limit="max\n")
    assert room(0).free_bytes == 20_000_000 * 1024


def test_weights_that_a_container_still_has_cached_do_not_keep_the_next_child_from_loading_them(files):
    files(cgroup_limit="16000000000\n", cgroup_used="14000000000\n")
    files(cgroup_parts="anon 900000000\nfile 13000000000\nactive_file 1000000000\ninactive_file 12000000000\n")
    assert room(0).free_bytes == 15_000_000_000


def test_this_machine_has_memory():
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < room(0).free_bytes <= total


@pytest.mark.skipif(can_use_gpu(), reason="this build uses a GPU")
def test_a_build_without_a_gpu_puts_all_layers_into_main_memory():
    assert not room(-1).on_gpu


def test_the_memory_of_all_cards_is_added_up(monkeypatch):
    monkeypatch.setattr(devices, "_cards", lambda: iter([("RTX 4080", 15 << 30), ("RTX 3060", 11 << 30)]))
    there = room(-1)
    assert (there.on_gpu, there.device, there.free_bytes) == (True, "RTX 4080, RTX 3060", 26 << 30)
    assert not room(0).on_gpu


class Ggml:
    """A machine with these devices: (kind, name, free bytes)."""

    def __init__(self, *found: tuple[int, bytes, int]) -> None:
        self._found = found

    def ggml_backend_dev_count(self) -> int:
        return len(self._found)

    def ggml_backend_dev_get(self, index: int) -> int:
        return index

    def ggml_backend_dev_type(self, device: int) -> int:
        return self._found[device][0]

    def ggml_backend_dev_description(self, device: int) -> bytes:
        return self._found[device][1]

    def ggml_backend_dev_memory(self, device, free, _total) -> None:
        free._obj.value = self._found[device][2]


def test_an_integrated_gpu_counts_only_where_there_is_no_other(monkeypatch):
    cpu, card, integrated = (0, b"CPU", 9), (1, b"RTX 4080", 15), (2, b"Radeon 780M", 7)
    monkeypatch.setattr(devices, "_ggml", lambda: Ggml(cpu, integrated, card))
    assert room(-1).device == "RTX 4080"
    monkeypatch.setattr(devices, "_ggml", lambda: Ggml(cpu, integrated))
    assert (room(-1).device, room(-1).free_bytes) == ("Radeon 780M", 7)


def test_weights_are_laid_out_anew_unless_the_build_has_the_kernels_that_crash(monkeypatch):
    class WithAmx:
        def __init__(self, answer: int) -> None:
            self.ggml_cpu_has_amx_int8 = lambda: answer

    monkeypatch.setattr(devices, "_ggml", lambda: WithAmx(1))
    assert not may_repack()
    monkeypatch.setattr(devices, "_ggml", lambda: WithAmx(0))
    assert may_repack()


def test_where_the_build_does_not_say_the_processor_does(files, monkeypatch):
    monkeypatch.setattr(devices, "_ggml", WithoutAmxQuery)
    assert not may_repack(), "on a system that tells nothing of its processor it is not risked"
    files(cpu_flags="flags : fpu avx512f amx_tile amx_int8\n")
    assert not may_repack()
    files(cpu_flags="flags : fpu avx512f\n")
    assert may_repack()


def test_this_build_says_whether_it_has_those_kernels():
    assert devices._ggml().ggml_cpu_has_amx_int8() in (0, 1)
