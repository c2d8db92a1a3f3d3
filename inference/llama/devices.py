"""What the machine has for a model: GPUs, free memory, and whether weights may be laid out anew.

ggml knows its devices (`ggml-backend.h`), but llama_cpp does not bind those calls, so they are bound here.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp
from llama_cpp._ggml import libggml

_GPU, _INTEGRATED_GPU = 1, 2
"""GGML_BACKEND_DEVICE_TYPE_GPU, _IGPU."""
_MEMINFO = Path("/proc/meminfo")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_CGROUP_USED = Path("/sys/fs/cgroup/memory.current")
_CGROUP_PARTS = Path("/sys/fs/cgroup/memory.stat")
_FILE_PAGES = ("active_file", "inactive_file")
_CPU_FLAGS = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Room:
    """Where a model goes, and how much memory is free there."""

    on_gpu: bool
    device: str
    """For people: the name of the card, or of all of them; "CPU" when there is none in use."""
    free_bytes: int


def can_use_gpu() -> bool:
    """Whether this build of llama.cpp can put layers on a GPU."""
    return bool(llama_cpp.llama_supports_gpu_offload())


def room(gpu_layers: int) -> Room:
    """Where a model with so many layers on the GPU (-1: all) would go. Ask before it is loaded.

    llama.cpp spreads the layers over all cards by what is free on them, so their memory is added up.
    """
    cards = list(_cards()) if gpu_layers else []
    if not cards:
        return Room(on_gpu=False, device="CPU", free_bytes=_free_main_memory())
    return Room(
        on_gpu=True, device=", ".join(name for name, _ in cards), free_bytes=sum(free for _, free in cards)
    )


def may_repack() -> bool:
    """Whether llama.cpp may lay weights out anew for this CPU.

    It makes the CPU a quarter faster. But builds with AMX then use kernels that crash the process on Q8_0 weights
    (`ggml_backend_amx_mul_mat`), which the gpt-oss files have. Where the build does not say, the processor does.
    """
    try:
        return not _ggml().ggml_cpu_has_amx_int8()
    except AttributeError:  # CPU backends that are loaded at run time: the symbol is in none of our libraries
        return "amx_int8" not in _CPU_FLAGS.read_text() if _CPU_FLAGS.exists() else False


def _cards() -> Iterator[tuple[str, int]]:
    """Name and free bytes of each GPU; of integrated ones only when there is no other, as llama.cpp does it."""
    ggml = _ggml()
    llama_cpp.llama_backend_init()
    found = [ggml.ggml_backend_dev_get(index) for index in range(ggml.ggml_backend_dev_count())]
    for kind in (_GPU, _INTEGRATED_GPU):
        devices = [device for device in found if ggml.ggml_backend_dev_type(device) == kind]
        for device in devices:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            ggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
            yield ggml.ggml_backend_dev_description(device).decode("utf-8", "replace"), free.value
        if devices:
            return


def _free_main_memory() -> int:
    """What the kernel says can be had without swapping, or what the container has left, whichever is less."""
    available = int(_numbers(_MEMINFO)["MemAvailable:"]) * 1024
    try:
        return min(available, _left_in_container())
    except (OSError, ValueError):  # no cgroup of our own, or no limit ("max")
        return available


def _left_in_container() -> int:
    """Cached pages of files count as used, but are given up when needed: weights that the last child mapped."""
    used = int(_CGROUP_USED.read_text())
    parts = _numbers(_CGROUP_PARTS) if _CGROUP_PARTS.exists() else {}
    cached = sum(int(parts.get(name, 0)) for name in _FILE_PAGES)
    return int(_CGROUP_LIMIT.read_text()) - max(0, used - cached)


def _numbers(path: Path) -> dict[str, str]:
    """The kernel's lists: a name and a number in each line."""
    return dict(line.split()[:2] for line in path.read_text().splitlines())


@cache
def _ggml() -> Any:
    """The library with its signatures declared: a pointer that is taken for an int is cut in half."""
    handle = ctypes.c_void_p
    size = ctypes.POINTER(ctypes.c_size_t)
    declare: dict[str, tuple[list[Any], Any]] = {
        "ggml_backend_dev_count": ([], ctypes.c_size_t),
        "ggml_backend_dev_get": ([ctypes.c_size_t], handle),
        "ggml_backend_dev_type": ([handle], ctypes.c_int),
        "ggml_backend_dev_description": ([handle], ctypes.c_char_p),
        "ggml_backend_dev_memory": ([handle, size, size], None),
    }
    for name, (arguments, result) in declare.items():
        function = getattr(libggml, name)
        function.argtypes, function.restype = arguments, result
    return libggml
