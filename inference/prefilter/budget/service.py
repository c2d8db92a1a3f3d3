"""How many verdicts a second the judge can give, learned from those that it gave."""

MEMORY = 300.0
"""Verdicts: one that was so many ago weighs 1/e."""
LEAST = 5
"""Verdicts before anything is said."""
_KEEP = 1 - 1 / MEMORY
_PULL = 0.05
"""How much the guess about crowding weighs, beside how differently crowded the verdicts were."""


class ServiceTimes:
    """Learns how long a verdict takes by how many are asked for at once: seconds = alone + crowding x together.

    A judge that batches gets slower with each question, but not as many times slower. As long as it was always
    asked by about as many, how much crowding costs cannot be seen: half of the time is put down to it. Where load
    grows that is seen, just when it matters.
    """

    __slots__ = ("_both", "_count", "_seconds", "_squares", "_together", "_verdicts")

    def __init__(self) -> None:
        self._verdicts = 0
        self._count = self._seconds = self._together = self._squares = self._both = 0.0

    def observe(self, seconds: float, together: float) -> None:
        """A verdict took so many seconds, while this many questions were under way on average (1 or more)."""
        self._verdicts += 1
        self._count = self._count * _KEEP + 1
        self._seconds = self._seconds * _KEEP + seconds
        self._together = self._together * _KEEP + together
        self._squares = self._squares * _KEEP + together * together
        self._both = self._both * _KEEP + together * seconds

    def verdicts_per_second(self, slots: int) -> float | None:
        """The throughput with every slot taken; None as long as too little is known."""
        if self._verdicts < LEAST or self._seconds <= 0:
            return None
        seconds, together = self._seconds / self._count, self._together / self._count
        crowding = self._crowding(seconds, together)
        return slots / (seconds + crowding * (slots - together))

    def _crowding(self, seconds: float, together: float) -> float:
        """Seconds that each further question costs the others; between none and all of the time."""
        guess = seconds / together / 2
        spread = max(0.0, self._squares / self._count - together**2)
        slope = self._both / self._count - together * seconds
        pull = _PULL * together**2
        return min(max((slope + pull * guess) / (spread + pull), 0.0), seconds / together)
