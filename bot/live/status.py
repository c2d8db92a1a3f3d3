"""What `/safeguild status` tells, gathered from the running parts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.case import JobState
from bot.guilds.status_report import EngineState, EngineStatus, Flagging, StatusReport
from bot.intake.lanes import Intake
from bot.live.late_judge import LOADING, LateJudge
from bot.ports import Store
from bot.worker import Workload
from inference.standin.notice import STANDIN_NAME


@dataclass(frozen=True, slots=True)
class Reporter:
    """Makes reports."""

    version: str
    started_at: datetime
    late: LateJudge
    workload: Callable[[], Workload]
    intake: Intake
    store: Store
    flagging: Callable[[int], Flagging] | None = None
    """How much of what looks suspicious is flagged in a guild."""

    async def report(self, guild_id: int) -> StatusReport:
        """The bot as it is now, for a guild.

        Raises:
            StoreUnavailable: the store cannot be asked.
        """
        jobs = await self.store.job_counts()
        intake = self.intake.state
        return StatusReport(
            version=self.version,
            started_at=self.started_at,
            engine=self._engine(),
            waiting=jobs.get(JobState.QUEUED, 0) + jobs.get(JobState.JUDGING, 0),
            backlog=await self.store.backlog(guild_id),
            behind=intake.behind_in,
            intake_waiting=intake.waiting,
            open_appeals=await self.store.open_appeals(guild_id),
            flagging=self.flagging(guild_id) if self.flagging else None,
        )

    def _engine(self) -> EngineStatus:
        state, since, reason = self._state()
        return EngineStatus(
            state,
            self.late.name,
            stand_in=self.late.name == STANDIN_NAME,
            since=since,
            reason=reason,
            health=self.late.health if state is EngineState.READY else None,
            busy=self.workload().busy,
        )

    def _state(self) -> tuple[EngineState, datetime | None, str]:
        """With the time since when, and why. Before the model is loaded the worker sees an outage too: no news."""
        if not self.late.is_there:
            return EngineState.LOADING, self.late.since, ""
        outage, health = self.workload().outage, self.late.health
        if outage is not None and outage.reason != LOADING:
            return EngineState.AWAY, outage.since, outage.reason
        if health and health.restarting:
            return EngineState.RESTARTING, None, ""
        return EngineState.READY, self.late.since, ""
