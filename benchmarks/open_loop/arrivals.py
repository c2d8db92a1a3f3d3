"""Who asks what, and when: made beforehand from a seed, so that two systems, or two conditions, get the same.

Times are seconds from the start of a run. Nothing here knows the engine or a clock.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.ticket import Priority
from inference.vocabulary import ORDINARY_TOKENS

Times = NDArray[np.float64]
Pattern = Callable[[float, float, np.random.Generator], Times]
"""(mean arrivals a second, seconds, random) -> times, ascending."""

BURST_SIZE = 8
"""Arrivals of one burst, on average."""
BURST_SECONDS = 1.0
"""Within which those of one burst arrive."""
ZIPF_EXPONENT = 1.0
"""Of the share of the asks that the k-th most popular policy gets: 1 / k ** exponent."""
MIXED = {Priority.INTERACTIVE: 0.1, Priority.LIVE: 0.7, Priority.BACKFILL: 0.2}


@dataclass(frozen=True, slots=True)
class Mix:
    """What is asked for."""

    policies: int
    """Their popularity follows Zipf's law."""
    private: tuple[int, int] = (50, 700)
    """Tokens of a message and what belongs to it, lowest and highest; evenly spread over the logarithm."""
    budgets: tuple[int, ...] = (0, 64, 256)
    """Tokens of analysis, each as likely as the others."""
    priorities: tuple[tuple[Priority, float], ...] = tuple(MIXED.items())
    """With their shares, which sum to 1."""
    tenants: tuple[int, ...] = (0,)
    """Guilds, each as likely as the others."""

    def only(self, priority: Priority) -> "Mix":
        """The same, all of one priority."""
        return Mix(self.policies, self.private, self.budgets, ((priority, 1.0),), self.tenants)

    def by(self, *tenants: int) -> "Mix":
        """The same, asked by these guilds."""
        return Mix(self.policies, self.private, self.budgets, self.priorities, tenants)


@dataclass(frozen=True, slots=True)
class Request:
    """One ask before it is made."""

    at: float
    policy: int
    private: tuple[int, ...]
    budget: int
    priority: Priority
    tenant: int


def poisson(rate: float, seconds: float, random: np.random.Generator) -> Times:
    """Independent arrivals."""
    count = random.poisson(rate * seconds)
    return np.sort(random.uniform(0.0, seconds, count))


def bursts(rate: float, seconds: float, random: np.random.Generator) -> Times:
    """Independent bursts of geometric size; the mean rate is that of all arrivals."""
    starts = poisson(rate / BURST_SIZE, seconds, random)
    sizes = random.geometric(1 / BURST_SIZE, len(starts))
    return np.sort(np.repeat(starts, sizes) + random.uniform(0.0, BURST_SECONDS, int(sizes.sum())))


def at_once(count: int) -> Times:
    """All of them at the beginning."""
    return np.zeros(count)


def zipf(count: int) -> NDArray[np.float64]:
    """The share of each policy, most popular first; they sum to 1."""
    weights = 1.0 / np.arange(1, count + 1) ** ZIPF_EXPONENT
    return np.asarray(weights / weights.sum())


def requests(mix: Mix, times: Iterable[float], random: np.random.Generator) -> tuple[Request, ...]:
    """One request for each time."""
    shares = zipf(mix.policies)
    priorities, chances = zip(*mix.priorities, strict=True)
    return tuple(
        Request(
            at=float(at),
            policy=int(random.choice(mix.policies, p=shares)),
            private=text(_log_uniform(mix.private, random), random),
            budget=int(random.choice(mix.budgets)),
            priority=priorities[int(random.choice(len(priorities), p=chances))],
            tenant=int(random.choice(mix.tenants)),
        )
        for at in times
    )


def prefixes(count: int, lengths: Sequence[int], seed: int) -> tuple[tuple[int, ...], ...]:
    """The prompts of so many policies, their lengths taken in turn."""
    return tuple(text(lengths[n % len(lengths)], np.random.default_rng((seed, n))) for n in range(count))


def text(length: int, random: np.random.Generator) -> tuple[int, ...]:
    """Tokens without markup that mean nothing."""
    return tuple(random.integers(0, ORDINARY_TOKENS, length).tolist())


def merged(*streams: tuple[Request, ...]) -> tuple[Request, ...]:
    """All of them in the order of their arrival."""
    return tuple(sorted((request for stream in streams for request in stream), key=lambda request: request.at))


def _log_uniform(bounds: tuple[int, int], random: np.random.Generator) -> int:
    low, high = np.log(bounds)
    return round(float(np.exp(random.uniform(low, high))))
