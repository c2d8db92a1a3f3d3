"""The engine's child as a process: starting it, talking to it, its last words, its memory, and its end."""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from inference import wire
from inference.wire import FromChild, ToChild

MAX_LINE = 64 * 1024 * 1024
"""Bytes of one message from the child at most."""
LAST_WORDS_SECONDS = 5.0
"""How long to listen to a child that ends: a process that it left behind may hold the pipe open."""


class NoMessageError(Exception):
    """The child wrote what is no message."""


class Child:
    """A running process that speaks `inference.wire`. Leaving its `async with` kills it and waits for its end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._last_words: deque[str] = deque(maxlen=20)
        self._listener = asyncio.create_task(self._hear_last_words(), name="engine log")

    @classmethod
    async def start(cls, command: Sequence[str]) -> Self:
        """Start the process.

        Raises:
            OSError: it cannot be started.
        """
        pipe = asyncio.subprocess.PIPE
        # Otherwise an abort inside llama.cpp starts a debugger to print a backtrace, which takes seconds.
        environment = {**os.environ, "GGML_NO_BACKTRACE": "1"}
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, limit=MAX_LINE, env=environment
        )
        return cls(process)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.cancel()
        self.kill()
        await self._exit_code()
        await asyncio.gather(self._listener, return_exceptions=True)

    @property
    def process_id(self) -> int | None:
        """While it runs."""
        return self._process.pid if self._process.returncode is None else None

    @property
    def last_words(self) -> tuple[str, ...]:
        """The end of its log."""
        return tuple(words for words in self._last_words if words)

    @property
    def private_bytes(self) -> int | None:
        """Its memory without what is mapped from files, such as the weights; None where that is not told."""
        try:
            fields = Path(f"/proc/{self.process_id}/statm").read_text().split()
        except OSError:  # it has ended, or this is no Linux
            return None
        return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")

    def send(self, message: ToChild) -> None:
        """Hand it a message; if it just died, that shows at the other end of the pipe."""
        if self._process.stdin and not self._process.stdin.is_closing():
            self._process.stdin.write(wire.line(message))

    def kill(self) -> None:
        """End it at once; it has nothing to lose."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it ended between the check and the kill
                self._process.kill()

    async def messages(self) -> AsyncIterator[FromChild]:
        """What it says, until it closes its output.

        Raises:
            NoMessageError: it wrote something else.
        """
        assert self._process.stdout is not None
        while True:
            try:
                data = await self._process.stdout.readline()
                message = wire.read_in_parent(data) if data else None
            except ValueError:  # not a message, or longer than MAX_LINE
                raise NoMessageError("it wrote what is no message") from None
            if message is None:
                return
            yield message

    async def how_it_ended(self) -> str:
        """Exit code and last words, once it has closed its output."""
        await asyncio.wait([self._listener], timeout=LAST_WORDS_SECONDS)
        if not self._listener.done():
            self.kill()
        code = await self._exit_code()
        ending = f"signal {-code}" if code < 0 else f"exit code {code}"
        said = self.last_words
        return f"its process ended with {ending} ({said[-1]})" if said else f"its process ended with {ending}"

    async def _hear_last_words(self) -> None:
        assert self._process.stderr is not None
        async for data in self._process.stderr:
            self._last_words.append(data.decode("utf-8", "replace").rstrip())

    async def _exit_code(self) -> int:
        """Wait for the end. `Process.wait` waits for the pipes too, which may stay open."""
        while self._process.returncode is None:  # noqa: ASYNC110 - asyncio tells of the end in no other way
            await asyncio.sleep(0.01)
        # asyncio has no public way to let go of the pipes.
        self._process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
        return self._process.returncode
