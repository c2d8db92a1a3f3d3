"""How long a step takes by its tokens and its outputs, learned from the steps themselves.

A row with an output costs more than a token of a prompt: the output layer is run for it, and where a batch is
small each of its tokens has the weights to itself. So both are fitted, and neither may come out below nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

FORGET = 0.96
"""Weight of the past at each new step, in the direction of what the step tells."""
ENOUGH = 4
"""Steps below which nothing is said."""
OUTLIER = 4.0
"""A step that took this many times longer than expected was held up by something else, and counts as so much."""
SHORTEST = 1e-4
"""Seconds that a step counts at least: a clock that stands still must not outweigh all others."""
TOKEN_SCALE = 64.0
"""Tokens are counted in so many, to keep the sums of like size."""
DOUBT = (1e-2, 1e-7, 1e-2)
"""How firmly each part is held to be nothing before anything was seen, next to a step's own weight. Least so the
tokens: while steps are all alike, tokens are thought to cost it all, so that nobody's are taken for free."""

_SIZE = len(DOUBT)
_SUBSETS = tuple(parts for size in range(_SIZE, 0, -1) for parts in combinations(range(_SIZE), size))


class StepCost:
    """Fits seconds = fixed + per_token * tokens + per_output * outputs, none of the three negative.

    Recursive least squares by the information matrix. What is forgotten is forgotten only in the direction of the
    step that is taken in (Cao and Schwartz, "A directional forgetting algorithm", Automatica 36, 2000): hours of
    steps that are all alike do not wash out what others once told. Errors count in proportion to the step's time.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._information = [[0.0] * _SIZE for _ in range(_SIZE)]
        self._vector = [0.0] * _SIZE
        self.fixed = 0.0
        """Seconds of a step without tokens."""
        self.per_token = 0.0
        """Seconds that a token adds; 0 when tokens cost nothing measurable."""
        self.per_output = 0.0
        """Seconds that an output adds to those of its token."""

    @property
    def known(self) -> bool:
        """Whether enough steps were seen to say anything."""
        return self._steps >= ENOUGH

    def learn(self, tokens: int, seconds: float, *, outputs: int = 0) -> None:
        """Take in a step that was run."""
        if self.known:
            seconds = min(seconds, OUTLIER * self.of(tokens, outputs))
        seconds = max(seconds, SHORTEST)
        told = (1.0, tokens / TOKEN_SCALE, float(outputs))
        if not self._steps:
            for part, doubt in enumerate(DOUBT):
                self._information[part][part] = doubt / seconds
        self._steps += 1
        self._forget(told)
        self._take_in(told, seconds)
        self.fixed, per_scale, self.per_output = self._fit()
        self.per_token = per_scale / TOKEN_SCALE

    def of(self, tokens: int, outputs: int = 0) -> float:
        """Seconds that a step of so many tokens, so many of them with an output, should take."""
        return self.fixed + self.of_row(tokens, outputs)

    def of_row(self, tokens: int, outputs: int) -> float:
        """Seconds that so many tokens and outputs add to a step."""
        return self.per_token * tokens + self.per_output * outputs

    def _forget(self, told: tuple[float, ...]) -> None:
        """Of the information, take away a part of what lies in the direction of the step."""
        along = [_dot(row, told) for row in self._information]
        weight = (1 - FORGET) / _dot(along, told)
        known = _dot(self._vector, told)
        for i, row in enumerate(self._information):
            self._vector[i] -= weight * along[i] * known
            for j in range(_SIZE):
                row[j] -= weight * along[i] * along[j]

    def _take_in(self, told: tuple[float, ...], seconds: float) -> None:
        """The variance of a step's time grows with it: it weighs by one over its seconds."""
        for i, row in enumerate(self._information):
            self._vector[i] += told[i]  # times its seconds, over its seconds
            for j in range(_SIZE):
                row[j] += told[i] * told[j] / seconds

    def _fit(self) -> list[float]:
        """The best of the fits without a negative part: noise must not promise free tokens."""
        best, explained = [0.0] * _SIZE, 0.0
        for parts, values in self._fits():
            score = sum(value * self._vector[part] for part, value in zip(parts, values, strict=True))
            if min(values) >= 0 and score > explained:
                best, explained = [0.0] * _SIZE, score
                for part, value in zip(parts, values, strict=True):
                    best[part] = value
                if len(parts) == _SIZE:
                    break
        return best

    def _fits(self) -> Iterator[tuple[tuple[int, ...], list[float]]]:
        """Least squares with some of the parts, the others being nothing."""
        for parts in _SUBSETS:
            matrix = [[self._information[i][j] for j in parts] for i in parts]
            yield parts, _solved(matrix, [self._vector[i] for i in parts])


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _solved(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """Gaussian elimination; the matrix is positive definite, so it needs no pivoting. Both are used up."""
    size = len(vector)
    for i in range(size):
        for k in range(i + 1, size):
            factor = matrix[k][i] / matrix[i][i]
            vector[k] -= factor * vector[i]
            for j in range(i, size):
                matrix[k][j] -= factor * matrix[i][j]
    for i in reversed(range(size)):
        vector[i] = (vector[i] - sum(matrix[i][j] * vector[j] for j in range(i + 1, size))) / matrix[i][i]
    return vector
