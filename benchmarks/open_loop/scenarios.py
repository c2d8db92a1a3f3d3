"""The situations that are measured: how much the system can do, loads around that, overload, and a flood."""

import asyncio
import functools
import itertools
import zlib
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.open_loop.arrivals import Mix, Pattern, Request, at_once, bursts, merged, poisson, requests
from benchmarks.open_loop.load import Load, Run
from benchmarks.open_loop.summary import Ending
from inference.engine import Engine
from inference.scheduling.counters import Counters
from inference.ticket import Priority

OVERLOAD = 2.0
"""Times the capacity, beside which interactive requests are measured."""
PAUSE_SECONDS = 0.2
"""For which somebody reads an answer before asking again."""
SETTLE_SECONDS = 1.5
"""After which the engine has told what it did: it does so once a second."""
TURNS = 2
"""Of the idle system and the overloaded one, in which the interactive requests are measured."""
GUILDS = 10
FLOOD = 10.0
"""Times its fair share that one guild asks for, while each of the others asks for half of its own."""
CAPACITY_WARM_UP = 0.5
"""Share of the capacity run that is not counted: the batch fills up."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A load that is measured by itself."""

    name: str
    policies: int
    pattern: Pattern
    load: float
    """Times the capacity."""


SITUATIONS = (
    Situation("1 policy, Poisson", 1, poisson, 1.0),
    Situation("5 policies, Poisson", 5, poisson, 0.5),
    Situation("5 policies, Poisson", 5, poisson, 1.0),
    Situation("5 policies, Poisson", 5, poisson, 2.0),
    Situation("5 policies, bursts", 5, bursts, 1.0),
    Situation("20 policies, Poisson", 20, poisson, 1.0),
)
EVERY_SITUATION = tuple(
    Situation(f"{policies} {'policy' if policies == 1 else 'policies'}, {name}", policies, pattern, load)
    for policies, (name, pattern), load in itertools.product(
        (1, 5, 20), {"Poisson": poisson, "bursts": bursts}.items(), (0.5, 1.0, 2.0)
    )
)
TIGHT = Situation("20 policies, room for 6", 20, poisson, 0.5)
"""For an engine that keeps only six policies' prompts."""
TIGHT_ROOM = 6


@dataclass(frozen=True, slots=True)
class Result:
    """One situation's run."""

    name: str
    load: float | None
    """Times the capacity; None where the load is another."""
    rate: float
    """Requests a second that were due."""
    run: Run
    work: Counters
    """What the engine did during it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same requests in peace and beside others."""

    alone: Result
    beside: Result


