"""The measurement: all systems in turn, round after round, each with the same requests."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Self

from benchmarks.peers.system import Asker, Said, Setting, System, SystemFailed, cpu_seconds
from benchmarks.peers.workload import CHECK, Prompt, Workload


@dataclass(frozen=True, slots=True)
class Run:
    """One system in one round."""

    workload: str
    system: str
    round: int
    requests: int
    seconds: float
    cpu_seconds: float | None
    """Of the process that runs the model; see `cpu_seconds`."""
    load: float
    """Of the machine, over the last minute, when the run ended: above the threads in use, others were at work."""

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often to measure."""

    rounds: int
    seconds: float
    """How long a run hands out requests; it ends when the last of them is answered."""
    resident: bool
    """Whether all systems stay loaded; otherwise each is started for every run, outside the clock."""
    warm_every_slot: bool
    """Whether every prefix is asked for as often at once as the system has slots, and not only as often as gives
    every slot one prefix and every prefix one slot. A slot keeps only its last one anyway."""


class Stage:
    """Starts systems, warms them, and keeps them up as long as wanted."""

    def __init__(self, setting: Setting, workload: Workload, plan: Plan) -> None:
        self.workload = workload
        self.plan = plan
        self._setting = setting
        self._up: dict[str, Asker] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def asker(self, system: System) -> AsyncIterator[Asker]:
        """A system that is up and warm."""
        if not self.plan.resident:
            async with system.opened(self._setting, self.workload) as asker:
                await self._warm(system, asker)
                yield asker
            return
        if system.name not in self._up:
            opened = system.opened(self._setting, self.workload)
            asker = self._up[system.name] = await self._stack.enter_async_context(opened)
            await self._warm(system, asker)
        yield self._up[system.name]

    async def _warm(self, system: System, asker: Asker) -> None:
        """Every prefix is read before the clock starts; what a system keeps of it is its own affair."""
        workload = self.workload
        times = system.width if self.plan.warm_every_slot else -(-system.width // workload.policies)
        for prompts in workload.warm_up(times):
            await asyncio.gather(*(asker.ask(prompt, workload.output) for prompt in prompts))


async def measure(
    stage: Stage, systems: Sequence[System], tell: Callable[[Run | SystemFailed], None]
) -> list[Run]:
    """All rounds of a workload; the order moves on by one system a round. A failed run is told and left out."""
    runs = []
    for number in range(stage.plan.rounds):
        start = number % len(systems)
        for system in (*systems[start:], *systems[:start]):
            try:
                async with stage.asker(system) as asker:
                    runs.append(await _run(system, asker, stage.workload, number, stage.plan.seconds))
                tell(runs[-1])
            except SystemFailed as error:  # what the others did is worth keeping
                tell(error)
    return runs


async def _run(system: System, asker: Asker, workload: Workload, number: int, seconds: float) -> Run:
    """Keep the system's width in flight for so many seconds, then wait for what is under way."""
    prompts = workload.prompts(number)
    answered = 0
    cpu_before = cpu_seconds(asker.process_id)
    began = time.perf_counter()

    async def keep_asking() -> None:
        nonlocal answered
        while time.perf_counter() - began < seconds:
            await asker.ask(next(prompts), workload.output)
            answered += 1

    await asyncio.gather(*(keep_asking() for _ in range(system.width)))
    elapsed = time.perf_counter() - began
    cpu_after = cpu_seconds(asker.process_id)
    cpu = None if cpu_before is None or cpu_after is None else cpu_after - cpu_before
    return Run(workload.name, system.name, number, answered, elapsed, cpu, os.getloadavg()[0])


async def answers(stage: Stage, systems: Sequence[System], count: int) -> dict[str, list[Said]]:
    """What each system says to the same `count` requests, asked as many at once as it takes."""
    prompts = list(islice(stage.workload.prompts(CHECK), count))
    said = {}
    for system in systems:
        async with stage.asker(system) as asker:
            said[system.name] = await _ask_all(asker, prompts, stage.workload.output, system.width)
    return said


async def _ask_all(asker: Asker, prompts: Sequence[Prompt], output: int, width: int) -> list[Said]:
    gate = asyncio.Semaphore(width)

    async def ask(prompt: Prompt) -> Said:
        async with gate:
            return await asker.ask(prompt, output)

    return list(await asyncio.gather(*map(ask, prompts)))
