"""What goes wrong on purpose: error answers, lost answers, cut connections, slowness, outages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tests.discord_server.rest.api import NAMES

ANY_ROUTE = "*"


class Outage(StrEnum):
    """How all of Discord is away."""

    UNAVAILABLE = "503"
    BAD_GATEWAY = "502"
    REFUSED = "connection refused"
    HANGING = "hanging"


@dataclass(slots=True)
class Fault:
    """One planned failure. With `after_effect` the request does its work and only the answer is lost.

    `status` 0 cuts the connection instead of answering; `delay` seconds pass before the answer.
    """

    route: str
    status: int | None = None
    after_effect: bool = False
    retry_after: float = 1.0
    scope: str = "user"
    delay: float = 0.0
    skip: int = 0
    times: int = 1

    def takes(self, route: str) -> bool:
        """Whether this request is hit; counts down."""
        if self.times <= 0 or self.route not in {route, ANY_ROUTE}:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass(slots=True)
class Faults:
    """The plan. Routes are written as "POST /channels/{}/messages", or "*" for all."""

    planned: list[Fault] = field(default_factory=list)

    def answer_next(
        self,
        route: str,
        status: int,
        *,
        after_effect: bool = False,
        times: int = 1,
        skip: int = 0,
        retry_after: float = 1.0,
        scope: str = "user",
    ) -> Fault:
        """Answer the next requests with an error; a 429 says `retry_after` and its scope."""
        fault = Fault(route, status, after_effect, retry_after, scope, times=times, skip=skip)
        return self._plan(fault)

    def cut_next(self, route: str, *, after_effect: bool = False, times: int = 1, skip: int = 0) -> Fault:
        """Cut the connection instead of answering."""
        return self._plan(Fault(route, 0, after_effect, times=times, skip=skip))

    def slow_next(self, route: str, seconds: float, *, times: int = 1, skip: int = 0) -> Fault:
        """Do the work, and answer late."""
        return self._plan(Fault(route, delay=seconds, after_effect=True, times=times, skip=skip))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.planned.clear()

    def take(self, route: str) -> Fault | None:
        """The fault that hits this request."""
        return next((fault for fault in self.planned if fault.takes(route)), None)

    def _plan(self, fault: Fault) -> Fault:
        if fault.route != ANY_ROUTE and fault.route not in NAMES:
            raise ValueError(f"no such route: {fault.route!r}; write it as in {sorted(NAMES)[:3]}")
        self.planned.append(fault)
        return fault
