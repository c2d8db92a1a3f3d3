"""The loop between the queue and the judge: claim, ask, finish. Every job it holds is leased."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.allowance import Allowance
from bot.case import CaseState, Claim, JobState
from bot.inquiry import Inquiry
from bot.outage import BackOff, Outage
from bot.ports import LeaseLost, Store, StoreError
from bot.tasks import task_group
from inference.judge import DeadlinePassed, JudgeBusy, JudgeUnavailable
from inference.prefilter.budget.service import ServiceTimes
from inference.ticket import Priority
from policies.verdict import Verdict

_log = structlog.get_logger(__name__)

AUDITS_OF_WIDTH = 8
"""At most one job in so many that are in flight is a random check (and always one): new suspicions find room."""

Opened = Callable[[int], Awaitable[None]]
"""Called with a case's id after a verdict was stored that leaves the case open."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How one worker works."""

    width: int = 4
    """Jobs in flight at most."""
    priority: Priority = Priority.LIVE
    """How urgent the judge is told they are."""
    lease: timedelta = timedelta(seconds=60)
    """Renewed at a third, so that two renewals may fail before a job is lost."""
    poll: timedelta = timedelta(seconds=1)
    """How often an idle worker looks for jobs whose lease (another worker's) has ended."""
    back_off: BackOff = field(default_factory=BackOff)
    busy_rest: timedelta = timedelta(milliseconds=500)
    """About how long a judge without room is left alone."""
    patience: timedelta | None = None
    """How long the judge may be away before the worker gives up; None waits forever."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What a worker is doing: for progress bars, metrics and `/status`."""

    in_flight: int = 0
    judged: int = 0
    undecided: int = 0
    violations: int = 0
    second_looks: int = 0
    tokens: int = 0
    """Generated for the judged."""
    judge_milliseconds: float = 0.0
    """Sum over the judged, each from the question to the verdict."""
    outage: Outage | None = None
    busy: bool = False
    """The judge is well and had no room for more when it was last asked."""


