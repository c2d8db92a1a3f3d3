"""What can go wrong, at the press of a button."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping

from tests.discord_server import NotAllowed, Outage
from tests.discord_server.faults import ANY_ROUTE
from tools.live.health import Observer
from tools.live.keeper import Keeper
from tools.live.scene import Scene

OUTAGE_SECONDS = 10.0
BURST = 500
_BAD_EVERY = 100
"""Every how many messages of the burst one is an insult."""
_CHATTER = (
    "anyone up for the lake level?",
    "brb",
    "nice shot",
    "wait for me at the bridge",
    "gg",
    "who has a spare bow?",
)


class Troubles:
    """Makes it go wrong. One trouble at a time; each ends by itself."""

    def __init__(self, scene: Scene, keeper: Keeper, observer: Observer) -> None:
        self._scene = scene
        self._keeper = keeper
        self._observer = observer
        self._at_work: asyncio.Task[None] | None = None

    def begin(self, name: str) -> None:
        """Begin a trouble by its name."""
        work = self._kinds.get(name)
        if work is None:
            raise NotAllowed(f"there is no trouble {name!r}")
        if self._at_work is not None and not self._at_work.done():
            raise NotAllowed("one trouble at a time: wait until this one is over")
        self._at_work = asyncio.create_task(self._run(work))

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - a task that nobody waits for: the page tells what happened
            self._observer.note(f"this went wrong: {type(error).__name__}: {error}", "error")

    async def end(self) -> None:
        """Break off what is going on."""
        if self._at_work is not None:
            self._at_work.cancel()
            await asyncio.gather(self._at_work, return_exceptions=True)

    @property
    def _kinds(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        return {
            "disconnect": self._disconnect,
            "forget": self._forget,
            "kill": self._kill,
            "start": self._keeper.start,
            "outage": self._outage,
            "burst": self._burst,
            "slow": self._slow,
        }

    async def _disconnect(self) -> None:
        self._observer.note("cut the bot's connection to the gateway")
        await self._scene.discord.drop_sessions(1006)

    async def _forget(self) -> None:
        self._observer.note("ended the bot's session: it has to log in anew and read what it missed")
        await self._scene.discord.drop_sessions(1006, forget=True)

    async def _kill(self) -> None:
        self._observer.note("kill -9 of the bot; it is started again in 2 seconds")
        await self._keeper.kill_and_start()

    async def _outage(self) -> None:
        self._observer.note(f"Discord is away for {OUTAGE_SECONDS:g} seconds: every request gets a 503")
        self._observer.outage = True
        try:
            async with self._scene.discord.outage(Outage.UNAVAILABLE):
                await asyncio.sleep(OUTAGE_SECONDS)
        finally:
            self._observer.outage = False
        self._observer.note("Discord is back")

    async def _burst(self) -> None:
        self._observer.note(f"{BURST} messages at once, {BURST // _BAD_EVERY} of them insults")
        await self._scene.guild.channel("general").say_many(self._scene.named("kara"), _burst_texts())

    async def _slow(self) -> None:
        self._observer.note("the next 20 requests of the bot are answered half a second late")
        self._scene.discord.faults.slow_next(ANY_ROUTE, 0.5, times=20)


def _burst_texts() -> Iterator[str]:
    for number in range(BURST):
        bad = number % _BAD_EVERY == _BAD_EVERY // 2
        yield f"what an absolute loser, take {number}" if bad else _CHATTER[number % len(_CHATTER)]
