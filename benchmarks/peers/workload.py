"""What is asked: prompts of random ordinary tokens behind a few shared prefixes, the same for every system."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inference.vocabulary import ORDINARY_TOKENS

Tokens = tuple[int, ...]

WARM_UP, CHECK = 1_000_001, 1_000_002
"""Numbers of the rounds that are not measured, beyond any that is."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request: a policy's prefix, then tokens of its own."""

    policy: int
    prefix: Tokens
    private: Tokens

    @property
    def tokens(self) -> Tokens:
        return self.prefix + self.private


@dataclass(frozen=True, slots=True)
class Workload:
    """A mix of requests. All lengths are in tokens."""

    name: str
    policies: int
    prefix: int
    private: int
    output: int
    exponent: float = 1.0
    """Of Zipf's law: the k-th policy is asked for in proportion to 1 / k^exponent."""
    seed: int = 0

    @property
    def prompt(self) -> int:
        """Length of a whole prompt."""
        return self.prefix + self.private

    @property
    def whole(self) -> int:
        """Length of a prompt with its answer."""
        return self.prompt + self.output

    def prefixes(self) -> tuple[Tokens, ...]:
        """The prefix of every policy."""
        random = np.random.default_rng([self.seed, 0])
        return tuple(_draw(random, self.prefix) for _ in range(self.policies))

    def prompts(self, number: int) -> Iterator[Prompt]:
        """The requests of one round, without end. No two are the same, so no system can know one by heart."""
        random = np.random.default_rng([self.seed, 1, number])
        prefixes = self.prefixes()
        weights = 1 / np.arange(1, self.policies + 1) ** self.exponent
        while True:
            policy = int(random.choice(self.policies, p=weights / weights.sum()))
            yield Prompt(policy, prefixes[policy], _draw(random, self.private))

    def warm_up(self, times: int) -> Iterator[tuple[Prompt, ...]]:
        """For every policy, `times` requests that are to be asked at once."""
        random = np.random.default_rng([self.seed, 1, WARM_UP])
        for policy, prefix in enumerate(self.prefixes()):
            yield tuple(Prompt(policy, prefix, _draw(random, self.private)) for _ in range(times))


def _draw(random: np.random.Generator, length: int) -> Tokens:
    return tuple(map(int, random.integers(0, ORDINARY_TOKENS, length)))
