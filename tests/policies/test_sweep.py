import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.score import Judged, score
from policies.sweep import average_precision, best_f1, sweep

probabilities = st.none() | st.sampled_from((0.0, 0.1, 0.5, 0.9, 1.0)) | st.floats(0, 1)
lots = st.lists(st.builds(Judged, st.booleans(), st.just(True), probabilities), max_size=15)


def at(items: list[Judged], threshold: float) -> list[Judged]:
    return [
        Judged(one.violates, None if one.probability is None else one.probability >= threshold) for one in items
    ]


@given(items=lots)
def test_each_point_is_the_score_of_the_verdicts_at_its_threshold(items: list[Judged]) -> None:
    points = sweep(items)
    assert [point.threshold for point in points] == sorted(
        {one.probability for one in items if one.probability is not None}, reverse=True
    )
    for point in points:
        assert point.score == score(at(items, point.threshold))


@given(items=lots)
def test_no_threshold_has_a_higher_f1_than_the_best_point(items: list[Judged]) -> None:
    best = best_f1(sweep(items))
    for threshold in {one.probability for one in items if one.probability is not None}:
        f1 = score(at(items, threshold)).f1
        assert f1 is None or (best is not None and best.score.f1 is not None and f1 <= best.score.f1)


@given(items=lots)
def test_average_precision_is_the_mean_over_the_violating_texts_of_the_precision_where_each_is_found(
    items: list[Judged],
) -> None:
    known = [one for one in items if one.probability is not None]
    found = [one.probability for one in known if one.violates]
    precisions = [
        score(at(known, threshold)).precision.value or 0.0 for threshold in found if threshold is not None
    ]
    expected = sum(precisions) / len(precisions) if precisions else None
    assert average_precision(sweep(items)) == (pytest.approx(expected) if expected is not None else None)


def test_a_judge_that_ranks_every_violation_first_has_an_average_precision_of_1() -> None:
    items = [Judged(True, True, 0.9), Judged(True, True, 0.8), Judged(False, False, 0.7)]
    assert average_precision(sweep(items)) == 1.0


def test_of_equally_good_thresholds_the_highest_is_the_best() -> None:
    items = [Judged(True, True, 0.9), Judged(False, True, 0.6), Judged(True, True, 0.5)]
    best = best_f1(sweep(items))
    assert best is not None
    assert (best.threshold, best.score.f1) == (0.5, 0.8)


def test_nothing_gives_no_curve() -> None:
    assert (sweep([]), best_f1([]), average_precision([])) == ((), None, None)
