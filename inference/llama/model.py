"""Loading a model file."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import llama_cpp

from inference.llama.devices import may_repack
from inference.llama.errors import ModelError

ARCHITECTURE = "gpt-oss"


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
def open_model(
    path: Path, *, gpu_layers: int = 0, vocabulary_only: bool = False, repack: bool | None = None
) -> Iterator[Model]:
    """Load a model file. `repack` lays weights out anew for the CPU; None does so wherever it is safe.

    Raises:
        ModelError: there is no such file, it is not a whole GGUF, or not of the gpt-oss family.
    """
    if not path.is_file():
        raise ModelError(f"there is no model file {path}")
    _quiet()
    llama_cpp.llama_backend_init()
    repack = may_repack() if repack is None else repack
    params = _params(gpu_layers, vocabulary_only=vocabulary_only, repack=repack)
    handle = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
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


def _params(gpu_layers: int, *, vocabulary_only: bool, repack: bool) -> "llama_cpp.llama_model_params":
    params: llama_cpp.llama_model_params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 999 if gpu_layers < 0 else gpu_layers
    params.vocab_only = vocabulary_only
    params.use_extra_bufts = repack
    return params


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _log_errors_only(level: int, text: bytes, _user_data: ctypes.c_void_p) -> None:
    """What llama.cpp says names tensors and files, never a text it was given."""
    if level == _GGML_LOG_LEVEL_ERROR:
        print(text.decode("utf-8", "replace"), end="", flush=True)  # noqa: T201 - the child's output is its log


_GGML_LOG_LEVEL_ERROR = 4


def _quiet() -> None:
    llama_cpp.llama_log_set(_log_errors_only, ctypes.c_void_p(0))
