"""Percentiles, also of what is not over yet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.open_loop.arrivals import Request
from benchmarks.open_loop.summary import (
    Ending,
    Outcome,
    Percentile,
    enough_for,
    percentile,
    percentile_cells,
    queued_percentile,
    table,
    total_percentile,
)
from inference.ticket import Priority
from policies.verdict import Timing

REQUEST = Request(0.0, 0, (1,), 0, Priority.LIVE, 0)


def outcome(total: float, ending: Ending = Ending.ANSWERED) -> Outcome:
    timing = Timing(queued=total * 500, prefill=0, reasoning=0, answer=0)
    return Outcome(REQUEST, ending, total, timing if ending is Ending.ANSWERED else None)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_is_a_value_that_the_share_does_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)
    assert total_percentile([], 0.5) is None
    assert queued_percentile([outcome(1.0, Ending.OPEN)], 0.5) is None


def test_what_is_still_open_makes_the_percentiles_above_it_lower_bounds() -> None:
    outcomes = [outcome(1.0), outcome(2.0), outcome(3.0, Ending.OPEN), outcome(4.0)]
    assert total_percentile(outcomes, 0.5) == Percentile(2.0, at_least=False)
    assert total_percentile(outcomes, 0.75) == Percentile(3.0, at_least=True)
    assert total_percentile(outcomes, 1.0) == Percentile(4.0, at_least=True)
    assert str(Percentile(4.0, at_least=True)) == "> 4.00"


def test_what_was_refused_has_no_time() -> None:
    outcomes = [outcome(1.0), outcome(0.0, Ending.BUSY)]
    assert total_percentile(outcomes, 0.5) == Percentile(1.0)
    assert queued_percentile(outcomes, 0.5) == Percentile(0.5)


def test_a_percentile_is_shown_only_where_it_is_more_than_the_maximum() -> None:
    assert [enough_for(0.95, count) for count in (19, 20)] == [False, True]
    assert [enough_for(0.99, count) for count in (99, 100)] == [False, True]
    assert percentile_cells([outcome(1.0)] * 20, total_percentile) == ("1.00", "1.00", "-")


def test_a_table_is_markdown() -> None:
    assert table(("name", "n"), [("a", "1")]) == "| name | n |\n| --- | ---: |\n| a | 1 |"
