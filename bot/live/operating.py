"""One look at the running bot, for the operator's metrics."""

import asyncio
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from bot.live.ground import Ground
from bot.live.late_judge import LOADING
from bot.live.parts import Parts
from bot.metrics.readings import GuildReadings, JudgeState, Readings
from bot.ports import StoreError
from bot.records.figures import Operation

STORE_SECONDS: Final = 2.0
"""How long the store may take to answer."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks at the parts."""

    ground: Ground
    parts: Parts

    async def readings(self) -> Readings:
        """The bot as it is now. Raises nothing: what is away is told."""
        parts, late = self.parts, self.ground.late
        judge, judge_reason = self._judge()
        operation, store_reason = await self._operation()
        return Readings(
            version=version("safeguild"),
            model=late.name,
            now=self.ground.clock(),
            messages=parts.gate.messages,
            suspected=parts.gate.suspected,
            workload=parts.moderation.workload,
            verdicts_per_second=parts.moderation.verdicts_per_second,
            judge=judge,
            judge_reason=judge_reason,
            health=late.health,
            operation=operation,
            store_reason=store_reason,
            write_times=parts.store.write_times(),
            damaged_texts=parts.store.damaged_texts(),
            intake=parts.intake.state,
            decided=dict(parts.review.decided),
            traffic=parts.bot.traffic.read(),
            connected=parts.bot.traffic.connected,
            paused=parts.bot.refusals.open,
            guilds=self._guilds() if self.ground.settings.metrics.guilds else {},
        )

    def _judge(self) -> tuple[JudgeState, str]:
        late, outage = self.ground.late, self.parts.moderation.workload.outage
        if not late.is_there:
            return JudgeState.LOADING, ""
        if outage is not None and outage.reason != LOADING:
            return JudgeState.AWAY, outage.reason
        if late.health and late.health.restarting:
            return JudgeState.RESTARTING, ""
        return JudgeState.READY, ""

    async def _operation(self) -> tuple[Operation | None, str]:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                return await self.parts.store.operation(), ""
        except TimeoutError:
            return None, f"the store does not answer within {STORE_SECONDS:g} seconds"
        except StoreError as error:
            return None, str(error)

    def _guilds(self) -> dict[int, GuildReadings]:
        gate, behind = self.parts.gate, self.parts.intake.state.behind_in
        known = {*gate.guilds, *behind}
        return {
            guild_id: GuildReadings(gate.part(guild_id), behind.get(guild_id, 0)) for guild_id in sorted(known)
        }
