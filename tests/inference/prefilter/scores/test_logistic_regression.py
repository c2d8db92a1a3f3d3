"""The dual fit, against the primal problem solved by the book."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.scores import logistic

Array = npt.NDArray[np.float64]


def by_the_book(rows: Array, task: logistic.Task) -> Array:
    """Newton's method in the primal, in double precision, in small steps: slow and sure."""
    weights = np.zeros(rows.shape[1])
    for _ in range(200):
        likely = 1 / (1 + np.exp(-(rows @ weights + task.offset)))
        slope = rows.T @ (task.weights * (likely - task.labels)) + task.ridge * weights
        curvature = rows.T * (task.weights * likely * (1 - likely)) @ rows + task.ridge * np.eye(rows.shape[1])
        step = np.linalg.solve(curvature, slope)
        weights -= step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            return weights
    raise AssertionError("the reference must converge")


def with_shared(rows: Array) -> Array:
    """The feature that all texts share, beside the others."""
    return np.concatenate([rows, np.full((len(rows), 1), np.sqrt(10.0))], axis=1)


def task_of(rows: Array, labels: Array, *, ridge: float = 0.2, seed: int = 0) -> logistic.Task:
    chance = np.random.default_rng(seed)
    single = rows.astype(np.float32)
    return logistic.Task(
        kernel=lambda vector: single @ (single.T @ vector),
        labels=labels.astype(np.float32),
        weights=chance.uniform(0.2, 3, len(rows)).astype(np.float32),
        offset=chance.normal(0, 0.5, len(rows)).astype(np.float32),
        ridge=ridge,
    )


def fitted_scores(rows: Array, task: logistic.Task) -> Array:
    return with_shared(rows) @ (with_shared(rows).T @ logistic.fit(task).astype(np.float64))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(1, 12), st.sampled_from([0.02, 0.2, 3.0]))
def test_scores_agree_with_the_primal_problem_solved_by_the_book(
    seed: int, texts: int, features: int, ridge: float
) -> None:
    chance = np.random.default_rng(seed)
    rows = chance.normal(0, 1, (texts, features))
    task = task_of(rows, chance.random(texts) < 0.4, ridge=ridge, seed=seed)
    reference = with_shared(rows) @ by_the_book(with_shared(rows), task)
    assert np.allclose(fitted_scores(rows, task), reference, atol=0.1, rtol=0.03)


def test_classes_that_can_be_parted_do_not_run_away() -> None:
    rows = np.concatenate([np.full((20, 3), 5.0), np.full((20, 3), -5.0)])
    labels = np.arange(40) < 20
    task = task_of(rows, labels, ridge=0.01)
    scores = fitted_scores(rows, task)
    assert np.isfinite(scores).all()
    assert ((scores > 0) == labels).all()
    assert np.abs(scores).max() < 30


def test_a_step_that_would_go_too_far_is_cut_short() -> None:
    """Where a text is thought to be certain, and wrongly, the loss is flat: Newton's own step overshoots."""
    rows = np.ones((1, 1))
    task = task_of(rows, np.ones(1), ridge=0.02)
    sure = logistic.Task(task.kernel, task.labels, np.ones(1, np.float32), np.full(1, -20, np.float32), task.ridge)
    reference = with_shared(rows) @ by_the_book(with_shared(rows), sure)
    assert fitted_scores(rows, sure) == pytest.approx(reference, rel=0.02)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_is_told_everywhere(label: int) -> None:
    rows = np.random.default_rng(1).normal(0, 1, (30, 4))
    scores = fitted_scores(rows, task_of(rows, np.full(30, label)))
    assert np.isfinite(scores).all()
    assert ((scores > 1) == label).all()


def test_texts_that_are_all_the_same_have_the_share_of_their_labels() -> None:
    rows = np.ones((10, 2))
    task = task_of(rows, np.arange(10) < 3)
    even = logistic.Task(task.kernel, task.labels, np.ones(10, np.float32), np.zeros(10, np.float32), 1e-4)
    assert fitted_scores(rows, even) == pytest.approx(np.full(10, np.log(3 / 7)), abs=0.02)


def test_what_is_known_before_need_not_be_learned_again() -> None:
    rows = np.random.default_rng(2).normal(0, 1, (400, 3))
    truth = rows @ [2.0, -1.0, 0.5]
    labels = np.random.default_rng(3).random(400) < 1 / (1 + np.exp(-truth))
    task = task_of(rows, labels)
    told = logistic.Task(task.kernel, task.labels, np.ones(400, np.float32), truth.astype(np.float32), 20.0)
    assert np.abs(fitted_scores(rows, told)).mean() < 0.25 * np.abs(truth).mean()


def test_the_loss_at_the_fit_is_lower_than_anywhere_around() -> None:
    chance = np.random.default_rng(4)
    rows = chance.normal(0, 1, (80, 5))
    task = task_of(rows, chance.random(80) < 0.5)
    weights = with_shared(rows).T @ logistic.fit(task).astype(np.float64)

    def loss(at: Array) -> float:
        logits = with_shared(rows) @ at + task.offset
        losses = np.logaddexp(0, np.where(task.labels > 0, -logits, logits))
        return float(task.weights @ losses + task.ridge / 2 * at @ at)

    assert all(loss(weights) < loss(weights + chance.normal(0, 0.2, 6)) for _ in range(200))
