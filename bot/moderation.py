"""The core: from a message to a stored verdict. It knows no Discord, no file and no screen.

`receive` is called for every message; `work` runs beside it for as long as the bot lives.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.case import CaseFile, CaseState, Earlier, Finding, JobState, Message, Suspected
from bot.inquiry import Inquiry, ModelIdentity
from bot.intake.window import IntakeWindow
from bot.ports import Desk, Store
from bot.rulebook import Rulebook
from bot.tasks import task_group
from bot.worker import Worker, WorkerSettings, Workload
from inference.judge import Judge
from policies.policy import Mode, Policy

FLUSH_EVERY = 256
"""Messages between two writes of the watermarks, when nothing is suspected in between."""
FLUSH_SECONDS = 30.0
"""Seconds between two writes of the watermarks in quiet times."""


class Moderation:
    """Messages in, cases out. One per data folder; its methods may be called many times at once."""

    def __init__(
        self,
        rulebook: Rulebook,
        store: Store,
        judge: Judge,
        desk: Desk,
        *,
        model: ModelIdentity,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
        settings: WorkerSettings | None = None,
    ) -> None:
        self._rulebook = rulebook
        self._store = store
        self._desk = desk
        self._window = IntakeWindow()
        self._since_flush = 0
        self._in_force: dict[tuple[int, str], str] = {}
        inquiry = Inquiry(judge, model, timer)
        self._worker = Worker(store, inquiry, self._show, clock=clock, settings=settings)

    @property
    def workload(self) -> Workload:
        """What the worker is doing, and whether the judge is away."""
        return self._worker.workload

    def adopt(self, rulebook: Rulebook) -> None:
        """Use other policies from the next message on. Jobs that wait keep the version that flagged them."""
        self._rulebook = rulebook

    async def receive(self, message: Message, earlier: Sequence[Earlier] = ()) -> int | None:
        """Take a new or edited message in; the case's id if it became one.

        When this returns, the suspicion is safe. When it raises, the channel's watermark stays below the
        message, so that it is fetched again after a restart.

        Raises:
            StoreUnavailable: nothing was written.
        """
        place = (message.guild_id, message.channel_id, message.id)
        self._window.begin(*place)
        rulebook = self._rulebook
        suspected = rulebook.suspect(message, earlier)
        case_id = await self._keep(suspected, rulebook) if suspected else None
        self._window.passed(*place)
        self._since_flush += 1
        if suspected or self._since_flush >= FLUSH_EVERY:
            await self.flush()
        return case_id

    def suspect(self, message: Message, earlier: Sequence[Earlier] = ()) -> Suspected | None:
        """Ask the prefilter only. Pure: whoever reads many messages may call it from another thread."""
        return self._rulebook.suspect(message, earlier)

    async def keep(self, suspected: Suspected) -> int | None:
        """Store a suspicion and the policies it names, and wake the worker; None if it was known already.

        Raises:
            StoreUnavailable: nothing was written.
        """
        return await self._keep(suspected, self._rulebook)

    async def flush(self) -> None:
        """Store the watermarks that have risen. `work` does it now and then, and at its end.

        Raises:
            StoreUnavailable: nothing was written; the next flush tries again.
        """
        self._since_flush = 0
        raised = self._window.take_raised()
        try:
            for guild_id, marks in raised.items():
                await self._store.advance(guild_id, marks)
        except BaseException:
            self._window.put_back(raised)
            raise

    def finish_up(self) -> None:
        """Nothing more will be received: let `work` end when everything is judged."""
        self._worker.finish_up()

    async def work(self) -> None:
        """Show what is open, then judge until cancelled, or until nothing is left after `finish_up`.

        A case whose card was not shown because the process died in between is shown now.

        Raises:
            StoreUnavailable: a verdict could not be stored. Nothing is lost: its job is judged again.
            JudgeUnavailable: the judge was away for longer than the settings' patience.
        """
        async for case in self._store.cases(CaseState.OPEN):
            await self._show_if_meant_for_people(case)
        async with task_group() as tasks:
            flushing = tasks.create_task(self._keep_flushing())
            await self._worker.run()
            flushing.cancel()
        await self.flush()

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def _keep(self, suspected: Suspected, rulebook: Rulebook) -> int | None:
        guild_id = suspected.message.guild_id
        for suspicion in suspected.suspicions:
            await self._put_in_force(guild_id, rulebook.policy(guild_id, suspicion.policy_id))
        case_id = await self._store.record(suspected)
        if case_id is not None:
            self._worker.stir()
        return case_id

    async def _put_in_force(self, guild_id: int, policy: Policy) -> None:
        """The store gives new jobs the version that was kept last."""
        if self._in_force.get((guild_id, policy.id)) != policy.digest:
            await self._store.keep_policy(guild_id, policy)
            self._in_force[guild_id, policy.id] = policy.digest

    async def _show(self, case_id: int) -> None:
        await self._show_if_meant_for_people(await self._store.case(case_id))

    async def _show_if_meant_for_people(self, case: CaseFile) -> None:
        if is_for_people(case):
            await self._desk.show(case)


def is_for_people(case: CaseFile) -> bool:
    """Whether a live policy was violated or its answer could not be read. Shadow policies are only counted."""
    return any(finding.policy.mode is Mode.LIVE and needs_a_look(finding) for finding in case.findings)


def needs_a_look(finding: Finding) -> bool:
    """Whether a person has to look at a judged job: a violation, or no readable answer after every try."""
    if finding.verdict is None:
        return finding.state is JobState.UNDECIDED
    return finding.verdict.violation is not False
