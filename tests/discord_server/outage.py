"""The switch that takes all of Discord away, and brings it back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tests.discord_server.faults import Outage


@dataclass(slots=True)
class OutageSwitch:
    """The outage that is on now, if any."""

    current: Outage | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, kind: Outage) -> None:
        self.current = kind
        self._over.clear()

    def end(self) -> None:
        self.current = None
        self._over.set()

    async def wait_until_over(self) -> None:
        """What a request to a hanging Discord does."""
        await self._over.wait()
