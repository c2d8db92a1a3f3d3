"""Keeps the open pages up to date with the world."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import orjson

from tests.discord_server.events import Event
from tools.live import views
from tools.live.feed import Feed
from tools.live.health import Observer, as_json
from tools.live.scene import Scene

_MESSAGE_EVENTS = frozenset({"MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK"})
_SHORTEST = 0.05
"""Seconds between two looks: what changes meanwhile is told together."""
_LONGEST = 0.5
"""Seconds between two looks when Discord is quiet; the bot's log may grow all the same."""
_FOR_EVER = float(10**6)
_BETWEEN_COUNTS = 1.0
"""Seconds between two questions to the bot's store."""


class Painter:
    """Tells messages as they come, and all the rest whenever it has changed."""

    def __init__(self, scene: Scene, observer: Observer) -> None:
        self.feed = Feed(self._picture)
        self._scene = scene
        self._observer = observer
        self._told: dict[str, bytes] = {}
        self._changed = asyncio.Event()
        scene.discord.listeners.append(self._hear)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._count())
            while True:
                self._changed.clear()
                await self._observer.look()
                self._tell_changes()
                await asyncio.sleep(_SHORTEST)
                await self._quiet()

    async def _listen(self) -> None:
        """Note that something changed in this Discord, whatever it was."""
        while True:
            second_look = (
                count().__next__
            )  # the first one, at once, gives 0; the next is made when something changed
            await self._scene.discord.wait_until(second_look, _FOR_EVER, "a change")
            self._changed.set()

    async def _count(self) -> None:
        while True:
            await self._observer.count()
            await asyncio.sleep(_BETWEEN_COUNTS)

    async def _quiet(self) -> None:
        """Until something has changed, but not for long."""
        try:
            await asyncio.wait_for(self._changed.wait(), _LONGEST)
        except TimeoutError:
            return

    def _hear(self, event: Event) -> None:
        if event.name in _MESSAGE_EVENTS:
            self.feed.tell(event.name.lower(), event.data)

    def _tell_changes(self) -> None:
        for name, data in self._parts().items():
            packed = orjson.dumps(data)
            if self._told.get(name) != packed:
                self._told[name] = packed
                self.feed.tell(name, data)

    def _parts(self) -> dict[str, Any]:
        scene, observer = self._scene, self._observer
        return {
            "place": views.place(scene),
            "people": views.people(scene),
            "names": views.names(scene),
            "commands": views.commands(scene),
            "answers": views.answers(scene),
            "health": as_json(observer.health, list(observer.happenings)),
        }

    def _picture(self) -> dict[str, Any]:
        return self._parts() | {"messages": views.messages(self._scene)}
