"""How precision, recall and F1 over all messages are estimated from samples of three strata."""

from collections.abc import Callable, Mapping
from itertools import product
from random import Random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.records.labels import Stratum
from bot.trials import estimates
from bot.trials.estimates import f1, precision, recall
from bot.trials.strata import EVERYTHING, SUSPECTED, Population, Samples
from inference.prefilter.budget.audit import Interval, Tally
from policies.score import CONFIDENCE, Score

OPENED, CLEARED, UNFLAGGED = Stratum.OPENED, Stratum.CLEARED, Stratum.UNFLAGGED
SIZES = Population(opened=50, cleared=400, unflagged=10_000)
Estimate = Callable[..., Interval | None]


def samples(scores: Mapping[Stratum, Score], sizes: Population = SIZES) -> Samples:
    return Samples(scores, sizes)


def test_a_version_that_flags_everything_is_not_as_right_as_the_cards_that_came_up():
    """Of 100 cards 80 were confirmed; it flags 1,000 more that the model cleared, and 10,000 if it were asked."""
    found = estimates.estimates(
        samples(
            {OPENED: Score(tp=80, fp=20), CLEARED: Score(fp=50), UNFLAGGED: Score(fp=50)},
            Population(opened=100, cleared=1_000, unflagged=10_000),
        ),
        SUSPECTED,
    )
    assert found.precision is not None
    assert found.f1 is not None
    assert found.precision.estimate == pytest.approx(80 / 1_100)
    assert found.f1.estimate == pytest.approx(2 * 80 / (2 * 80 + 1_020))
    assert found.precision.high < 0.15
    assert found.f1.high < 0.3


def test_what_the_model_is_not_asked_about_raises_no_alarm():
    seen = samples({OPENED: Score(tp=40, fp=10), CLEARED: Score(tn=20), UNFLAGGED: Score(fp=50, tn=50)})
    now, asked = precision(seen, SUSPECTED), precision(seen, EVERYTHING)
    assert now is not None
    assert asked is not None
    assert now.estimate == pytest.approx(0.8)
    assert asked.estimate == pytest.approx(40 / (50 + 5_000))


def test_precision_needs_no_sample_of_what_the_model_is_not_asked_about():
    seen = samples({OPENED: Score(tp=4, fp=1), CLEARED: Score(tn=5)})
    assert precision(seen, SUSPECTED) is not None
    assert (precision(seen, EVERYTHING), recall(seen, SUSPECTED), f1(seen, SUSPECTED)) == (None, None, None)
    assert precision(samples({OPENED: Score(tp=4, fp=1)}), SUSPECTED) is None
    assert precision(samples({OPENED: Score(fn=4), CLEARED: Score(tn=5)}), SUSPECTED) is None


def test_f1_is_that_of_precision_and_recall():
    seen = samples(
        {OPENED: Score(tp=30, fp=10), CLEARED: Score(tp=1, fp=2, fn=1, tn=16), UNFLAGGED: Score(fn=1, tn=99)}
    )
    one, other, both = (each(seen, SUSPECTED) for each in (precision, recall, f1))
    assert one is not None
    assert other is not None
    assert both is not None
    assert both.estimate == pytest.approx(2 / (1 / one.estimate + 1 / other.estimate))


def test_each_stratum_counts_by_its_size_not_by_its_sample():
    seen = samples({OPENED: Score(tp=30, fp=10), CLEARED: Score(fn=1, tn=19), UNFLAGGED: Score(fn=1, tn=99)})
    found = recall(seen, SUSPECTED)
    assert found is not None
    caught, missed = 50 * 30 / 40, 400 / 20 + 10_000 / 100
    assert found.estimate == pytest.approx(caught / (caught + missed))
    assert found.low < 0.1 < found.estimate < found.high < 1


def test_what_nothing_suspects_is_missed_although_the_model_would_find_it():
    seen = samples({OPENED: Score(tp=40), CLEARED: Score(tn=20), UNFLAGGED: Score(tp=2, tn=98)})
    now, asked = recall(seen, SUSPECTED), recall(seen, EVERYTHING)
    assert now is not None
    assert asked is not None
    assert asked.estimate == 1
    assert now.estimate == pytest.approx(50 / (50 + 200))


def test_with_everything_labelled_nothing_is_uncertain():
    sizes = Population(opened=4, cleared=3, unflagged=3)
    seen = samples({OPENED: Score(tp=3, fp=1), CLEARED: Score(fn=1, tn=2), UNFLAGGED: Score(tn=3)}, sizes)
    for estimate, truth in ((recall, 3 / 4), (precision, 3 / 4), (f1, 6 / 8)):
        found = estimate(seen, SUSPECTED)
        assert found is not None
        assert found.low == found.estimate == found.high == pytest.approx(truth)


