import numpy as np
import pytest

from benchmarks.prefilter.metrics import mean, recall_at, spread

HARMLESS = np.arange(100.0)


def test_recall_counts_what_lies_above_the_share_of_harmless_texts():
    violating = np.array([95.5, 94.5, 89.5, 10.0])
    assert recall_at(0.05, violating, HARMLESS) == 0.5
    assert recall_at(0.09, violating, HARMLESS) == 0.5
    assert recall_at(0.10, violating, HARMLESS) == 0.75


def test_among_equal_ranks_as_many_are_flagged_as_the_rate_leaves_room_for():
    harmless = np.array([1.0] * 4 + [0.0] * 96)
    violating = np.array([1.0] * 50 + [0.0] * 50)
    assert recall_at(0.02, violating, harmless) == pytest.approx(0.25)
    assert recall_at(0.04, violating, harmless) == pytest.approx(0.5)
    assert recall_at(0.10, violating, harmless) == pytest.approx(0.5 + 0.5 * 6 / 96)


def test_a_system_that_ranks_all_alike_finds_as_much_as_it_flags():
    assert recall_at(0.2, np.zeros(7), np.zeros(30)) == pytest.approx(0.2)


def test_everything_is_found_when_everything_is_flagged():
    assert recall_at(1.0, np.array([0.0, 5.0]), HARMLESS) == 1.0


def test_texts_that_a_system_was_not_shown_do_not_count():
    violating = np.array([95.5, np.nan, 1.0])
    assert recall_at(0.05, violating, np.append(HARMLESS, np.nan)) == 0.5
    assert np.isnan(recall_at(0.05, np.array([np.nan]), HARMLESS))


def test_means_and_spreads_leave_out_what_is_no_number():
    assert mean([1.0, float("nan"), 3.0]) == 2.0
    assert np.isnan(mean([]))
    assert spread([1.0, float("nan"), 3.0]) == pytest.approx(2**0.5)
    assert spread([1.0]) == 0
