"""The likeliest token chosen on the model's own device, as part of the graph.

llama.cpp takes one sampler chain per sequence id when the context is made; attaching one later makes it lay out
the whole graph again. Its greedy sampler leaves the logits as they are, and they are still copied to main memory,
row by row: only the pass over them is saved. On the CPU that costs more than it saves (a step of 32 rows took 82
ms instead of 51, where the pass took 0.8), so it is off unless asked for.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from inference.llama.outputs import Logits


@contextmanager
def greedy_samplers(slots: int) -> Iterator["ctypes.Array[Any]"]:
    """A greedy chain for each of the first `slots` sequence ids; they must outlive the context."""
    chains = [_greedy_chain() for _ in range(slots)]
    configs = (llama_cpp.llama_sampler_seq_config * slots)()
    for slot, chain in enumerate(chains):
        configs[slot].seq_id = slot
        configs[slot].sampler = ctypes.cast(chain, ctypes.c_void_p)
    try:
        yield configs
    finally:
        for chain in chains:
            llama_cpp.llama_sampler_free(chain)


def sampled_tokens(context: Any, last: NDArray[np.int32]) -> NDArray[np.int32]:
    """What was chosen after the tokens at these places of the batch."""
    return np.array([llama_cpp.llama_get_sampled_token_ith(context, int(place)) for place in last], np.int32)


def sampled_logits(context: Any, last: NDArray[np.int32], vocabulary: int) -> Logits:
    """The logits of the same places, shape (places, vocabulary); the rows lie one behind the other."""
    first = llama_cpp.llama_get_sampled_logits_ith(context, int(last[0]))
    return np.ctypeslib.as_array(first, shape=(len(last), vocabulary))


def _greedy_chain() -> Any:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_greedy())
    return chain
