"""How a policy's own examples score under fits that have not seen them."""

import numpy as np
import pytest

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from inference.prefilter.scores import lesson
from inference.prefilter.scores.head import Head, Lesson, Taught, fit_head
from inference.prefilter.scores.lesson import FOLDS, HeldOut
from tests.inference.prefilter.scores.taught_policies import OPEN, TRADING, trading

KNOWLEDGE = Knowledge.shipped()
NONSENSE = (
    "zorbl quaff wimpet",
    "glimmer frob nastle",
    "vexil trommet paal",
    "hugrin sneel bofty",
    "wunkle drisp yomm",
)
"""Texts that are like nothing else, and like none of each other."""


def test_an_example_that_is_like_no_other_scores_low_when_it_is_held_out() -> None:
    built = Prefilter.build({1: [trading((*TRADING, *NONSENSE))]}, KNOWLEDGE)
    seen = [built.look(1, text)[0].surprise for text in NONSENSE]
    held_out = built.held_out(1, "trading").violating[len(TRADING) :]
    assert sum(held_out) < sum(seen) - 2
    assert np.mean(built.held_out(1, "trading").violating[: len(TRADING)]) > np.mean(held_out)


def test_no_fit_sees_the_examples_that_it_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example has a letter pattern row of its own: it tells where an example went."""
    fits: list[set[bytes]] = []
    scored: list[set[bytes]] = []

    def spied_fit(taught: Taught, lesson_: Lesson) -> Head:
        fits.append({row.tobytes() for row in taught.texts.patterns})
        return fit_head(taught, lesson_)

    def spied_scores(head: Head, taught: Taught, rarity: np.ndarray[tuple[int], np.dtype[np.float32]]) -> object:
        scored.append({row.tobytes() for row in taught.texts.patterns})
        return scores(head, taught, rarity)

    scores = Head.scores
    monkeypatch.setattr(lesson, "fit_head", spied_fit)
    monkeypatch.setattr(Head, "scores", spied_scores)
    HeldOut.of(trading(TRADING, OPEN), KNOWLEDGE)
    assert len(fits) == len(scored) == FOLDS
    assert all(fit.isdisjoint(found) for fit, found in zip(fits, scored, strict=True))
    assert sorted(len(fit) + len(found) for fit, found in zip(fits, scored, strict=True)) == [12] * FOLDS
    assert len(set().union(*scored)) == 12


@pytest.mark.parametrize(
    ("violating", "allowed"), [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (2, 1), (1, 2), (3, 0)]
)
def test_few_examples_are_enough(violating: int, allowed: int) -> None:
    found = HeldOut.of(trading(TRADING[:violating], OPEN[:allowed]), KNOWLEDGE)
    assert (len(found.violating), len(found.allowed)) == (violating, allowed)
    assert np.isfinite([*found.violating, *found.allowed]).all()


def test_one_example_scores_as_if_there_were_none() -> None:
    (held_out,) = HeldOut.of(trading(TRADING[:1]), KNOWLEDGE).violating
    (look,) = Prefilter.build({1: [trading()]}, KNOWLEDGE).look(1, TRADING[0])
    assert held_out == pytest.approx(look.surprise, abs=1e-3)


def test_violating_examples_score_above_allowed_ones() -> None:
    found = HeldOut.of(trading(TRADING, OPEN), KNOWLEDGE)
    assert np.mean(found.violating) > np.mean(found.allowed) + 0.5


def test_a_policy_that_is_not_there_has_none() -> None:
    built = Prefilter.build({1: [trading(TRADING, OPEN)]}, KNOWLEDGE)
    with pytest.raises(KeyError):
        built.held_out(1, "missing")
    with pytest.raises(KeyError):
        built.held_out(2, "trading")
