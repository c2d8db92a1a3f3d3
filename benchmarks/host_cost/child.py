"""The engine's child, with a clock around llama.cpp's decode calls.

    python -m benchmarks.host_cost.child RECORD [--fixed] [--profile FILE]

Everything else is the engine's own, its wire and its reading thread included. Each call is written into RECORD, a
memory-mapped array, which is there also after the child was killed.
"""

import argparse
import cProfile
import signal
import sys
import time
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.fixed_length_child import fixed_length
from inference import worker
from inference.answer import walk

ROOM = 200_000
"""Decode calls of which there is a record at most."""
FIELDS = 4
"""Of one call: when it began, when the model was done with it (seconds), its tokens, its outputs."""


class Clock:
    """Stands in for the two calls in which the model computes, and writes down when they happened."""

    def __init__(self, record: NDArray[np.float64]) -> None:
        self._record = record
        self._calls = -1
        self._decode = llama_cpp.llama_decode
        self._synchronize = llama_cpp.llama_synchronize

    def decode(self, context: Any, batch: Any) -> int:
        """`llama_decode`, timed."""
        began = time.perf_counter()
        outputs = int(np.ctypeslib.as_array(batch.logits, (batch.n_tokens,)).sum())
        code = int(self._decode(context, batch))
        self._calls += 1
        self._record[self._calls % ROOM] = began, time.perf_counter(), batch.n_tokens, outputs
        return code

    def synchronize(self, context: Any) -> None:
        """`llama_synchronize`, which ends the call before it."""
        self._synchronize(context)
        self._record[self._calls % ROOM, 1] = time.perf_counter()


def open_record(path: Path, mode: str) -> NDArray[np.float64]:
    """The array behind a file: shape (ROOM, FIELDS), zero where there was no call."""
    return np.memmap(path, np.float64, "w+" if mode == "w" else "r", shape=(ROOM, FIELDS))


def _profile_until_told(path: Path) -> None:
    """Profile this thread from now on; SIGUSR1 writes down what was found so far."""
    profile = cProfile.Profile()

    def dump(*_: object) -> None:
        profile.disable()
        profile.dump_stats(path)
        profile.enable()

    signal.signal(signal.SIGUSR1, dump)
    profile.enable()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("record", type=Path)
    parser.add_argument("--fixed", action="store_true")
    parser.add_argument("--profile", type=Path)
    arguments = parser.parse_args()
    clock = Clock(open_record(arguments.record, "w"))
    llama_cpp.llama_decode = clock.decode
    llama_cpp.llama_synchronize = clock.synchronize
    if arguments.profile:
        _profile_until_told(arguments.profile)
    return int(worker.main(walk=fixed_length if arguments.fixed else walk))


if __name__ == "__main__":
    sys.exit(main())