def test_more_labels_than_were_counted_count_as_all_there_is():
    scores = {OPENED: Score(tp=3), CLEARED: Score(fn=1), UNFLAGGED: Score(tn=3)}
    found = recall(samples(scores, Population(opened=1)), SUSPECTED)
    assert found is not None
    assert found.estimate == 3 / 4


def test_a_stratum_without_labels_leaves_recall_unknown():
    scores = {OPENED: Score(tp=30), CLEARED: Score(tn=5)}
    assert samples(scores).lacking() == (UNFLAGGED,)
    assert recall(samples(scores), SUSPECTED) is None
    unread = samples({**scores, UNFLAGGED: Score(undecided=3)})
    assert recall(unread, SUSPECTED) is None


def test_nothing_is_taken_for_empty_where_nothing_was_counted():
    assert samples({}, Population()).lacking() == (OPENED, CLEARED, UNFLAGGED)
    assert samples({}, Population(opened=5)).lacking() == (OPENED, UNFLAGGED)
    assert precision(samples({OPENED: Score(tp=5)}, Population()), SUSPECTED) is None


def test_without_a_single_violation_there_is_no_recall():
    assert recall(samples({OPENED: Score(fp=3), CLEARED: Score(tn=5), UNFLAGGED: Score(tn=5)}), SUSPECTED) is None


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


@settings(max_examples=15, deadline=None)
@given(SCORES, SCORES, SCORES, POPULATIONS, st.sampled_from((0.8, 0.95, 0.975)))
def test_an_estimate_lies_in_its_interval_and_more_confidence_widens_it(
    opened: Score, cleared: Score, unflagged: Score, sizes: Population, confidence: float
):
    seen = samples({OPENED: opened, CLEARED: cleared, UNFLAGGED: unflagged}, sizes)
    for estimate, asked in product((precision, recall, f1), (SUSPECTED, EVERYTHING)):
        one, surer = estimate(seen, asked, confidence), estimate(seen, asked, 0.99)
        assert (one is None) == (surer is None)
        if one is None or surer is None:
            continue
        assert 0 <= one.low <= one.estimate + 1e-9
        assert one.estimate <= one.high + 1e-9 <= 1 + 2e-9
        assert surer.low <= one.low + 1e-9
        assert one.high <= surer.high + 1e-9


class TestCoverage:
    """Whole populations whose truth is known, sampled again and again."""

    ROUNDS: Final = 20
    SIZES = Population(opened=200, cleared=1_000, unflagged=20_000)
    SAMPLED: Final = {OPENED: 100, CLEARED: 50, UNFLAGGED: 300}
    RATES: Final = {  # what violates, and of it and of the rest what is called so
        "one like that which was in force": {
            OPENED: (0.8, 0.95, 0.7),
            CLEARED: (0.05, 0.0, 0.0),
            UNFLAGGED: (0.002, 0.6, 0.0),
        },
        "a loose one": {OPENED: (0.8, 1.0, 1.0), CLEARED: (0.05, 0.9, 0.5), UNFLAGGED: (0.002, 0.9, 0.2)},
    }

    @pytest.mark.parametrize("version", RATES)
    @pytest.mark.parametrize("asked", [SUSPECTED, EVERYTHING])
    def test_intervals_hold_the_truth_as_often_as_they_say(self, version: str, asked: tuple[Stratum, ...]) -> None:
        dice, held = Random(6), dict.fromkeys((precision, recall, f1), 0)
        everyone = {each: _people(dice, *self.RATES[version][each], self.SIZES.size(each)) for each in Stratum}
        whole = Samples({each: _count(messages) for each, messages in everyone.items()}, self.SIZES)
        for _ in range(self.ROUNDS):
            drawn = {each: _count(dice.sample(everyone[each], self.SAMPLED[each])) for each in Stratum}
            for estimate in held:
                held[estimate] += _holds(estimate, Samples(drawn, self.SIZES), whole, asked)
        assert min(held.values()) >= CONFIDENCE * self.ROUNDS


Message = tuple[bool, bool]
"""Whether it violates, and whether it is called so."""


def _people(dice: Random, violating: float, found: float, alarms: float, size: int) -> list[Message]:
    violates = [dice.random() < violating for _ in range(size)]
    return [(each, dice.random() < (found if each else alarms)) for each in violates]


def _count(messages: list[Message]) -> Score:
    return Score(
        tp=messages.count((True, True)),
        fp=messages.count((False, True)),
        fn=messages.count((True, False)),
        tn=messages.count((False, False)),
    )


def _holds(estimate: Estimate, drawn: Samples, whole: Samples, asked: tuple[Stratum, ...]) -> bool:
    found, truth = estimate(drawn, asked), estimate(whole, asked)
    assert truth is not None
    return found is None or found.low - 1e-9 <= truth.estimate <= found.high + 1e-9
