"""How much a worker asks of a judge at once: less after the judge had no room, more again with every verdict."""

import random
from datetime import timedelta


class Allowance:
    """Between 1 and `width` jobs. It falls to what the judge had room for, and grows by one with each verdict.

    So a worker that shares its judge with others neither hammers on it nor stays small once there is room.
    """

    def __init__(self, width: int) -> None:
        self._width = self._now = width
        self._refused = self._rest_is_due = False

    @property
    def jobs(self) -> int:
        """That may be in flight now."""
        return self._now

    @property
    def short(self) -> bool:
        """Whether the judge refused something since its latest verdict."""
        return self._refused

    def refused(self, others: int) -> None:
        """The judge had no room for a job while it had `others` of ours."""
        self._now = max(1, min(self._now, others))
        self._refused = self._rest_is_due = True

    def answered(self) -> None:
        """The judge gave a verdict."""
        self._now = min(self._width, self._now + 1)
        self._refused = False

    def rest(self, usual: timedelta) -> float:
        """Seconds to wait before the next question: about the usual time after a refusal, once; else 0.

        Spread, so that several workers that were refused together do not come back together.
        """
        if not self._rest_is_due:
            return 0.0
        self._rest_is_due = False
        return usual.total_seconds() * random.uniform(0.5, 1.5)  # noqa: S311 - no secret depends on it
