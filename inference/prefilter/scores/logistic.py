"""Logistic regression for a few hundred texts, in its dual form: done in milliseconds.

Minimises, over a, the weighted loss sum_i w_i log(1 + exp(-y_i (f_i + offset_i))) + ridge/2 a'Ka with f = Ka, by
truncated Newton steps that are halved until the loss falls (Zhu and Hastie 2005, "Kernel logistic regression and
the import vector machine"; Nocedal and Wright, "Numerical Optimization", 7.1). Each step's linear system is solved
by conjugate gradients in the inner product of K, where it is symmetric: some products with K, no factorisation.

The intercept is a feature that all texts share, so large that the ridge hardly binds it (as the bias in LIBLINEAR,
Fan et al. 2008).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Kernel = Callable[[Array], Array]
"""K @ v for a vector v (texts,)."""

_MOST_STEPS = 25
_MOST_INNER_STEPS = 50
_SMALLEST_STEP = 1e-3
_ENOUGH = 1e-5
"""The fit ends when a step lowers the loss by less than this share of it."""
_EXACTNESS = 0.05
"""The share of a linear system's residual that may remain: the next step mends it."""
_SHARED = np.float32(10.0)
"""The square of the feature that all texts share."""
_NOTHING = 1e-20
_STEEPEST = 30.0
"""Logits beyond which a text is certain, in what can be computed."""


@dataclass(frozen=True, slots=True)
class _Point:
    """A place on the way: coefficients, and K @ coefficients."""

    coefficients: Array
    scores: Array

    def plus(self, share: float, step: "_Point") -> "_Point":
        return _Point(self.coefficients + share * step.coefficients, self.scores + share * step.scores)


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be fitted. All arrays are (texts,)."""

    kernel: Kernel
    labels: Array
    """1 violating, 0 not."""
    weights: Array
    offset: Array
    """What is known of each text's logit before."""
    ridge: float

    def loss(self, at: _Point) -> float:
        """The penalised loss."""
        signs = np.where(self.labels > 0, -1.0, 1.0)
        losses = np.logaddexp(0, signs * (at.scores + self.offset))
        return float(self.weights @ losses + self.ridge / 2 * (at.coefficients @ at.scores))

    def times_kernel(self, vector: Array) -> Array:
        """The product with K, the shared feature included."""
        return np.asarray(self.kernel(vector) + _SHARED * vector.sum(), np.float32)


def fit(task: Task) -> Array:
    """The coefficients a (texts,), of K and of the feature that all texts share."""
    nothing = np.zeros(len(task.labels), np.float32)
    at = _Point(nothing, nothing)
    loss = task.loss(at)
    for _ in range(_MOST_STEPS):
        at, new_loss = _downhill(task, at, _newton_step(task, at), loss)
        gained, loss = loss - new_loss, new_loss
        if gained < _ENOUGH * abs(loss):
            break
    return at.coefficients


def _newton_step(task: Task, at: _Point) -> _Point:
    """Towards the minimum of the quadratic that touches the loss: solves (curvature K + ridge) step = descent."""
    likely = 1 / (1 + np.exp(-np.clip(at.scores + task.offset, -_STEEPEST, _STEEPEST)))
    descent = task.weights * (task.labels - likely) - task.ridge * at.coefficients
    return _solved(task, task.weights * likely * (1 - likely), descent)


def _solved(task: Task, curvature: Array, goal: Array) -> _Point:
    """Conjugate gradients, from 0 (Hestenes and Stiefel 1952). Vectors go with their products with K."""
    at = _Point(np.zeros_like(goal), np.zeros_like(goal))
    rest = direction = _Point(goal, task.times_kernel(goal))
    length = first_length = float(rest.coefficients @ rest.scores)
    for _ in range(_MOST_INNER_STEPS):
        if length <= max(_EXACTNESS**2 * first_length, _NOTHING):
            break
        change = curvature * direction.scores + np.float32(task.ridge) * direction.coefficients
        share = length / float(direction.scores @ change)
        at = at.plus(share, direction)
        left = np.asarray(rest.coefficients - share * change, np.float32)
        rest = _Point(left, task.times_kernel(left))
        length, before = float(rest.coefficients @ rest.scores), length
        direction = rest.plus(length / before, direction)
    return at


def _downhill(task: Task, start: _Point, step: _Point, loss: float) -> tuple[_Point, float]:
    share = 1.0
    while share > _SMALLEST_STEP:
        between = start.plus(share, step)
        if (reached := task.loss(between)) <= loss:
            return between, reached
        share /= 2
    return start, loss
