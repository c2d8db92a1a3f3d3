"""What `/safeguild status` tells, gathered from the running parts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.case import JobState
from bot.guilds.status_report import EngineState, EngineStatus, StatusReport
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
        )

    def _engine(self) -> EngineStatus:
        """Before the model is loaded the worker sees an outage too: that is no news."""
        outage, name = self.workload().outage, self.late.name
        stand_in = name == STANDIN_NAME
        if not self.late.is_there:
            return EngineStatus(EngineState.LOADING, name, stand_in, self.late.since)
        if outage is not None and outage.reason != LOADING:
            return EngineStatus(EngineState.AWAY, name, stand_in, outage.since, outage.reason)
        return EngineStatus(EngineState.READY, name, stand_in, self.late.since)
