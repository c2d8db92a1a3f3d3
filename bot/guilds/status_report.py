"""What `/safeguild status` tells about the running bot. `bot.live` makes it, `bot.cogs.status` shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.health import JudgeHealth
from bot.ports import Backlog


class EngineState(StrEnum):
    """Whether verdicts are given right now."""

    LOADING = "loading"
    """The model is being read; suspected messages wait for it."""
    READY = "ready"
    RESTARTING = "restarting"
    """The model's process died and is started again; what it had in hand is asked again."""
    AWAY = "away"
    """The engine does not answer; suspected messages wait for it, and it is asked again and again."""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The judge, as moderators should know it."""

    state: EngineState
    model: str
    """The model's name."""
    stand_in: bool
    """The stand-in judges: it looks for words and understands nothing."""
    since: datetime | None = None
    """Since when it is in this state; None if not known."""
    reason: str = ""
    """Why it is away, in plain words; empty otherwise."""
    health: JudgeHealth | None = None
    """None while nothing is known of it."""
    busy: bool = False
    """It is well, and had no room for more when it was last asked."""


@dataclass(frozen=True, slots=True)
class Flagging:
    """How much of what looks suspicious is flagged."""

    part: float
    """Of what the guild's policies ask for (0 to 1): less than 1 when the judge cannot keep up."""
    verdicts_per_minute: float | None
    """What the judge can give, as measured lately; None as long as too little is known."""
    audits_paused: bool = False
    """Random checks are turned on, and there is no time for them."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The whole bot at one moment, for one guild. It never tells a guild what another's members wrote."""

    version: str
    started_at: datetime
    engine: EngineStatus
    waiting: int
    """Questions that wait for a verdict or are being judged, in all guilds: they share one engine."""
    backlog: Backlog
    """What waits in the guild that asks."""
    behind: Mapping[int, int] = field(default_factory=dict)
    """{guild id: channels whose history is still being caught up}; guilds that are up to date may be missing."""
    intake_waiting: int = 0
    """Messages that arrived and have not passed the prefilter yet, in all guilds."""
    flagging: Flagging | None = None
    """None where nothing is known of it."""
    open_appeals: int = 0
    """Of the guild that asks."""
