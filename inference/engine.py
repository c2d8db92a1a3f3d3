"""The model in a supervised child process: whatever kills it, the parent lives on and nothing asked is lost.

When the child dies, what was in flight is asked again of the next one. After a second death the survivors are
asked one at a time, so that a text which kills the engine is found: it dies alone, and is reported as unreadable.
"""

import asyncio
import contextlib
import itertools
import logging
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from inference import wire
from inference.answer import Answer, Question
from inference.engine_options import EngineOptions
from inference.judge import JudgeUnavailable, UnreadableAnswer
from inference.wire import Ask, Beat, Cancel, Done, Fatal, Ready, Refused, Setup

log = logging.getLogger(__name__)

SUSPECT_AFTER = 2
"""Deaths of the child in which an ask was in flight, before it is asked alone."""
BLAMED_IN_A_ROW = 3
"""So many texts may be blamed for the child's death without an answer in between; then it is not the texts."""
RESTART_SECONDS = (0.0, 0.5, 2.0, 10.0, 60.0)
"""How long to wait before the next start, by the number of failed starts or deaths in a row."""
MAX_LINE = 64 * 1024 * 1024
"""Bytes of one message from the child at most."""
LAST_WORDS_SECONDS = 5.0
"""How long to listen to a child that ends: a process that it left behind may hold the pipe open."""


class ModelUnusable(Exception):
    """The model cannot be loaded. The message says why and what to do."""


@dataclass(slots=True, eq=False)
class _Flight:
    """An ask on its way."""

    ask: Ask
    answer: asyncio.Future[Answer]
    sent: bool = False
    deaths: int = 0


