"""The model in a supervised child process: whatever kills it, the parent lives on and nothing asked is lost.

When the child dies, what was in flight is asked again of the next one, in its order and with what is left of its
deadline. A text that kills the engine is found by `inference.flights` and reported as unanswerable.
"""

import asyncio
import itertools
import logging
from types import TracebackType
from typing import Self

from inference.answer import Question
from inference.answerer import TimedAnswer
from inference.child import Child, NoMessageError
from inference.engine_options import EngineOptions
from inference.flights import Flight, Flights
from inference.judge import DeadlinePassed, JudgeUnavailable, Unanswerable, UnreadableAnswer
from inference.scheduling.counters import Counters
from inference.sizing import ContextPlan, Wishes
from inference.ticket import ORDINARY, Ticket
from inference.watchdog import Watchdog
from inference.wire import Ask, Beat, Cancel, Done, Fatal, FromChild, Overdue, Ready, Refused, Setup, Taken
from policies.phrases import phrase

log = logging.getLogger(__name__)

BLAMED_IN_A_ROW = 3
"""So many texts may be blamed for the child's death without an answer in between; then it is not the texts."""
RESTART_SECONDS = (0.0, 0.5, 2.0, 10.0, 60.0)
"""How long to wait before the next start, by the number of failed starts or deaths in a row."""

_TOO_LATE = "the deadline passed before there was an answer"


class ModelUnusable(Exception):
    """The model cannot be loaded. The message says why and what to do."""


