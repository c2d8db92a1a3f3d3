"""A circuit breaker: a replica that fails again and again is left alone, then tried by one question at a time.

Forty lines of our own: the libraries for it bring threads, registries or decorators around functions, where the
pool asks before it chooses.
"""

from collections.abc import Callable
from enum import StrEnum

FAULTS_IN_A_ROW = 3
"""So many, and the replica rests."""
RESTS = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds of rest, longer after every failed probe."""


class State(StrEnum):
    """Whether a replica may be asked."""

    CLOSED = "closed"
    """All is well."""
    OPEN = "open"
    """It rests; nobody asks."""
    HALF_OPEN = "half-open"
    """One probe is on its way, and decides."""


class Breaker:
    """Knows nothing of what it guards. `clock` gives seconds; `jitter` gives a factor for each rest."""

    def __init__(self, clock: Callable[[], float], jitter: Callable[[], float] = lambda: 1.0) -> None:
        self.state = State.CLOSED
        self._clock = clock
        self._jitter = jitter
        self._faults = 0
        self._rests = 0
        self._until = 0.0

    @property
    def lets_through(self) -> bool:
        """Whether somebody may ask now; at the end of a rest that is whoever calls `begin` first."""
        return self.state is State.CLOSED or (self.state is State.OPEN and self._clock() >= self._until)

    def begin(self) -> bool:
        """Somebody asks; returns whether that is the probe."""
        probe = self.state is State.OPEN
        if probe:
            self.state = State.HALF_OPEN
        return probe

    def succeeded(self) -> None:
        """The replica answered."""
        self.state = State.CLOSED
        self._faults = self._rests = 0

    def failed(self) -> None:
        """The replica failed. Those who were on their way when it began to rest change nothing."""
        self._faults += 1
        if self.state is State.HALF_OPEN or (self.state is State.CLOSED and self._faults >= FAULTS_IN_A_ROW):
            self.state = State.OPEN
            self._until = self._clock() + RESTS[min(self._rests, len(RESTS) - 1)] * self._jitter()
            self._rests += 1

    def given_up(self) -> None:
        """A probe was withdrawn before it had a result: the next one may try at once."""
        if self.state is State.HALF_OPEN:
            self.state = State.OPEN
