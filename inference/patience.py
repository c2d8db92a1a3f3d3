"""How long the worker may be silent before it counts as hanging."""

from inference.scheduling.step_cost import StepCost
from inference.scheduling.steps import Limits

FACTOR = 10.0
"""How many times as long as expected a step may take: a busy machine is no hang."""


class Patience:
    """Tells what the longest step may take. `cost` is the scheduler's: it learns there what steps cost."""

    def __init__(self, cost: StepCost, limits: Limits) -> None:
        self._cost = cost
        self._limits = limits
        self._dearest_token = 0.0
        """Seconds, in any step so far. With many tokens in a step each is cheaper, so this promises enough."""

    def learn(self, tokens: int, seconds: float) -> None:
        """Take in a step that was run, for as long as `cost` does not know enough."""
        self._dearest_token = max(self._dearest_token, seconds / tokens)

    @property
    def seconds(self) -> float:
        """The longest that a step may take; 0 before there was any."""
        tokens, outputs = self._limits.step_tokens, self._limits.sequences
        return FACTOR * (self._cost.of(tokens, outputs) if self._cost.known else self._dearest_token * tokens)
