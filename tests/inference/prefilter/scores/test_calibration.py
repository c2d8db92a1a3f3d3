"""Surprises: what share of ordinary lines scores at least as high."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.scores.calibration import MOST, TAILS, Calibration, knots_of
from inference.prefilter.scores.head import Head, Taught
from inference.prefilter.scores.lesson import Learned
from tests.inference.prefilter.scores.taught_policies import OPEN, TRADING, trading

KNOWLEDGE = Knowledge.shipped()
SCORES = st.floats(-1e6, 1e6, width=32)

Row = npt.NDArray[np.float32]


def surprises(ordinary: npt.NDArray[np.floating], scores: npt.NDArray[np.floating]) -> Row:
    knots = np.tile(knots_of(ordinary), (len(scores), 1))
    return Calibration(knots).surprises(np.asarray(scores, np.float32))


@settings(deadline=None)
@given(st.lists(SCORES, min_size=1, max_size=200), st.lists(SCORES, min_size=2, max_size=20))
def test_the_surprise_never_falls_as_the_score_rises_and_is_a_number(
    ordinary: list[float], scores: list[float]
) -> None:
    found = surprises(np.array(ordinary), np.sort(scores))
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (found <= MOST).all()
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("share", [0.5, 0.1, 0.05, 0.01])
def test_as_many_ordinary_scores_reach_a_surprise_as_it_says(share: float) -> None:
    ordinary = np.random.default_rng(0).gumbel(0, 2, 20_000)
    others = np.random.default_rng(1).gumbel(0, 2, 20_000)
    reached = float((surprises(ordinary, others) >= -np.log10(share)).mean())
    assert reached == pytest.approx(share, abs=4 * np.sqrt(share / 20_000))


def test_beyond_what_was_seen_it_goes_on_rising() -> None:
    ordinary = np.random.default_rng(0).normal(0, 1, 2_400)
    rising = surprises(ordinary, np.array([3.0, 4.0, 5.0, 6.0]))
    assert (np.diff(rising) > 0.2).all()
    assert rising[0] > -np.log10(TAILS[-2])
    assert surprises(ordinary, np.array([1e30])) == [MOST]


def test_policies_are_calibrated_each_by_its_own_knots() -> None:
    knots = np.stack([knots_of(np.linspace(0, 1, 100)), knots_of(np.linspace(0, 1000, 100))])
    both = Calibration(knots).surprises(np.array([0.95, 0.95], np.float32))
    alone = [Calibration(knots[[number]]).surprises(np.array([0.95], np.float32))[0] for number in (0, 1)]
    assert both.tolist() == alone
    assert both[0] == pytest.approx(-np.log10(0.05), abs=0.02)
    assert both[1] < 0.01


def test_scores_that_are_all_the_same_do_not_divide_by_nothing() -> None:
    found = surprises(np.zeros(500), np.array([-1.0, 0.0, 1.0]))
    assert found[0] == 0
    assert np.isfinite(found).all()
    assert found[2] == MOST


@pytest.mark.parametrize("share", [0.5, 0.1, 0.05, 0.01])
def test_lines_that_no_fit_has_seen_reach_a_flag_rate_as_often_as_it_says(share: float) -> None:
    """Heads read the first lines of the background, and are calibrated on half of the others here."""
    head, unseen = _head_and_unseen()
    odd, even = unseen[::2], unseen[1::2]
    reached = float((surprises(odd, even) >= -np.log10(share)).mean())
    assert reached == pytest.approx(share, abs=4 * np.sqrt(2 * share * (1 - share) / len(even)))
    assert np.allclose(head.knots, knots_of(unseen))


def _head_and_unseen() -> tuple[Head, Row]:
    learned = Learned.of(trading(TRADING, OPEN), KNOWLEDGE)
    head, background = learned.head, KNOWLEDGE.background
    nearness = head.prior.standardised(learned.anchors.nearness_to_rules(background.texts.meaning))
    lines = Taught(background.texts, background.harms, nearness, np.zeros(len(nearness), np.bool_))
    return head, head.scores(lines.take(slice(background.meaning_lines, None)), KNOWLEDGE.generic.rarity)
