"""What every system under test looks like to the driver."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.peers.build import Peers
from benchmarks.peers.workload import Prompt, Tokens, Workload

START_SECONDS = 600.0
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all systems."""

    model: Path
    peers: Peers
    threads: int
    gpu_layers: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """Of every child: the bindings load the libllama that the peers were linked with."""
        return {
            **os.environ,
            "LLAMA_CPP_LIB_PATH": str(self.peers.libraries),
            "MTMD_CPP_LIB": str(self.peers.libraries),
            "GGML_NO_BACKTRACE": "1",
        }


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, as token ids or as text, whichever the system gives."""

    tokens: Tokens | None = None
    text: str = ""


class Asker(Protocol):
    """A system that is up."""

    @property
    def process_id(self) -> int | None:
        """Of the process that runs the model."""
        ...

    async def ask(self, prompt: Prompt, output: int) -> Said:
        """The greedy continuation of a prompt by `output` tokens.

        Raises:
            SystemFailed: there was none.
        """
        ...


class System(Protocol):
    """A system under test."""

    @property
    def name(self) -> str: ...

    @property
    def width(self) -> int:
        """Requests that are kept in flight."""
        ...

    def settings(self, setting: Setting, workload: Workload) -> str:
        """How it is set for a workload, for the report."""
        ...

    def opened(self, setting: Setting, workload: Workload) -> AbstractAsyncContextManager[Asker]:
        """Start it, with room for the workload; leaving stops it."""
        ...


class SystemFailed(Exception):
    """A system did not start, ended, or gave something else than an answer."""


@asynccontextmanager
async def process(
    command: Sequence[str], environment: Mapping[str, str], log: Path, pipes: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child process whose output goes to a file; with `pipes`, standard input and output are ours."""
    pipe = asyncio.subprocess.PIPE if pipes else None
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        child = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe or sink, stderr=sink, env=dict(environment), limit=2**24
        )
    try:
        yield child
    finally:
        await _stop(child)


async def _stop(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), STOP_SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()


def cpu_seconds(process_id: int | None) -> float | None:
    """What all threads of a process have used of the processor so far; None where it cannot be known.

    It tells what work costs on a machine that has other work, too, as long as nobody waits in a loop: with one
    thread. Several threads of llama.cpp spin while they wait for each other, which counts as use.
    """
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # not Linux, or between two of the engine's processes
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of this machine that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def last_words(log: Path) -> str:
    """The end of a log, for the message about its writer's end."""
    return " | ".join(log.read_text("utf-8", "replace").splitlines()[-5:])
