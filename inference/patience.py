"""How long the worker may be silent before it counts as hanging."""

from inference.scheduling.step_cost import StepCost

FACTOR = 10.0
"""How many times as long as expected a step may take: a busy machine is no hang."""


class Patience:
    """Learns from the steps that were run what the longest one may take. `step_tokens`: tokens in one at most."""

    def __init__(self, step_tokens: int) -> None:
        self._step_tokens = step_tokens
        self._cost = StepCost()
        self._dearest_token = 0.0
        """Seconds, in any step so far. With many tokens in a step each is cheaper, so this promises enough."""

    def learn(self, tokens: int, seconds: float) -> None:
        """Take in a step that was run."""
        self._cost.learn(tokens, seconds)
        self._dearest_token = max(self._dearest_token, seconds / tokens)

    @property
    def seconds(self) -> float:
        """The longest that a step may take; 0 before there was any."""
        expected = (
            self._cost.of(self._step_tokens) if self._cost.known else self._dearest_token * self._step_tokens
        )
        return FACTOR * expected
