"""What is read out of the record of decode calls."""

import numpy as np
import pytest

from benchmarks.host_cost.steps import between, cost_of


def calls(*steps: tuple[float, float, int]) -> np.ndarray:
    """(began, ended, outputs)"""
    return np.array([(began, ended, outputs, outputs) for began, ended, outputs in steps], np.float64)


def test_the_host_has_the_time_between_two_calls() -> None:
    record = calls((0.0, 0.010, 10), (0.012, 0.022, 10), (0.026, 0.036, 10))
    cost = cost_of(record, width=10)
    assert cost.steps == 2
    assert cost.median == pytest.approx(3.0)
    assert cost.share == pytest.approx(6 / 26)


def test_steps_that_are_not_full_are_left_out() -> None:
    record = calls((0.0, 0.010, 3), (0.5, 0.510, 9), (0.511, 0.52, 10))
    assert cost_of(record, width=10).median == pytest.approx(1.0)
    with pytest.raises(ValueError, match="run it for longer"):
        cost_of(record, width=64)


def test_only_the_measured_time_counts() -> None:
    record = calls((1.0, 1.1, 1), (2.0, 2.1, 1), (3.0, 3.1, 1), (0.0, 0.0, 0))
    assert between(record, 1.5, 3.5)[:, 0].tolist() == [2.0, 3.0]
