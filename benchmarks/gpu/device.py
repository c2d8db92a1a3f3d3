"""The GPU's memory, by the driver's own interface: what is free, how fast it is, and taking some away."""

import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager

COPIED = 2**30
COPIES = 20


class DeviceError(Exception):
    """The driver refused. The message says what."""


class Device:
    """The first GPU."""

    def __init__(self) -> None:
        try:
            self._driver = ctypes.CDLL("libcuda.so.1")
        except OSError as error:
            raise DeviceError(
                "there is no NVIDIA driver on this machine (libcuda.so.1); --cpu tries without"
            ) from error
        self._call("cuInit", 0)
        handle = ctypes.c_int()
        self._call("cuDeviceGet", ctypes.byref(handle), 0)
        self.name = self._name(handle)
        context = ctypes.c_void_p()
        self._call("cuDevicePrimaryCtxRetain", ctypes.byref(context), handle)
        self._call("cuCtxSetCurrent", context)

    def free_bytes(self) -> int:
        """What another program could take now."""
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        self._call("cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
        return free.value

    @contextmanager
    def held_to(self, most_free: int) -> Iterator[int]:
        """Take memory away so that at most so many bytes are free; gives what was taken."""
        ballast = max(0, self.free_bytes() - most_free)
        if not ballast:
            yield 0
            return
        with self._allocated(ballast):
            yield ballast

    def bandwidth(self) -> float:
        """Bytes a second, read and written, of copies within the memory."""
        with self._allocated(COPIED) as source, self._allocated(COPIED) as target:
            self._copy(source, target)  # the first one is slower
            began = time.perf_counter()
            for _ in range(COPIES):
                self._copy(source, target)
            return 2 * COPIED * COPIES / (time.perf_counter() - began)

    def _copy(self, source: ctypes.c_uint64, target: ctypes.c_uint64) -> None:
        self._call("cuMemcpyDtoD_v2", target, source, ctypes.c_size_t(COPIED))
        self._call("cuCtxSynchronize")

    @contextmanager
    def _allocated(self, size: int) -> Iterator[ctypes.c_uint64]:
        pointer = ctypes.c_uint64()
        self._call("cuMemAlloc_v2", ctypes.byref(pointer), ctypes.c_size_t(size))
        try:
            yield pointer
        finally:
            self._call("cuMemFree_v2", pointer)

    def _name(self, handle: ctypes.c_int) -> str:
        buffer = ctypes.create_string_buffer(128)
        self._call("cuDeviceGetName", buffer, len(buffer), handle)
        return buffer.value.decode()

    def _call(self, name: str, *arguments: object) -> None:
        code = getattr(self._driver, name)(*arguments)
        if code:
            raise DeviceError(f"{name} gave error {code}")
