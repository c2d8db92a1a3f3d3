"""What the engine runs, and how."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What to run and how."""

    model: Path
    vocabulary: Path
    """Folder in which the vocabulary is kept, taken out of the model when it is not there yet."""
    width: int = 8
    """Texts that are judged at the same time."""
    prefixes: int = 16
    """Policies whose prompts stay in the KV cache."""
    context: int | None = None
    """KV cells (tokens) for everything in flight together with the policies' prompts; None takes as many as are of
    use and fit into memory."""
    step_tokens: int = 512
    """Tokens in one decode call at most."""
    threads: int = field(default_factory=lambda: default_threads())
    gpu_layers: int = -1
    """Layers on the GPU: -1 all, 0 none. A build without GPU support ignores it."""
    gpu_memory: int | None = None
    """Bytes of GPU memory that model and context may take together; None for all that is free."""
    backend_sampling: bool = False
    """Whether the model's device chooses the likeliest tokens by itself. Of use on some GPUs, dear on a CPU."""
    start_seconds: float = 900.0
    """How long loading may take."""
    hang_seconds: float = 180.0
    """How long the child may be silent while it has work; then it is killed and started again. Where a single step
    takes long by itself (a large model without a GPU), the child is given ten times that."""
    queue: int = 256
    """Asks in flight at most, those that wait included; beyond it the engine says that it is busy. Backfill may
    take half of it, live messages nine tenths; while several tenants ask, each may have half of that. It also
    bounds what waits in the child's memory."""
    memory_growth: int = 4 << 30
    """Bytes that the child may take beyond what it has when it is ready, files it maps not counted; then it is
    started again, and what was in flight is asked again. Ordinary work stays far below."""
    command: tuple[str, ...] = (sys.executable, "-P", "-m", "inference.worker")
    """The child: it reads `wire` messages on its standard input and writes them on its standard output."""


def default_threads() -> int:
    """Half of the cores: llama.cpp's threads spin while they wait for each other, and crawl on shared cores."""
    return max(1, len(os.sched_getaffinity(0)) // 2)
