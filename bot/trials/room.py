"""Where trials are run: one for each guild at a time, each beside everything else that the bot does."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from bot.inquiry import KnownModel
from bot.ports import Store
from bot.trials.memory import Memory, RememberingJudge
from bot.trials.plan import plan_for
from bot.trials.result import TrialResult
from bot.trials.run import PATIENCE, OnProgress, Progress, TrialRun
from inference.judge import Judge
from inference.patient import Patience
from policies.policy import Policy

Work = Callable[[OnProgress], Coroutine[Any, Any, TrialResult]]

_log = structlog.get_logger(__name__)


class AlreadyRunning(Exception):
    """The guild has a trial that is not over."""

    def __init__(self, trial: "Trial") -> None:
        super().__init__("a trial of this guild is running")
        self.trial = trial


class Trial:
    """One that is going on, or has ended."""

    def __init__(self, guild_id: int, policy: Policy, begun_by: int, work: Work) -> None:
        """`begun_by`: who asked for it. `work` is started at once."""
        self.guild_id = guild_id
        self.policy = policy
        self.begun_by = begun_by
        self.progress = Progress(0, 0, 0.0)
        self.was_cancelled = False
        """Somebody stopped it."""
        self._task = asyncio.get_running_loop().create_task(work(self._progressed))

    @property
    def is_over(self) -> bool:
        """Whether nobody asks the judge for it any more."""
        return self._task.done()

    def cancel(self) -> None:
        """Stop it; whoever waits for it gets a CancelledError."""
        self.was_cancelled = True
        self._task.cancel()

    def when_over(self, then: "Callable[[Trial], None]") -> None:
        """Call `then` once it has ended, however it ended."""
        self._task.add_done_callback(lambda _: then(self))

    async def outcome(self) -> TrialResult:
        """What came of it. Who waits may stop waiting: the trial goes on.

        Raises:
            asyncio.CancelledError: it was cancelled.
            StoreUnavailable, JudgeUnavailable: it could not be run to its end.
        """
        return await asyncio.shield(self._task)

    def _progressed(self, progress: Progress) -> None:
        self.progress = progress


class TrialRoom:
    """Runs trials, and knows which are going on."""

    def __init__(
        self,
        store: Store,
        judge: Judge,
        model: KnownModel,
        *,
        timer: Callable[[], float] = time.monotonic,
        at_once: int = 4,
        patience: Patience = PATIENCE,
    ) -> None:
        """`at_once`: questions at the judge for one trial. `timer` counts seconds."""
        self.judge = judge
        self._store = store
        self._model = model
        self._timer = timer
        self._at_once = at_once
        self._patience = patience
        self._memory = Memory(timer)
        self._trials: dict[int, Trial] = {}

    def going_on(self, guild_id: int) -> Trial | None:
        """The guild's trial, if one is going on."""
        trial = self._trials.get(guild_id)
        return None if trial is None or trial.is_over else trial

    def begin(self, guild_id: int, policy: Policy, against: Policy | None, begun_by: int) -> Trial:
        """Start a trial on what the guild's people decided.

        Raises:
            AlreadyRunning: the guild has one already.
        """
        if other := self.going_on(guild_id):
            raise AlreadyRunning(other)
        trial = Trial(guild_id, policy, begun_by, lambda told: self._run(guild_id, policy, against, told))
        self._trials[guild_id] = trial
        trial.when_over(self._let_go)
        return trial

    def remembering(self, tenant: int) -> RememberingJudge:
        """A judge that knows what was said in this guild's trials."""
        return RememberingJudge(self.judge, self._model, self._memory, tenant)

    def forget(self, guild_id: int) -> None:
        """Stop the guild's trial, and drop what its members wrote."""
        if trial := self._trials.pop(guild_id, None):
            trial.cancel()
        self._memory.forget(guild_id)

    def forget_words(self, guild_id: int) -> None:
        """Something was erased in the guild: what is remembered of verdicts may quote it."""
        self._memory.forget(guild_id)

    def close(self) -> None:
        """Stop every trial."""
        for trial in self._trials.values():
            trial.cancel()

    def _let_go(self, trial: Trial) -> None:
        """What it found holds texts of members: it goes with whoever waits for it."""
        if self._trials.get(trial.guild_id) is trial:
            del self._trials[trial.guild_id]

    async def _run(
        self, guild_id: int, policy: Policy, against: Policy | None, on_progress: OnProgress
    ) -> TrialResult:
        plan = await plan_for(self._store, guild_id, policy, against)
        run = TrialRun(
            plan,
            self.remembering(guild_id),
            timer=self._timer,
            on_progress=on_progress,
            at_once=self._at_once,
            patience=self._patience,
        )
        result = await run.run()
        _log.info(
            "a policy was tried",
            guild=guild_id,
            policy=policy.id,
            judged=result.judged,
            remembered=result.remembered,
            seconds=round(result.seconds, 1),
        )
        return result