class Worker:
    """Judges waiting jobs, at most `width` at once. Cancelling `run` gives every leased job back."""

    def __init__(
        self,
        store: Store,
        inquiry: Inquiry,
        on_open: Opened,
        *,
        clock: Callable[[], datetime],
        settings: WorkerSettings | None = None,
    ) -> None:
        self._store = store
        self._inquiry = inquiry
        self._on_open = on_open
        self._clock = clock
        self._settings = settings or WorkerSettings()
        self._stirred = asyncio.Event()
        # By token, not by job: after a suspended machine wakes up, a worker may lease its own lost job again.
        self._held: dict[str, Claim] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._workload = Workload()
        self._allowance = Allowance(self._settings.width)
        self._rested: Outage | None = None
        self._finishing_up = False
        self._service = ServiceTimes()

    @property
    def workload(self) -> Workload:
        """What is going on right now."""
        return replace(self._workload, in_flight=len(self._held), busy=self._allowance.short)

    @property
    def verdicts_per_second(self) -> float | None:
        """How many the judge can give when it has all that it takes; None as long as too little is known."""
        return self._service.verdicts_per_second(max(1, self._allowance.jobs))

    def stir(self) -> None:
        """Look for work now instead of at the next poll: something was put into the queue."""
        self._stirred.set()

    def finish_up(self) -> None:
        """End `run` as soon as no job waits and none is leased."""
        self._finishing_up = True
        self.stir()

    async def run(self) -> None:
        """Work until cancelled, or until nothing is left after `finish_up`.

        Raises:
            StoreUnavailable: a verdict or a claim could not be stored; leased jobs return when their lease ends.
            JudgeUnavailable: the judge was away for longer than the settings' patience.
        """
        try:
            async with task_group() as tasks:
                renewing = tasks.create_task(self._keep_leases())
                await self._claim_and_judge(tasks)
                renewing.cancel()
        finally:
            await self._give_back_unstarted()

    async def _give_back_unstarted(self) -> None:
        """A task that is cancelled before its first step cannot give its job back by itself.

        When the store is away for this too, the leases end by themselves: nobody renews them in the next `run`.
        """
        left = tuple(self._held.values())
        self._held.clear()
        self._tasks.clear()
        for claim in left:
            await self._give_back(claim, failed=False)

    async def _claim_and_judge(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._rest()
            self._stirred.clear()
            claims = await self._claim() if self._room else []
            for claim in claims:
                self._held[claim.token] = claim
                self._tasks[claim.token] = tasks.create_task(self._work_on(claim))
            if self._finishing_up and not self._tasks and await self._nothing_left():
                return
            if not claims or not self._room:
                await self._wait()

    async def _wait(self) -> None:
        """Until something happened, or it is time to look again.

        Not `asyncio.wait_for`: in Python 3.11 it swallows a cancellation that comes together with the event.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.poll.total_seconds()):
                await self._stirred.wait()

    async def _claim(self) -> list[Claim]:
        """Lease jobs. Those leased just as we are cancelled go back: nobody else knows of them."""
        claims = self._store.claim(self._room, self._settings.lease, audits=self._room_for_audits)
        claiming = asyncio.ensure_future(claims)
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            for claim in await claiming:
                await self._give_back(claim, failed=False)
            raise

    @property
    def _room(self) -> int:
        """How many more jobs may be taken. After an outage one job tries the judge before the rest follow."""
        width = 1 if self._workload.outage else self._allowance.jobs
        return max(0, width - len(self._tasks))

    @property
    def _room_for_audits(self) -> int:
        held = sum(claim.suspicion.is_audit for claim in self._held.values())
        return max(0, max(1, self._settings.width // AUDITS_OF_WIDTH) - held)

    async def _rest(self) -> None:
        """Leave an absent judge alone for a while, once per failed try; and a busy one for a moment."""
        outage = self._workload.outage
        if outage is not None and outage is not self._rested and not self._tasks:
            self._rested = outage
            await asyncio.sleep(outage.retry_after.total_seconds())
        elif rest := self._allowance.rest(self._settings.busy_rest):
            await asyncio.sleep(rest)

    async def _nothing_left(self) -> bool:
        counts = await self._store.job_counts()
        return not (counts.get(JobState.QUEUED) or counts.get(JobState.JUDGING))

    async def _work_on(self, claim: Claim) -> None:
        try:
            if await self._is_open_after(claim):
                await self._on_open(claim.case_id)
        except LeaseLost:
            _log.warning("lease lost, the verdict is dropped", job=claim.job_id, case=claim.case_id)
        finally:
            self._held.pop(claim.token, None)
            del self._tasks[claim.token]
            self._stirred.set()

    async def _is_open_after(self, claim: Claim) -> bool:
        """Judge a job and store what came of it; whether its case is now open."""
        known_outage = self._workload.outage
        try:
            verdict = await self._asked(claim)
            state = await self._store.finish(self._let_go(claim), verdict)
        except asyncio.CancelledError:
            await self._give_back(claim, failed=False)
            raise
        except JudgeUnavailable as away:
            await self._give_back(claim, failed=False)
            self._judge_is_away(away, known_outage)
            return False
        except (JudgeBusy, DeadlinePassed):
            await self._give_back(claim, failed=False)
            self._judge_is_busy(others=len(self._tasks) - 1)
            return False
        except StoreError:
            raise
        except Exception as defect:  # noqa: BLE001 - a judge's defect costs this job an attempt, not the bot
            _log.error("the judge failed on a job", job=claim.job_id, error=type(defect).__name__)
            return await self._give_back(claim, failed=True) is JobState.UNDECIDED
        self._count(verdict)
        return state is CaseState.OPEN

    async def _asked(self, claim: Claim) -> Verdict:
        """The verdict; how long it took, and beside how many others, is remembered."""
        started, together = self._inquiry.timer(), len(self._tasks)
        verdict = await self._inquiry.verdict(claim)
        self._service.observe(self._inquiry.timer() - started, (together + len(self._tasks)) / 2)
        return verdict

    def _let_go(self, claim: Claim) -> Claim:
        """The claim, whose lease is not renewed any more from here on."""
        self._held.pop(claim.token, None)
        return claim

    async def _give_back(self, claim: Claim, *, failed: bool) -> JobState | None:
        """The job's new state; None if it was somebody else's already."""
        with suppress(LeaseLost):
            return await self._store.release(self._let_go(claim), failed=failed)
        return None

    def _judge_is_away(self, away: JudgeUnavailable, known: Outage | None) -> None:
        """Count a failed try. Jobs that were in flight together fail together: that is one try."""
        if self._workload.outage is not known:
            return
        now = self._clock()
        outage = self._settings.back_off.after(known, str(away), now)
        self._workload = replace(self._workload, outage=outage)
        _log.warning("the judge is away", reason=outage.reason, tries=outage.tries, wait=str(outage.retry_after))
        if self._settings.patience is not None and outage.lasted(now) >= self._settings.patience:
            raise away

    def _judge_is_busy(self, others: int) -> None:
        """That it says so means that it is there."""
        if not self._allowance.short:
            _log.info("the judge has no room for more at the moment", in_flight=others)
        self._allowance.refused(others)
        self._workload = replace(self._workload, outage=None)

    def _count(self, verdict: Verdict) -> None:
        self._allowance.answered()
        before = self._workload
        self._workload = replace(
            before,
            judged=before.judged + 1,
            undecided=before.undecided + (verdict.violation is None),
            violations=before.violations + (verdict.violation is True),
            second_looks=before.second_looks + (verdict.first_look is not None),
            tokens=before.tokens + verdict.tokens,
            judge_milliseconds=before.judge_milliseconds + verdict.milliseconds,
            outage=None,
        )

    async def _keep_leases(self) -> None:
        """Renew at a third of the lease; a job that was lost all the same is withdrawn from the judge."""
        while True:
            await asyncio.sleep(self._settings.lease.total_seconds() / 3)
            held = tuple(self._held.values())
            renewed = await self._store.renew(held, self._settings.lease) if held else []
            for token in {claim.token for claim in held} - {claim.token for claim in renewed}:
                self._withdraw(token)

    def _withdraw(self, token: str) -> None:
        """Stop judging a job that is somebody else's now, unless its verdict is being stored already."""
        if token in self._held:
            self._tasks[token].cancel()
