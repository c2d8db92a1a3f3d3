"""How recall is estimated from samples of three strata."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.labels import Stratum
from bot.trials.recall import Population, missing_samples, recall
from inference.prefilter.budget.audit import Tally
from policies.score import Score

OPENED, CLEARED, UNFLAGGED = Stratum.OPENED, Stratum.CLEARED, Stratum.UNFLAGGED
SIZES = Population(opened=50, cleared=400, unflagged=10_000)


def test_each_stratum_counts_by_its_size_not_by_its_sample():
    found = recall(
        {OPENED: Score(tp=30, fp=10), CLEARED: Score(fn=1, tn=19), UNFLAGGED: Score(fn=1, tn=99)}, SIZES
    )
    assert found is not None
    caught, missed = 50 * 30 / 40, 400 / 20 + 10_000 / 100
    assert found.in_all.estimate == pytest.approx(caught / (caught + missed))
    assert found.in_all.low < 0.1 < found.in_all.estimate < found.in_all.high < 1


def test_what_nothing_suspects_is_missed_although_the_model_would_find_it():
    found = recall({OPENED: Score(tp=40), CLEARED: Score(tn=20), UNFLAGGED: Score(tp=2, tn=98)}, SIZES)
    assert found is not None
    assert found.if_asked.estimate == 1
    assert found.in_all.estimate == pytest.approx(50 / (50 + 200))


def test_with_everything_labelled_nothing_is_uncertain():
    sizes = Population(opened=4, cleared=3, unflagged=3)
    found = recall({OPENED: Score(tp=3, fp=1), CLEARED: Score(fn=1, tn=2), UNFLAGGED: Score(tn=3)}, sizes)
    assert found is not None
    assert found.in_all.low == found.in_all.estimate == found.in_all.high == 3 / 4


def test_more_labels_than_were_counted_count_as_all_there_is():
    found = recall({OPENED: Score(tp=3), CLEARED: Score(fn=1), UNFLAGGED: Score(tn=3)}, Population(opened=1))
    assert found is not None
    assert found.in_all.estimate == 3 / 4


def test_a_stratum_without_labels_leaves_recall_unknown():
    scores = {OPENED: Score(tp=30), CLEARED: Score(tn=5)}
    assert missing_samples(scores, SIZES) == (UNFLAGGED,)
    assert recall(scores, SIZES) is None
    assert missing_samples(scores, Population(opened=5, cleared=5)) == ()
    assert recall({**scores, UNFLAGGED: Score(undecided=3)}, SIZES) is None


def test_without_a_single_violation_there_is_no_recall():
    assert recall({OPENED: Score(fp=3), CLEARED: Score(tn=5), UNFLAGGED: Score(tn=5)}, SIZES) is None


def test_the_population_is_counted_from_tallies():
    tallies = [Tally(looked_at=100, flagged=10, confirmed=4), Tally(looked_at=50, flagged=5, confirmed=5)]
    assert Population.of(tallies) == Population(opened=9, cleared=6, unflagged=135)
    assert Population.of([Tally(flagged=2, confirmed=3)]) == Population(opened=3)


COUNTS = st.integers(min_value=0, max_value=30)
SCORES = st.builds(Score, tp=COUNTS, fp=COUNTS, fn=COUNTS, tn=COUNTS)
POPULATIONS = st.builds(
    Population,
    opened=st.integers(0, 300),
    cleared=st.integers(0, 3_000),
    unflagged=st.integers(0, 10**6),
)


@given(SCORES, SCORES, SCORES, POPULATIONS, st.sampled_from((0.8, 0.95, 0.975)))
def test_the_estimate_lies_in_its_interval_and_more_confidence_widens_it(
    opened: Score, cleared: Score, unflagged: Score, sizes: Population, confidence: float
):
    scores = {OPENED: opened, CLEARED: cleared, UNFLAGGED: unflagged}
    found, surer = recall(scores, sizes, confidence), recall(scores, sizes, 0.99)
    assert (found is None) == (surer is None)
    if found is None or surer is None:
        return
    for one, other in ((found.in_all, surer.in_all), (found.if_asked, surer.if_asked)):
        assert 0 <= one.low <= one.estimate + 1e-9
        assert one.estimate <= one.high + 1e-9 <= 1 + 2e-9
        assert other.low <= one.low + 1e-9
        assert one.high <= other.high + 1e-9


def test_the_interval_holds_the_truth_as_often_as_it_says():
    dice, hits, rounds = Random(6), 0, 120
    rates = {OPENED: (0.8, 0.95), CLEARED: (0.05, 0.0), UNFLAGGED: (0.002, 0.6)}
    sizes = Population(opened=200, cleared=1_000, unflagged=20_000)
    truth = _truth(rates, sizes)
    for _ in range(rounds):
        sampled = {OPENED: 100, CLEARED: 50, UNFLAGGED: 500}
        scores = {each: _sample(dice, *rates[each], sampled[each]) for each in Stratum}
        found = recall(scores, sizes)
        hits += found is None or found.in_all.low <= truth <= found.in_all.high
    assert hits >= 0.95 * rounds


def _truth(rates: dict[Stratum, tuple[float, float]], sizes: Population) -> float:
    violating = {each: sizes.size(each) * rate for each, (rate, _) in rates.items()}
    caught = sum(violating[each] * rates[each][1] for each in (OPENED, CLEARED))
    return caught / sum(violating.values())


def _sample(dice: Random, violating: float, found: float, size: int) -> Score:
    score = Score()
    for _ in range(size):
        violates = dice.random() < violating
        score += Score.of(violates, violates and dice.random() < found)
    return score
