"""Logistic regression for a few hundred texts, in its dual form: exact, and done in milliseconds.

Minimises, over a and b, the weighted loss sum_i w_i log(1 + exp(-y_i (f_i + offset_i))) + ridge/2 a'Ka with f =
Ka + b, by Newton steps that are halved until the loss falls (Zhu and Hastie 2005, "Kernel logistic regression
and the import vector machine"; Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", 4.4 and
12.3).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_MOST_STEPS = 25
_SMALLEST_STEP = 1e-3
_ENOUGH = 1e-4
"""The fit ends when a step lowers the loss by less than this share of it."""
_FLATTEST = 1e-5
"""The least curvature, as a share of the largest weight: a text that is already certain must not divide by 0."""


@dataclass(frozen=True, slots=True)
class _Point:
    """A place on the way: coefficients, intercept, and K @ coefficients."""

    coefficients: Array
    intercept: float
    scores: Array

    def towards(self, other: "_Point", share: float) -> "_Point":
        return _Point(
            self.coefficients + share * (other.coefficients - self.coefficients),
            self.intercept + share * (other.intercept - self.intercept),
            self.scores + share * (other.scores - self.scores),
        )


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be fitted. All arrays are (texts,) but `kernel`, which is (texts, texts)."""

    kernel: Array
    labels: Array
    """1 violating, 0 not."""
    weights: Array
    offset: Array
    """What is known of each text's logit before."""
    ridge: float

    def loss(self, at: _Point) -> float:
        """The penalised loss."""
        signs = np.where(self.labels > 0, -1.0, 1.0)
        losses = np.logaddexp(0, signs * (at.scores + at.intercept + self.offset))
        return float(self.weights @ losses + self.ridge / 2 * at.coefficients @ at.scores)


def fit(task: Task) -> tuple[Array, float]:
    """The coefficients a (texts,) and the intercept b. Both classes must occur among the labels."""
    nothing = np.zeros(len(task.labels))
    at = _Point(nothing, 0.0, nothing)
    loss = task.loss(at)
    for _ in range(_MOST_STEPS):
        after, new_loss = _downhill(task, at, _newton(task, at), loss)
        at, gained, loss = after, loss - new_loss, new_loss
        if gained < _ENOUGH * abs(loss):
            break
    return at.coefficients, at.intercept


def _newton(task: Task, at: _Point) -> _Point:
    """The minimum of the quadratic that touches the loss here (iteratively reweighted least squares)."""
    logits = np.clip(at.scores + at.intercept + task.offset, -30, 30)
    likely = 1 / (1 + np.exp(-logits))
    curvature = np.maximum(task.weights * likely * (1 - likely), _FLATTEST * task.weights.max())
    wanted = at.scores + at.intercept - task.weights * (likely - task.labels) / curvature
    system = task.kernel + np.diag(task.ridge / curvature)
    solved = np.linalg.solve(system, np.stack([wanted, np.ones(len(wanted))], axis=1))
    intercept = float(solved[:, 0].sum() / solved[:, 1].sum())
    coefficients = solved[:, 0] - intercept * solved[:, 1]
    return _Point(coefficients, intercept, task.kernel @ coefficients)


def _downhill(task: Task, start: _Point, goal: _Point, loss: float) -> tuple[_Point, float]:
    share = 1.0
    while share > _SMALLEST_STEP:
        between = start.towards(goal, share)
        if (reached := task.loss(between)) <= loss:
            return between, reached
        share /= 2
    return start, loss