class Engine:
    """Asks the model. Open it with `async with`; entering waits until the model is loaded.

    Raises (on entering):
        ModelUnusable: the model cannot be loaded.
    """

    def __init__(self, options: EngineOptions) -> None:
        self.model_name = ""
        self.restarts = 0
        """How often the child had to be started again."""
        self._options = options
        self._flights: dict[int, _Flight] = {}
        self._ids = itertools.count(1)
        self._process: asyncio.subprocess.Process | None = None
        self._ready = False
        self._away = ""
        self._failures = 0
        self._blamed = 0
        self._last_sign = 0.0
        self._last_words: deque[str] = deque(maxlen=20)
        self._supervisor: asyncio.Task[None] | None = None
        self._first_start: asyncio.Future[None] | None = None

    @property
    def away(self) -> str:
        """Why nothing can be asked at the moment; empty when all is well."""
        return self._away

    @property
    def process_id(self) -> int | None:
        """Of the child, while there is one."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def __aenter__(self) -> Self:
        self._first_start = asyncio.get_running_loop().create_future()
        self._supervisor = asyncio.create_task(self._supervise(), name="engine supervisor")
        try:
            await self._first_start
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def ask(self, prefix_key: str, prefix: tuple[int, ...], question: Question) -> Answer:
        """The model's answer. `prefix_key` names the prefix: one key, one sequence of tokens.

        Raises:
            JudgeUnavailable: the engine is away.
            UnreadableAnswer: this question cannot be answered, or kills the engine.
        """
        if self._away:
            raise JudgeUnavailable(self._away)
        ask = Ask(id=next(self._ids), prefix_key=prefix_key, prefix=prefix, question=question)
        flight = _Flight(ask, asyncio.get_running_loop().create_future())
        self._flights[ask.id] = flight
        self._send_what_may_go()
        try:
            return await flight.answer
        finally:
            self._forget(flight)

    def _forget(self, flight: _Flight) -> None:
        if self._flights.pop(flight.ask.id, None) and flight.sent and flight.answer.cancelled():
            self._write(Cancel(id=flight.ask.id))
        self._send_what_may_go()

    def _send_what_may_go(self) -> None:
        """Everything, unless some are suspected of killing the child: those go alone, and first."""
        if not self._ready:
            return
        waiting = [flight for flight in self._flights.values() if not flight.answer.done()]
        suspects = [flight for flight in waiting if flight.deaths >= SUSPECT_AFTER]
        if suspects and any(flight.sent for flight in waiting):
            return
        for flight in suspects[:1] or waiting:
            if not flight.sent:
                flight.sent = True
                self._write(flight.ask)

    def _write(self, message: Ask | Cancel | Setup) -> None:
        """Hand a line to the child; if it just died, the supervisor will notice and ask again."""
        if self._process and self._process.stdin and not self._process.stdin.is_closing():
            self._process.stdin.write(wire.line(message))

    async def _supervise(self) -> None:
        """Keep a child running until cancelled; a bug in here must not leave anybody waiting for ever."""
        try:
            while True:
                await asyncio.sleep(RESTART_SECONDS[min(self._failures, len(RESTART_SECONDS) - 1)])
                reason = await self._run_child()
                self._failures += 1
                self._after_death(reason)
        except Exception as error:
            self._go_away(f"its supervisor failed: {error!r}")
            raise

    async def _run_child(self) -> str:
        """Start a child and serve it until it ends; returns why it did, or why there is none."""
        self._last_words.clear()
        try:
            process = self._process = await self._start_child()
        except OSError as error:  # a machine that is short of memory may have some later
            return f"its process cannot be started: {error}"
        self._last_sign = asyncio.get_running_loop().time()
        watchdog = asyncio.create_task(self._watch(process), name="engine watchdog")
        listener = asyncio.create_task(self._hear_last_words(process), name="engine log")
        try:
            self._write(self._setup())
            return await self._read_events(process) or await self._how_it_ended(process, listener)
        finally:
            watchdog.cancel()
            listener.cancel()
            _kill(process)
            await _exit_code(process)
            await asyncio.gather(watchdog, listener, return_exceptions=True)

    async def _start_child(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        # Otherwise an abort inside llama.cpp starts a debugger to print a backtrace, which takes seconds.
        environment = {**os.environ, "GGML_NO_BACKTRACE": "1"}
        return await asyncio.create_subprocess_exec(
            *self._options.command, stdin=pipe, stdout=pipe, stderr=pipe, limit=MAX_LINE, env=environment
        )

    async def _how_it_ended(self, process: asyncio.subprocess.Process, listener: asyncio.Task[None]) -> str:
        """Exit code and last words of a child that has closed its output."""
        await asyncio.wait([listener], timeout=LAST_WORDS_SECONDS)
        if not listener.done():
            _kill(process)
        return f"its process ended with {_ending(await _exit_code(process), self._last_words)}"

    async def _read_events(self, process: asyncio.subprocess.Process) -> str:
        """Take the child's messages until there are no more; returns the reason it gave for ending, if any."""
        assert process.stdout is not None
        reason = ""
        while True:
            try:
                data = await process.stdout.readline()
                event = wire.read_in_parent(data) if data else None
            except ValueError:  # not a message, or longer than MAX_LINE
                return "it wrote what is no message"
            if event is None:
                return reason
            self._last_sign = asyncio.get_running_loop().time()
            reason = event.reason if isinstance(event, Fatal) else reason
            self._take(event)

    def _take(self, event: Ready | Done | Refused | Beat | Fatal) -> None:
        if isinstance(event, Ready):
            self._on_ready(event)
        elif isinstance(event, Done):
            self._settle(event.id, event.answer)
        elif isinstance(event, Refused):
            self._settle(event.id, UnreadableAnswer(event.reason))

    def _on_ready(self, event: Ready) -> None:
        self.model_name = event.model_name
        self._ready = True
        self._away = ""
        if self._first_start and not self._first_start.done():
            self._first_start.set_result(None)
        self._send_what_may_go()

    def _settle(self, ask_id: int, result: Answer | Exception) -> None:
        """Give an ask its result; one that nobody waits for any more is dropped."""
        self._failures = 0
        self._blamed = 0
        flight = self._flights.get(ask_id)
        if flight is None or flight.answer.done():
            return
        if isinstance(result, Exception):
            flight.answer.set_exception(result)
        else:
            flight.answer.set_result(result)

    def _after_death(self, reason: str) -> None:
        """Decide what becomes of those who were in flight, and whether the engine counts as away."""
        was_ready, self._ready = self._ready, False
        log.error("engine died: %s", reason, extra={"last_words": list(self._last_words)})
        self.restarts += 1
        sent = [flight for flight in self._flights.values() if flight.sent and not flight.answer.done()]
        for flight in sent:
            flight.sent = False
            flight.deaths += 1
            if flight.deaths > SUSPECT_AFTER and len(sent) == 1:
                self._blame(flight, reason)
        if not was_ready:
            self._go_away(reason)

    def _blame(self, flight: _Flight, reason: str) -> None:
        """A text that was alone at several deaths is unreadable, unless the child dies of every text."""
        self._blamed += 1
        if self._blamed > BLAMED_IN_A_ROW:
            self._go_away(f"it dies of every text: {reason}")
        else:
            flight.answer.set_exception(UnreadableAnswer("the engine dies of this text"))

    def _go_away(self, reason: str) -> None:
        """Restarting does not help for now: tell everybody, and go on trying."""
        self._away = f"the engine is away: {reason}"
        if self._first_start and not self._first_start.done():
            self._first_start.set_exception(ModelUnusable(reason))
        for flight in self._flights.values():
            if not flight.answer.done():
                flight.answer.set_exception(JudgeUnavailable(self._away))

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Kill a child that hangs: one that is silent for too long while it loads or has work."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(1.0, self._options.hang_seconds / 4))
            busy = any(flight.sent for flight in self._flights.values())
            if not busy and self._ready:
                self._last_sign = loop.time()
            allowed = self._options.hang_seconds if self._ready else self._options.start_seconds
            if loop.time() - self._last_sign > allowed:
                log.error("engine is silent for %.0f s and is killed", allowed)
                _kill(process)
                return

    async def _hear_last_words(self, process: asyncio.subprocess.Process) -> None:
        """Keep the end of the child's log for the report of its death."""
        assert process.stderr is not None
        async for data in process.stderr:
            self._last_words.append(data.decode("utf-8", "replace").rstrip())

    def _setup(self) -> Setup:
        options = self._options
        return Setup(
            model=str(options.model),
            vocabulary=str(options.vocabulary),
            width=options.width,
            prefixes=options.prefixes,
            cells=options.context,
            step_tokens=options.step_tokens,
            threads=options.threads,
            gpu_layers=options.gpu_layers,
        )

    async def _stop(self) -> None:
        """Kill the child, which has nothing to lose; what is still in flight is unavailable."""
        if self._supervisor:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        self._ready = False
        self._go_away("it is shutting down")


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):  # it ended between the check and the kill
            process.kill()


async def _exit_code(process: asyncio.subprocess.Process) -> int:
    """Wait for the end of a process. `Process.wait` waits for its pipes too, which may stay open."""
    while process.returncode is None:  # noqa: ASYNC110 - asyncio tells of the end in no other way
        await asyncio.sleep(0.01)
    # asyncio has no public way to let go of the pipes.
    process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
    return process.returncode


def _ending(code: int, last_words: Sequence[str]) -> str:
    ending = f"signal {-code}" if code < 0 else f"exit code {code}"
    said = [words for words in last_words if words]
    return f"{ending} ({said[-1]})" if said else ending
