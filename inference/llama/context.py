"""A KV cache with a compute graph over it: steps go in, outputs come out."""

import ctypes
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from inference.llama.backend_sampling import greedy_samplers, sampled_logits, sampled_tokens
from inference.llama.batch import Batch
from inference.llama.errors import DecodeError, DecodeRefused, ModelError
from inference.llama.model import Model
from inference.llama.outputs import Logits, Output, Outputs
from inference.scheduling.steps import Step
from inference.sizing import ContextPlan, DoesNotFit

_NO_ROOM = 1
"""What llama_decode returns when it found no cells; it has then put everything back."""


class Context:
    """Not thread-safe: one thread owns it. Slots below `plan.sequences` run those, the others hold prefixes."""

    def __init__(
        self, handle: "llama_cpp.llama_context_p", vocabulary_size: int, plan: ContextPlan, *, samples: bool
    ) -> None:
        self.plan = plan
        """What was allocated in the end."""
        self._handle = handle
        self._memory = llama_cpp.llama_get_memory(handle)
        self._vocabulary_size = vocabulary_size
        self._samples = samples
        self._batch = Batch(plan.step_tokens)

    def run(self, step: Step) -> list[Output]:
        """Clear, compact and copy slots, then decode the rows.

        Returns the output after each row that has a sequence, in the order of the rows, valid until the next call.

        Raises:
            DecodeRefused: there is no room for the rows. None is in the cache; clear, compact, copy are done.
            DecodeError: llama.cpp failed; the cache's state is unknown.
        """
        for slot in step.clear:
            llama_cpp.llama_memory_seq_rm(self._memory, slot, -1, -1)
        for slot in step.compact:
            self._compact(slot)
        for source, target in step.copy:
            llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        last = self._batch.fill(step.rows)
        self._check(llama_cpp.llama_decode(self._handle, self._batch.batch))
        llama_cpp.llama_synchronize(self._handle)
        return self._outputs(last).rows() if len(last) else []

    def clear(self) -> None:
        """Empty every slot."""
        llama_cpp.llama_memory_clear(self._memory, False)

    def positions(self, slot: int) -> tuple[int, int]:
        """First and last position that the slot has in the window cache; (-1, -1) when it has none.

        The base cache always has them all, from 0 on.
        """
        first = llama_cpp.llama_memory_seq_pos_min(self._memory, slot)
        return int(first), int(llama_cpp.llama_memory_seq_pos_max(self._memory, slot))

    def _check(self, code: int) -> None:
        if code == _NO_ROOM:
            raise DecodeRefused(f"no room for {self._batch.batch.n_tokens} tokens")
        if code != 0:
            raise DecodeError(f"llama_decode returned {code} for {self._batch.batch.n_tokens} tokens")

    def _compact(self, slot: int) -> None:
        """Cut a slot's window cache down to its window: what is saved of it is no more than that.

        Without it a prefix keeps window cells that nothing looks at any more, and once a copy owns them too,
        llama.cpp never takes them back: the cache fills up and every further step is refused.
        """
        flags = llama_cpp.LLAMA_STATE_SEQ_FLAGS_SWA_ONLY
        size = llama_cpp.llama_state_seq_get_size_ext(self._handle, slot, flags)
        state = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data_ext(self._handle, state, size, slot, flags)
        read = llama_cpp.llama_state_seq_set_data_ext(self._handle, state, size, slot, flags)
        if not written == read == size:
            raise DecodeError(f"compacting slot {slot} failed: {size} bytes, {written} written, {read} read")

    def _outputs(self, last: NDArray[np.int32]) -> Outputs:
        if self._samples:
            logits = sampled_logits(self._handle, last, self._vocabulary_size)
            return Outputs(logits, lambda: sampled_tokens(self._handle, last))
        return Outputs(self._logits(len(last)))

    def _logits(self, rows: int) -> Logits:
        pointer = llama_cpp.llama_get_logits(self._handle)
        return np.ctypeslib.as_array(pointer, shape=(rows, self._vocabulary_size))


@contextmanager
def open_context(
    model: Model, plan: ContextPlan, *, threads: int, backend_sampling: bool = False
) -> Iterator[Context]:
    """Make room for sequences on a loaded model, as planned, or with less where llama.cpp cannot allocate that.

    `backend_sampling` has the model's device choose the likeliest tokens. `Context.plan` says what there is.

    Raises:
        ModelError: there is not enough memory for it.
    """
    with ExitStack() as stack:
        while True:
            samplers = stack.enter_context(greedy_samplers(plan.sequences)) if backend_sampling else None
            handle = llama_cpp.llama_init_from_model(model.handle, _params(plan, threads, samplers))
            if handle:
                break
            plan = _smaller(plan)
        stack.callback(llama_cpp.llama_free, handle)
        yield Context(handle, model.vocabulary_size, plan, samples=backend_sampling)


def _smaller(plan: ContextPlan) -> ContextPlan:
    try:
        return plan.smaller()
    except DoesNotFit as error:
        raise ModelError(str(error)) from None


def _params(
    plan: ContextPlan, threads: int, samplers: "ctypes.Array[Any] | None"
) -> "llama_cpp.llama_context_params":
    params: llama_cpp.llama_context_params = llama_cpp.llama_context_default_params()
    params.n_ctx = plan.cells
    params.n_batch = plan.step_tokens
    params.n_ubatch = plan.step_tokens
    params.n_seq_max = plan.slots
    # One row of logits a sequence, not a token: it shrinks the compute buffer. Fewer than n_seq_max aborts.
    params.n_outputs_max = plan.slots
    params.n_threads = threads
    params.n_threads_batch = threads
    params.kv_unified = True
    params.swa_full = False
    params.no_perf = True
    if samplers is not None:
        params.samplers = samplers
        params.n_samplers = len(samplers)
        params.n_outputs_max_per_seq = 1
    return params
