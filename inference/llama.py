"""The low-level bindings of llama.cpp: the only home of llama_cpp.

Runs in the engine's child process: a C++ abort cannot be caught in Python, so the parent never calls this.
"""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from inference.scheduler import Row, Step

ARCHITECTURE = "gpt-oss"


class ModelError(Exception):
    """The model file cannot be used; the message says why and what to do."""


class DecodeError(Exception):
    """llama.cpp could not run a step."""


@dataclass(frozen=True, slots=True)
class ContextOptions:
    """How a context is laid out."""

    slots: int
    """Sequence ids in use: running ones and pinned prefixes."""
    cells: int
    """KV cells, shared by all of them."""
    step_tokens: int
    """The most tokens in one decode call."""
    threads: int
    gpu_layers: int
    """Layers on the GPU; -1 means all."""


class Model:
    """A loaded GGUF file."""

    def __init__(self, handle: "llama_cpp.llama_model_p") -> None:
        self.handle = handle
        self._vocabulary = llama_cpp.llama_model_get_vocab(handle)
        self.vocabulary_size = int(llama_cpp.llama_vocab_n_tokens(self._vocabulary))

    def metadata(self, key: str) -> str:
        """A metadata value as text; empty if there is none."""
        buffer = ctypes.create_string_buffer(1024)
        length = llama_cpp.llama_model_meta_val_str(self.handle, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if length >= 0 else ""

    def token_texts(self, count: int) -> Iterator[str]:
        """The stored texts of the first `count` tokens, or of all if there are fewer."""
        for token in range(min(count, self.vocabulary_size)):
            yield llama_cpp.llama_vocab_get_text(self._vocabulary, token).decode()


@contextmanager
def open_model(path: Path, *, gpu_layers: int = 0, vocabulary_only: bool = False) -> Iterator[Model]:
    """Load a model file.

    Raises:
        ModelError: there is no such file, it is not a whole GGUF, or not of the gpt-oss family.
    """
    if not path.is_file():
        raise ModelError(f"there is no model file {path}")
    _quiet()
    llama_cpp.llama_backend_init()
    handle = llama_cpp.llama_model_load_from_file(str(path).encode(), _model_params(gpu_layers, vocabulary_only))
    if not handle:
        raise ModelError(f"{path} cannot be loaded: it is damaged, not a GGUF file, or does not fit into memory")
    try:
        model = Model(handle)
        architecture = model.metadata("general.architecture")
        if architecture != ARCHITECTURE:
            raise ModelError(f"{path} holds a model of the family {architecture or 'unknown'}, not {ARCHITECTURE}")
        yield model
    finally:
        llama_cpp.llama_model_free(handle)


def can_use_gpu() -> bool:
    """Whether this build of llama.cpp can put layers on a GPU."""
    return bool(llama_cpp.llama_supports_gpu_offload())


class Context:
    """A KV cache with a compute graph over it. Not thread-safe: one thread owns it."""

    def __init__(self, handle: "llama_cpp.llama_context_p", vocabulary_size: int, options: ContextOptions) -> None:
        self._handle = handle
        self._memory = llama_cpp.llama_get_memory(handle)
        self._vocabulary_size = vocabulary_size
        self._batch = _Batch(options.step_tokens)

    def run(self, step: Step) -> list[NDArray[np.float32]]:
        """Decode one step; return the logits of each row that has a sequence, in the order of the rows.

        The arrays are views, each of shape (vocabulary,), valid until the next call.

        Raises:
            DecodeError: llama.cpp refused the batch; the cache's state is unknown.
        """
        for slot in step.clear:
            llama_cpp.llama_memory_seq_rm(self._memory, slot, -1, -1)
        for source, target in step.copy:
            llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        self._batch.fill(step.rows)
        code = llama_cpp.llama_decode(self._handle, self._batch.batch)
        if code != 0:
            raise DecodeError(f"llama_decode returned {code} for {self._batch.batch.n_tokens} tokens")
        return self._outputs(sum(row.sequence is not None for row in step.rows))

    def _outputs(self, count: int) -> list[NDArray[np.float32]]:
        llama_cpp.llama_synchronize(self._handle)
        if not count:
            return []
        pointer = llama_cpp.llama_get_logits(self._handle)
        return list(np.ctypeslib.as_array(pointer, shape=(count, self._vocabulary_size)))


@contextmanager
def open_context(model: Model, options: ContextOptions) -> Iterator[Context]:
    """Make room for sequences on a loaded model.

    Raises:
        ModelError: there is not enough memory for it.
    """
    handle = llama_cpp.llama_init_from_model(model.handle, _context_params(options))
    if not handle:
        raise ModelError(
            f"there is no memory for {options.cells} KV cells beside the model; lower `engine.context` or close "
            "other programs that use the GPU"
        )
    try:
        yield Context(handle, model.vocabulary_size, options)
    finally:
        llama_cpp.llama_free(handle)


class _Batch:
    """A `llama_batch` over numpy memory, filled without a foreign call per token."""

    def __init__(self, capacity: int) -> None:
        self._token = np.zeros(capacity, np.int32)
        self._position = np.zeros(capacity, np.int32)
        self._slot = np.zeros(capacity, np.int32)
        self._slots_per_token = np.ones(capacity, np.int32)
        self._wants_logits = np.zeros(capacity, np.int8)
        self._slot_pointers = (self._slot.ctypes.data + 4 * np.arange(capacity, dtype=np.uint64)).astype(np.uint64)
        self.batch = llama_cpp.llama_batch()
        self._point()

    def fill(self, rows: Sequence[Row]) -> None:
        """Lay the rows' tokens one behind the other."""
        start = 0
        for row in rows:
            end = start + len(row.tokens)
            self._token[start:end] = row.tokens
            self._position[start:end] = np.arange(row.position, row.position + len(row.tokens))
            self._slot[start:end] = row.slot
            self._wants_logits[start:end] = 0
            self._wants_logits[end - 1] = row.sequence is not None
            start = end
        self.batch.n_tokens = start

    def _point(self) -> None:
        batch: Any = self.batch  # its fields are C pointers; the bindings type them as arrays
        pointer = ctypes.POINTER
        batch.token = self._token.ctypes.data_as(pointer(ctypes.c_int32))
        batch.embd = None
        batch.pos = self._position.ctypes.data_as(pointer(ctypes.c_int32))
        batch.n_seq_id = self._slots_per_token.ctypes.data_as(pointer(ctypes.c_int32))
        batch.seq_id = ctypes.cast(self._slot_pointers.ctypes.data, pointer(pointer(ctypes.c_int32)))
        batch.logits = self._wants_logits.ctypes.data_as(pointer(ctypes.c_int8))


def _model_params(gpu_layers: int, vocabulary_only: bool) -> "llama_cpp.llama_model_params":
    params: llama_cpp.llama_model_params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 999 if gpu_layers < 0 else gpu_layers
    params.vocab_only = vocabulary_only
    # llama.cpp's repacked CPU buffers crash on hosts with AMX when weights are Q8_0 (ggml_backend_amx_mul_mat).
    params.use_extra_bufts = False
    return params


def _context_params(options: ContextOptions) -> "llama_cpp.llama_context_params":
    params: llama_cpp.llama_context_params = llama_cpp.llama_context_default_params()
    params.n_ctx = options.cells
    params.n_batch = options.step_tokens
    params.n_ubatch = options.step_tokens
    params.n_seq_max = options.slots
    # One row of logits a sequence, not a token: it shrinks the compute buffer. Fewer than n_seq_max aborts.
    params.n_outputs_max = options.slots
    params.n_threads = options.threads
    params.n_threads_batch = options.threads
    params.kv_unified = True
    # Copies of a prefix are exact only if its cells outlive the sliding window: keep every layer's cells.
    params.swa_full = True
    params.no_perf = True
    return params


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _log_errors_only(level: int, text: bytes, _user_data: ctypes.c_void_p) -> None:
    """Level 4 is GGML_LOG_LEVEL_ERROR. What llama.cpp says names tensors and files, never a text it was given."""
    if level == _GGML_LOG_LEVEL_ERROR:
        print(text.decode("utf-8", "replace"), end="", flush=True)  # noqa: T201 - the child's output is its log


_GGML_LOG_LEVEL_ERROR = 4


def _quiet() -> None:
    llama_cpp.llama_log_set(_log_errors_only, ctypes.c_void_p(0))
