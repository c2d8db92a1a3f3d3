"""What one policy of one guild is decided by: its scores on that guild's messages, and what it may flag."""

import math

from bot.tallies import Traffic
from inference.prefilter.budget.audit import Tally
from inference.prefilter.budget.quantile import RollingQuantile

REFRESH_EVERY = 32
"""Counted messages after which the threshold is looked up again."""
RECENT = 2000.0
"""Messages: shares of what was flagged forget what was so long ago to 1/e."""
SMOOTHING_SECONDS = 120.0
"""Arrivals a second forget what was so long ago to 1/e."""

_KEEP = 1 - 1 / RECENT


def smoothing(seconds: float) -> float:
    """How much of a rate is due to the last so many seconds (0 to 1)."""
    return 1 - math.exp(-seconds / SMOOTHING_SECONDS)


class Meter:
    """Counts messages and gives the threshold. About 1.3 KB. Called in the event loop's thread only."""

    __slots__ = (
        "_arrived",
        "_arriving",
        "_flagged",
        "_flagged_unsaved",
        "_forced",
        "_forced_now",
        "_forcing",
        "_looked_at",
        "_looked_at_unsaved",
        "_part",
        "_since_refresh",
        "_surprises",
        "_wanted",
        "digest",
        "flag_rate",
        "threshold",
    )

    def __init__(self, digest: str, flag_rate: float, surprises: RollingQuantile | None = None) -> None:
        """`surprises`: what is known of the guild's messages; without it the background's."""
        self.digest = digest
        self.flag_rate = flag_rate
        self._surprises = surprises or RollingQuantile()
        self._part = 1.0
        self._looked_at = self._flagged = self._forced = 0.0
        self._looked_at_unsaved = self._flagged_unsaved = 0
        self._arrived = self._forced_now = 0
        self._arriving = self._forcing = 0.0
        self._refresh()

    def successor(self, digest: str, flag_rate: float) -> "Meter":
        """For the policy's next version: what the guild writes stays about the same, what was flagged does not."""
        after = Meter(digest, flag_rate, self._surprises.successor())
        after._arriving, after._arrived = self._arriving, self._arrived
        return after

    def note(self, surprise: float, *, forced: bool, flagged: bool, counts: bool) -> None:
        """A new message was looked at.

        `forced`: by an exact match, whatever its score; it says nothing of the scores of what has none. `counts`:
        its author has not been counted too often lately.
        """
        self._looked_at = self._looked_at * _KEEP + 1
        self._flagged = self._flagged * _KEEP + flagged
        self._forced = self._forced * _KEEP + forced
        self._looked_at_unsaved += 1
        self._flagged_unsaved += flagged
        self._arrived += 1
        self._forced_now += forced
        if counts and not forced:
            self._surprises.observe(surprise)
            self._since_refresh += 1
            if self._since_refresh >= REFRESH_EVERY:
                self._refresh()

    @property
    def part(self) -> float:
        """What is granted of the flag rate, 0 to 1."""
        return self._part

    @part.setter
    def part(self, part: float) -> None:
        if part != self._part:
            self._part = part
            self._refresh()

    @property
    def messages(self) -> float:
        """Recent messages that `flagged` and `forced` rest on; `RECENT` at most."""
        return self._looked_at

    @property
    def flagged(self) -> float:
        """The share of recent messages that was suspected, by whatever; 0 before the first."""
        return self._flagged / self._looked_at if self._looked_at else 0.0

    @property
    def forced(self) -> float:
        """The share of recent messages that an exact match flagged."""
        return self._forced / self._looked_at if self._looked_at else 0.0

    def share_reaching(self, surprise: float) -> float:
        """The share of the guild's messages that score so high."""
        return self._surprises.tail(surprise)

    def pass_time(self, seconds: float, weight: float) -> tuple[float, float]:
        """So much time went by since the last call: smooth the arrivals, by `smoothing(seconds)`.

        Returns what the policy flags by exact matches, and what it would flag by scores if nothing were cut: both
        per second.
        """
        if self._arrived or self._arriving:
            self._arriving += weight * (self._arrived / seconds - self._arriving)
            self._forcing += weight * (self._forced_now / seconds - self._forcing)
            self._arrived = self._forced_now = 0
        return self._forcing, max(0.0, self._arriving - self._forcing) * self._wanted

    @property
    def unsaved(self) -> Tally:
        """What was counted since `take_unsaved`."""
        return Tally(looked_at=self._looked_at_unsaved, flagged=self._flagged_unsaved)

    def take_unsaved(self, guild_id: int, policy_id: str) -> Traffic | None:
        """What is to be kept, counts since the last time included; None if nothing is new."""
        if not self._looked_at_unsaved:
            return None
        counts = (self._looked_at_unsaved, self._flagged_unsaved)
        self._looked_at_unsaved = self._flagged_unsaved = 0
        return Traffic(guild_id, policy_id, self.digest, self._surprises.to_bytes(), *counts)

    def put_back(self, unsaved: Traffic) -> None:
        """It could not be kept. Counts of another version are let go."""
        if unsaved.digest == self.digest:
            self._looked_at_unsaved += unsaved.looked_at
            self._flagged_unsaved += unsaved.flagged

    def _refresh(self) -> None:
        self._since_refresh = 0
        self.threshold = self._surprises.threshold(self.flag_rate * self._part)
        uncut = self.threshold if self._part == 1 else self._surprises.threshold(self.flag_rate)
        self._wanted = self._surprises.tail(uncut)