class Engine:
    """Asks the model. Open it with `async with`; entering waits until the model is loaded.

    Raises (on entering):
        ModelUnusable: the model cannot be loaded.
    """

    def __init__(self, options: EngineOptions) -> None:
        self.model_name = ""
        self.restarts = 0
        """How often the child had to be started again."""
        self.counters = Counters()
        """What the child that lives now has counted, as of its latest beat."""
        self.plan: ContextPlan | None = None
        """How the context is laid out; None until a model was loaded."""
        self._options = options
        self._flights = Flights(options.queue)
        self._ids = itertools.count(1)
        self._child: Child | None = None
        self._ready = False
        self._away = ""
        self._failures = 0
        self._blamed = 0
        self._watchdog = Watchdog(options, last_sign=0.0)
        self._supervisor: asyncio.Task[None] | None = None
        self._first_start: asyncio.Future[None] | None = None

    @property
    def away(self) -> str:
        """Why nothing can be asked at the moment; empty when all is well."""
        return self._away

    @property
    def loading(self) -> bool:
        """Whether the model is not in memory yet, or not again. What is asked waits, unless the engine is away."""
        return not self._ready

    @property
    def process_id(self) -> int | None:
        """Of the child, while there is one."""
        return self._child.process_id if self._child else None

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

    async def ask(
        self, prefix_key: str, prefix: tuple[int, ...], question: Question, ticket: Ticket = ORDINARY
    ) -> TimedAnswer:
        """The model's answer. `prefix_key` names the prefix: one key, one sequence of tokens.

        Raises:
            JudgeUnavailable: the engine is away.
            JudgeBusy: too much is in flight for one more of this priority or tenant.
            DeadlinePassed: there was no answer within the ticket's deadline.
            UnreadableAnswer: the answer made no sense; another seed may help.
            Unanswerable: this question is too long, or kills the engine.
        """
        if self._away:
            raise JudgeUnavailable(self._away)
        self._flights.check_room(ticket)
        loop = asyncio.get_running_loop()
        ask = Ask(id=next(self._ids), prefix_key=prefix_key, prefix=prefix, question=question, ticket=ticket)
        flight = Flight(ask, loop.time(), loop.create_future())
        self._flights.add(flight)
        self._send_what_may_go()
        try:
            # The child keeps deadlines too. This one also holds while there is none, or while it hangs.
            async with asyncio.timeout(ticket.deadline):
                return await flight.answer
        except TimeoutError:
            raise DeadlinePassed(_TOO_LATE) from None
        finally:
            self._forget(flight)

    def _forget(self, flight: Flight) -> None:
        self._flights.remove(flight)
        if self._child and flight.sent and flight.answer.cancelled():
            self._child.send(Cancel(id=flight.ask.id))
            self._watchdog.owing = True
        self._send_what_may_go()

    def _send_what_may_go(self) -> None:
        if not self._child or not self._ready:
            return
        now = asyncio.get_running_loop().time()
        for flight in self._flights.may_go():
            flight.sent = True
            self._child.send(flight.as_of(now))

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
        try:
            child = await Child.start(self._options.command)
        except OSError as error:  # a machine that is short of memory may have some later
            return f"its process cannot be started: {error}"
        self._child = child
        self._watchdog = Watchdog(self._options, asyncio.get_running_loop().time())
        async with child:
            watching = asyncio.create_task(self._watch(child, self._watchdog), name="engine watchdog")
            try:
                child.send(self._setup())
                return await self._listen(child) or await child.how_it_ended()
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def _listen(self, child: Child) -> str:
        """Take the child's messages until there are no more; returns the reason it gave for ending, if any."""
        reason = ""
        try:
            async for message in child.messages():
                self._watchdog.heard(asyncio.get_running_loop().time())
                reason = message.reason if isinstance(message, Fatal) else reason
                self._take(message)
        except NoMessageError as error:
            return str(error)
        return reason

    def _take(self, message: FromChild) -> None:
        match message:
            case Ready():
                self._on_ready(message)
            case Taken():
                self._flights.taken(message.id)
            case Done():
                self._settle(message.id, TimedAnswer(message.answer, message.timing))
            case Refused():
                self._on_refused(message)
            case Overdue():
                self._settle(message.id, DeadlinePassed(_TOO_LATE))
            case Beat():
                self.counters, self._watchdog.patience = message.counters, message.patience
            case Fatal():
                pass  # its reason is told when the child has ended

    def _on_ready(self, message: Ready) -> None:
        self.model_name, self.plan = message.model_name, message.plan
        self.counters, self._watchdog.patience = Counters(), message.patience
        self._watchdog.memory = self._child.private_bytes if self._child else None
        self._ready = True
        self._away = ""
        if self._first_start and not self._first_start.done():
            self._first_start.set_result(None)
        self._send_what_may_go()

    def _on_refused(self, message: Refused) -> None:
        if message.defect:
            log.error("a defect in the engine cost an answer: %s", message.defect)
        error = (Unanswerable if message.final else UnreadableAnswer)(message.why)
        self._settle(message.id, error)

    def _settle(self, ask_id: int, result: TimedAnswer | Exception) -> None:
        """Give an ask its result; one that nobody waits for any more is dropped."""
        self._failures = 0
        self._blamed = 0
        flight = self._flights.find(ask_id)
        if flight is None:
            return
        if isinstance(result, Exception):
            flight.answer.set_exception(result)
        else:
            flight.answer.set_result(result)

    def _after_death(self, reason: str) -> None:
        """Decide what becomes of those who were in flight, and whether the engine counts as away."""
        was_ready, self._ready = self._ready, False
        last_words = list(self._child.last_words) if self._child else []
        log.error("engine died: %s", reason, extra={"last_words": last_words})
        self.restarts += 1
        culprit = self._flights.child_died(charge=not self._watchdog.outgrown)
        if culprit:
            self._blame(culprit, reason)
        if not was_ready:
            self._go_away(reason)

    def _blame(self, flight: Flight, reason: str) -> None:
        """A text that was alone at several deaths is the cause, unless the child dies of every text."""
        self._blamed += 1
        if self._blamed > BLAMED_IN_A_ROW:
            self._go_away(f"it dies of every text: {reason}")
        else:
            flight.answer.set_exception(Unanswerable(phrase("the engine dies of this text")))

    def _go_away(self, reason: str) -> None:
        """Restarting does not help for now: tell everybody, and go on trying."""
        self._away = f"the engine is away: {reason}"
        if self._first_start and not self._first_start.done():
            self._first_start.set_exception(ModelUnusable(reason))
        for flight in self._flights.open:
            flight.answer.set_exception(JudgeUnavailable(self._away))

    async def _watch(self, child: Child, watchdog: Watchdog) -> None:
        """Kill a child that hangs or has outgrown its memory; the next one does its work."""
        loop = asyncio.get_running_loop()
        interval = min(1.0, self._options.hang_seconds / 4)
        while True:
            before = loop.time()
            await asyncio.sleep(interval)
            # Time in which this process itself stood still says nothing about the child.
            watchdog.last_sign += max(0.0, loop.time() - before - 2 * interval)
            busy = self._flights.busy
            complaint = watchdog.complaint(loop.time(), ready=self._ready, busy=busy, memory=child.private_bytes)
            if complaint:
                log.error("engine %s and is killed", complaint)
                child.kill()
                return

    def _setup(self) -> Setup:
        options = self._options
        wishes = Wishes(
            width=options.width,
            prefixes=options.prefixes,
            step_tokens=options.step_tokens,
            context=options.context,
            gpu_layers=options.gpu_layers,
            gpu_memory=options.gpu_memory,
        )
        return Setup(
            model=str(options.model),
            vocabulary=str(options.vocabulary),
            wishes=wishes,
            threads=options.threads,
            backend_sampling=options.backend_sampling,
        )

    async def _stop(self) -> None:
        """Kill the child, which has nothing to lose; what is still in flight is unavailable."""
        if self._supervisor:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        self._ready = False
        self._go_away("it is shutting down")