@dataclass(slots=True)
class Bench:
    """Runs situations on one engine."""

    engine: Engine
    load: Load
    width: int
    """Of the engine."""
    mix: Mix
    """Without its number of policies, which a situation gives."""
    seconds: float
    """Of a situation's arrivals; the others are measured against it."""
    seed: int
    capacity: float = field(default=0.0)
    """Answers a second at a full batch; `measure_capacity` finds it."""

    async def warm_up(self, policies: int) -> float:
        """Have the prompts of the first policies read; seconds that it took."""
        asks = [Request(0.0, policy, (0,), 0, Priority.LIVE, 0) for policy in range(policies)]
        run = await self.load.run(self.load.open(asks), most_seconds=3600)
        return run.seconds

    async def measure_capacity(self) -> Result:
        """Keep the queue full; what is answered a second, once the batch is full, is the capacity."""
        endless = self._endless(replace(self.mix, policies=5).only(Priority.LIVE), "capacity")
        seconds = 2.0 * self.seconds
        result = await self._measure(
            "at capacity", self.load.closed(endless, callers=2 * self.width), 0.0, seconds
        )
        ends = sorted(one.request.at + one.total for one in result.run.outcomes if one.ending is Ending.ANSWERED)
        counted = [end for end in ends if end >= CAPACITY_WARM_UP * seconds]
        if len(counted) < 2:
            raise RuntimeError(f"{len(ends)} answers in {seconds:.0f} s are too few: raise --seconds")
        self.capacity = (len(counted) - 1) / (counted[-1] - counted[0])
        return replace(result, rate=self.capacity, load=1.0)

    async def measure(self, situation: Situation) -> Result:
        """Open-loop arrivals of all priorities."""
        random = self._random(situation.name, situation.load)
        rate = situation.load * self.capacity
        mix = replace(self.mix, policies=situation.policies)
        asks = requests(mix, situation.pattern(rate, self.seconds, random), random)
        result = await self._measure(situation.name, self.load.open(asks), rate, 1.3 * self.seconds)
        return replace(result, load=situation.load)

    async def interactive_beside_overload(self, count: int) -> Comparison:
        """Somebody asks again and again, first with the system to themselves, then beside twice the capacity.

        The overload begins with a full batch, so that every request meets it. The two take turns, so that what
        else the machine does meets both.
        """
        mix = replace(self.mix, policies=5)
        asks = requests(mix.only(Priority.INTERACTIVE), at_once(count), self._random("interactive"))
        rate, most = OVERLOAD * self.capacity, 20 * self.seconds
        others = self._overload(mix.only(Priority.LIVE), rate, most)
        parts = []
        for turn in range(TURNS):
            some = asks[turn * count // TURNS : (turn + 1) * count // TURNS]
            alone = await self._measure("idle", self._in_turn(some), 0.0, most)
            beside = await self._measure("beside twice the capacity", self._in_turn(some), rate, most, others)
            parts.append(Comparison(alone, replace(beside, load=OVERLOAD)))
        return Comparison(joined([part.alone for part in parts]), joined([part.beside for part in parts]))

    async def quiet_guilds_beside_flood(self) -> Comparison:
        """Nine guilds ask for half of their share each, first among themselves, then beside one that floods."""
        mix = replace(self.mix, policies=5).only(Priority.LIVE)
        share = self.capacity / GUILDS
        quiet_rate, flood_rate = 0.5 * share * (GUILDS - 1), FLOOD * share
        seconds = 2.0 * self.seconds
        random = self._random("quiet")
        quiet = requests(mix.by(*range(1, GUILDS)), poisson(quiet_rate, seconds, random), random)
        alone = await self._measure("nine quiet guilds", self.load.open(quiet), quiet_rate, 1.5 * seconds)
        flood = self._overload(mix.by(GUILDS), flood_rate, 1.5 * seconds)
        beside = await self._measure(
            "beside a flooding one", self.load.open(quiet), quiet_rate + flood_rate, 1.5 * seconds, flood
        )
        return Comparison(alone, beside)

    def _in_turn(self, asks: tuple[Request, ...]) -> Coroutine[None, None, None]:
        return self.load.closed(asks, callers=1, pause=PAUSE_SECONDS)

    def _overload(self, mix: Mix, rate: float, seconds: float) -> tuple[Request, ...]:
        """A backlog that fills the batch, and then arrivals."""
        random = self._random("overload", rate)
        backlog = requests(mix, at_once(self.width), random)
        return merged(backlog, requests(mix, poisson(rate, seconds, random), random))

    def _endless(self, mix: Mix, name: str) -> Iterator[Request]:
        random = self._random(name)
        while True:
            yield from requests(mix, at_once(1), random)

    async def _measure(
        self,
        name: str,
        foreground: Coroutine[None, None, None],
        rate: float,
        most_seconds: float,
        background: tuple[Request, ...] = (),
    ) -> Result:
        before = self.engine.counters
        run = await self.load.run(foreground, most_seconds=most_seconds, background=background)
        await asyncio.sleep(SETTLE_SECONDS)
        return Result(name, None, rate, run, work_between(before, self.engine.counters))

    def _random(self, name: str, number: float = 0.0) -> np.random.Generator:
        """Of its own for everything that is drawn, so that leaving one situation out changes no other."""
        return np.random.default_rng((self.seed, zlib.crc32(f"{name} {number:g}".encode())))


def joined(results: Sequence[Result]) -> Result:
    """Several runs of one thing as one."""
    first = results[0]
    run = Run(
        tuple(outcome for one in results for outcome in one.run.outcomes), sum(one.run.seconds for one in results)
    )
    return replace(first, run=run, work=functools.reduce(_added, (one.work for one in results)))


def _added(one: Counters, other: Counters) -> Counters:
    sums = {name: value + getattr(other, name) for name, value in one if isinstance(value, int | float)}
    return Counters.model_validate(sums)


def work_between(before: Counters, after: Counters) -> Counters:
    """What was counted in between. Of what is no sum (waiting, running, cells) the difference means nothing."""
    sums = {name: value for name, value in after if isinstance(value, int | float)}
    return Counters.model_validate({name: value - getattr(before, name) for name, value in sums.items()})
