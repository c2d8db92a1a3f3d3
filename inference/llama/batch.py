"""A `llama_batch` over numpy memory, filled without a foreign call per token."""

import ctypes
from collections.abc import Sequence
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from inference.scheduling.steps import Row


class Batch:
    """Room for the tokens of one step, used again for each."""

    def __init__(self, capacity: int) -> None:
        self._token = np.zeros(capacity, np.int32)
        self._position = np.zeros(capacity, np.int32)
        self._slot = np.zeros(capacity, np.int32)
        self._slots_per_token = np.ones(capacity, np.int32)
        self._wants_output = np.zeros(capacity, np.int8)
        self._slot_pointers = (self._slot.ctypes.data + 4 * np.arange(capacity, dtype=np.uint64)).astype(np.uint64)
        self.batch = llama_cpp.llama_batch()
        self._point()

    def fill(self, rows: Sequence[Row]) -> NDArray[np.int32]:
        """Lay the rows' tokens one behind the other; return the places of those that ask for an output."""
        start = 0
        last = []
        for row in rows:
            end = start + len(row.tokens)
            self._token[start:end] = row.tokens
            self._position[start:end] = np.arange(row.position, row.position + len(row.tokens))
            self._slot[start:end] = row.slot
            self._wants_output[start:end] = 0
            if row.sequence is not None:
                self._wants_output[end - 1] = 1
                last.append(end - 1)
            start = end
        self.batch.n_tokens = start
        return np.array(last, np.int32)

    def _point(self) -> None:
        batch: Any = self.batch  # its fields are C pointers; the bindings type them as arrays
        pointer = ctypes.POINTER
        batch.token = self._token.ctypes.data_as(pointer(ctypes.c_int32))
        batch.embd = None
        batch.pos = self._position.ctypes.data_as(pointer(ctypes.c_int32))
        batch.n_seq_id = self._slots_per_token.ctypes.data_as(pointer(ctypes.c_int32))
        batch.seq_id = ctypes.cast(self._slot_pointers.ctypes.data, pointer(pointer(ctypes.c_int32)))
        batch.logits = self._wants_output.ctypes.data_as(pointer(ctypes.c_int8))
