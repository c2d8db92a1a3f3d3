"""How fast we may ask Discord, and when to stop asking. No network: whoever sends requests asks here first.

Discord allows 50 requests a second, and shuts an address out that makes 10,000 invalid requests in 10 minutes
(https://discord.com/developers/docs/topics/rate-limits).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

GLOBAL_LIMIT: Final = 50
"""Requests a second that Discord allows a bot."""
BURST: Final = 5
"""How many requests may go out at once after a quiet moment."""
INVALID_WINDOW: Final = 600.0
"""Seconds over which Discord counts invalid requests."""
INVALID_LIMIT: Final = 900
"""Where we stop: far below Discord's 10,000, for others may share the address."""

_ROUNDING: Final = 1e-9
"""Seconds by which a sleep may end early through rounding alone."""


class TokenBucket:
    """Lets `rate` a second pass in the long run, and never more than `burst + rate` in any one second.

    Those who wait pass in the order in which they came. Whoever is cancelled while waiting takes nothing.
    """

    def __init__(
        self,
        rate: float,
        burst: int,
        timer: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`timer` gives seconds that never run backwards.

        Raises:
            ValueError: nothing could ever pass.
        """
        if rate <= 0 or burst < 1:
            raise ValueError("A bucket needs a rate above 0 and a burst of at least 1.")
        self._interval = 1 / rate
        self._credit = (burst - 1) * self._interval
        self._timer = timer
        self._sleep = sleep
        self._line = asyncio.Lock()  # hands over in the order of asking, also when somebody is cancelled
        self._next_due = timer()

    async def take(self) -> None:
        """Return when it is the caller's turn."""
        async with self._line:
            while (early := self._next_due - self._credit - self._timer()) > _ROUNDING:
                await self._sleep(early)
            self._next_due = max(self._next_due, self._timer()) + self._interval


def discord_bucket(requests_per_second: float, timer: Callable[[], float]) -> TokenBucket:
    """A bucket that keeps every one-second window below Discord's limit.

    Raises:
        ValueError: so many requests a second would not.
    """
    if not 0 < requests_per_second < GLOBAL_LIMIT - BURST:
        raise ValueError(
            f"Between 1 and {GLOBAL_LIMIT - BURST - 1} requests a second keep within Discord's limit."
        )
    return TokenBucket(requests_per_second, BURST, timer)


def is_invalid(status: int, rate_limit_scope: str | None) -> bool:
    """Whether Discord counts an answer as an invalid request.

    Args:
        status: of the HTTP answer.
        rate_limit_scope: its `X-RateLimit-Scope` header; a limit on a shared resource is nobody's fault.
    """
    return status in (401, 403) or (status == 429 and rate_limit_scope != "shared")


class InvalidRequests:
    """A breaker: open (nothing may be sent) while the last 10 minutes hold too many invalid requests."""

    def __init__(
        self, timer: Callable[[], float], *, limit: int = INVALID_LIMIT, window: float = INVALID_WINDOW
    ) -> None:
        """`timer` gives seconds that never run backwards; `window` is in seconds.

        Raises:
            ValueError: the breaker would always be open, or never.
        """
        if limit < 1 or window <= 0:
            raise ValueError("A breaker needs a limit of at least 1 and a window above 0 seconds.")
        self._timer = timer
        self._window = window
        # The newest `limit` ones say it all: as long as the oldest of them counts, there are too many.
        self._times: deque[float] = deque(maxlen=limit)

    def record(self) -> None:
        """Discord answered a request in a way that `is_invalid`."""
        self._times.append(self._timer())

    @property
    def open(self) -> bool:
        """Whether requests must wait."""
        return self.retry_after > 0

    @property
    def retry_after(self) -> float:
        """Seconds until requests may be sent again; 0 when they may now."""
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return max(0.0, self._times[0] + self._window - self._timer())

    @property
    def count(self) -> int:
        """How many of the last 10 minutes are remembered; the limit at most."""
        start = self._timer() - self._window
        return sum(time > start for time in self._times)
