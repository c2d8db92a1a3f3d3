"""Rate limits: buckets per route and resource, the global limit, and the count of invalid requests."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from hashlib import blake2b

MESSAGES_LIMIT = (5, 5.0)
ORDINARY_LIMIT = (20, 1.0)
DEFAULT_LIMITS = {
    "POST /channels/{}/messages": MESSAGES_LIMIT,
    "PATCH /channels/{}/messages/{}": MESSAGES_LIMIT,
    "DELETE /channels/{}/messages/{}": (5, 1.0),
    "POST /channels/{}/messages/bulk-delete": (1, 1.0),
    "PUT /channels/{}/messages/{}/reactions/{}/@me": (1, 0.25),
    "PATCH /guilds/{}/members/{}": (10, 10.0),
    "POST /webhooks/{}/{}": (5, 2.0),
}
_FREE_OF_GLOBAL = (
    "POST /interactions/",
    "POST /webhooks/",
    "PATCH /webhooks/",
    "GET /webhooks/",
    "DELETE /webhooks/",
)
INVALID_WINDOW_SECONDS = 600.0
_INVALID = frozenset({401, 403, 429})


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A request that comes too early. `scope`: user, shared or global."""

    retry_after: float
    scope: str


@dataclass(slots=True)
class Bucket:
    """A fixed window, as Discord's headers describe it."""

    limit: int
    per: float
    name: str
    used: int = 0
    resets_at: float = 0.0

    def take(self, now: float) -> Exceeded | None:
        if now >= self.resets_at:
            self.used, self.resets_at = 0, now + self.per
        if self.used >= self.limit:
            return Exceeded(self.resets_at - now, "user")
        self.used += 1
        return None

    def headers(self, now: float) -> dict[str, str]:
        after = max(0.0, self.resets_at - now)
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": self.name,
        }


@dataclass(slots=True)
class RateLimits:
    """`by_route` and `global_per_second` say the limits; `enforce_routes` and `enforce_global` switch them on.

    Requests are counted in any case: `peak` is the most that ever came within one second, `invalid_requests` what
    counts towards the ban of an address (10,000 in ten minutes).
    """

    by_route: dict[str, tuple[int, float]] = field(default_factory=lambda: dict(DEFAULT_LIMITS))
    enforce_routes: bool = True
    enforce_global: bool = True
    global_per_second: int = 50
    peak: int = 0
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    _second: deque[float] = field(default_factory=deque)
    _invalid: deque[float] = field(default_factory=deque)

    def take(self, route: str, major: str) -> tuple[Bucket, Exceeded | None]:
        """Count a request; `major` is the id of its channel, guild or webhook."""
        now = time.monotonic()
        bucket = self._bucket(route, major)
        too_many = self._count_globally(now) if not route.startswith(_FREE_OF_GLOBAL) else None
        if too_many is not None or not self.enforce_routes:
            return bucket, too_many
        return bucket, bucket.take(now)

    def _bucket(self, route: str, major: str) -> Bucket:
        key = (route, major)
        if key not in self._buckets:
            limit, per = self.by_route.get(route, ORDINARY_LIMIT)
            name = blake2b(route.encode(), digest_size=16).hexdigest()
            self._buckets[key] = Bucket(limit, per, name)
        return self._buckets[key]

    def _count_globally(self, now: float) -> Exceeded | None:
        while self._second and self._second[0] <= now - 1:
            self._second.popleft()
        if self.enforce_global and len(self._second) >= self.global_per_second:
            return Exceeded(self._second[0] + 1 - now, "global")
        self._second.append(now)
        self.peak = max(self.peak, len(self._second))
        return None

    def answered(self, status: int, scope: str | None = None) -> None:
        """Count an answer that Discord calls invalid; a shared 429 is not."""
        if status in _INVALID and scope != "shared":
            self._invalid.append(time.monotonic())

    @property
    def invalid_requests(self) -> int:
        """Invalid requests of the last ten minutes."""
        since = time.monotonic() - INVALID_WINDOW_SECONDS
        while self._invalid and self._invalid[0] < since:
            self._invalid.popleft()
        return len(self._invalid)
