"""How long a step takes by the number of its tokens, learned from the steps themselves."""

import math

FORGET = 0.98
"""Weight of the past at each new step: the last 50 steps count, so that a change of context is followed."""
ENOUGH = 4.0
"""Weight of observations below which nothing is said."""
OUTLIER = 4.0
"""A step that took this many times longer than expected was held up by something else, and counts as so much."""
TELLING = 1e-4
"""Relative variance of the token counts below which they say nothing about the slope: the last one is kept."""


class StepCost:
    """Fits seconds = fixed + per_token * tokens by least squares, forgetting slowly."""

    def __init__(self) -> None:
        self._weight = 0.0
        self._tokens = 0.0
        self._seconds = 0.0
        self._squares = 0.0
        self._products = 0.0
        self._slope = math.inf
        """Seconds that a token adds, as far as is known: until steps of two sizes were seen, all there are."""
        self.fixed = 0.0
        """Seconds of a step without tokens."""
        self.per_token = 0.0
        """Seconds that a token adds; 0 when tokens cost nothing measurable."""

    @property
    def known(self) -> bool:
        """Whether enough steps were seen to say anything."""
        return self._weight >= ENOUGH

    def learn(self, tokens: int, seconds: float) -> None:
        """Take in a step that was run."""
        if self.known:
            seconds = min(seconds, OUTLIER * self.of(tokens))
        self._weight = FORGET * self._weight + 1
        self._tokens = FORGET * self._tokens + tokens
        self._seconds = FORGET * self._seconds + seconds
        self._squares = FORGET * self._squares + tokens * tokens
        self._products = FORGET * self._products + tokens * seconds
        self._fit()

    def of(self, tokens: int) -> float:
        """Seconds that a step of so many tokens should take."""
        return self.fixed + self.per_token * tokens

    def _fit(self) -> None:
        """A line with neither a negative slope nor a negative start: noise must not promise free tokens."""
        spread = self._weight * self._squares - self._tokens**2
        if spread > TELLING * self._weight * self._squares:
            slope = (self._weight * self._products - self._tokens * self._seconds) / spread
            self._slope = max(0.0, slope)
        through_origin = self._products / self._squares
        self.per_token = min(self._slope, through_origin)
        self.fixed = max(0.0, (self._seconds - self.per_token * self._tokens) / self._weight)
