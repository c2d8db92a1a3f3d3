"""The running bot at one moment, as numbers. Nothing here names a member."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.case import Action
from bot.discord_traffic import Traffic
from bot.health import JudgeHealth
from bot.intake.state import IntakeState
from bot.records.figures import Operation
from bot.records.latency import Latencies
from bot.worker import Workload


class JudgeState(StrEnum):
    """Whether verdicts are given."""

    LOADING = "loading"
    READY = "ready"
    RESTARTING = "restarting"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class GuildReadings:
    """A few numbers of one guild."""

    flagging_part: float
    """What its policies are granted of what they may flag (0 to 1)."""
    channels_behind: int


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that the metrics are made of. Counts are since the start of the process."""

    version: str
    model: str
    now: datetime
    messages: int
    suspected: int
    workload: Workload
    verdicts_per_second: float | None
    judge: JudgeState
    judge_reason: str
    health: JudgeHealth | None
    operation: Operation | None
    """None: the store does not answer."""
    store_reason: str
    write_times: Latencies
    damaged_texts: int
    """Stored texts that could not be read."""
    intake: IntakeState
    decided: Mapping[Action, int]
    traffic: Traffic
    connected: bool
    """Whether the gateway's connection is up."""
    paused: bool
    """Whether no request is sent because too many were refused."""
    guilds: Mapping[int, GuildReadings] = field(default_factory=dict)
    """Empty unless the operator wants them."""

    def obstacles(self) -> Iterator[str]:
        """Why it cannot moderate now, in plain words."""
        if not self.connected:
            yield "gateway: there is no connection to Discord's gateway; it is tried again and again"
        if self.paused:
            yield "discord: Discord refused too many requests, so none is sent for a while"
        if self.judge is not JudgeState.READY:
            reason = f" ({self.judge_reason})" if self.judge_reason else ""
            yield f"judge: {self.judge}{reason}; what is suspected waits"
        if self.operation is None:
            yield f"store: {self.store_reason}"
