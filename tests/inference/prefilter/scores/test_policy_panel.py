"""All policies of a guild at once score as each alone, and as the heads that they are made of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import Normaliser
from inference.prefilter.scores.calibration import Calibration
from inference.prefilter.scores.head import Taught
from inference.prefilter.scores.lesson import Learned
from inference.prefilter.scores.likeness import Anchors, AnchorTable
from inference.prefilter.scores.panel import Panel
from tests.inference.prefilter.scores.taught_policies import (
    NEW_OPEN,
    NEW_TRADING,
    OPEN,
    ORDINARY,
    TRADING,
    features_of,
    insults,
    trading,
)

KNOWLEDGE = Knowledge.shipped()
NORMALISER = Normaliser.shipped()
LEARNED = [Learned.of(policy, KNOWLEDGE) for policy in (insults(), trading(TRADING, OPEN), trading(TRADING[:1]))]
TEXTS = st.one_of(
    st.sampled_from([*NEW_OPEN, *NEW_TRADING, *ORDINARY, *TRADING, "you idiot", "😀", ""]), st.text()
)


def panel(*learned: Learned) -> Panel:
    anchors = AnchorTable([each.anchors for each in learned])
    return Panel([each.head for each in learned], anchors, KNOWLEDGE.generic)


TOGETHER = panel(*LEARNED)
ALONE = [panel(each) for each in LEARNED]


def logit(learned: Learned, text: str) -> float:
    """The score as the fits have it, with the general models' own weights."""
    corpus = KNOWLEDGE.featuriser.corpus([text], NORMALISER)
    nearness = learned.head.prior.standardised(learned.anchors.nearness_to_rules(corpus.meaning))
    taught = Taught(corpus, KNOWLEDGE.generic.logits(corpus), nearness, np.zeros(1, np.bool_))
    return float(learned.head.scores(taught, KNOWLEDGE.generic.rarity)[0])


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_policies_score_together_as_each_alone(text: str) -> None:
    features = features_of(text, KNOWLEDGE)
    together = TOGETHER.score(features)
    alone = [each.score(features) for each in ALONE]
    assert together.surprises == pytest.approx([float(each.surprises[0]) for each in alone], abs=1e-3)
    assert together.cosines == pytest.approx(np.concatenate([each.cosines for each in alone]), abs=1e-5)


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_the_panel_scores_what_the_heads_score(text: str) -> None:
    features = features_of(text, KNOWLEDGE)
    surprises = TOGETHER.score(features).surprises
    for number, learned in enumerate(LEARNED):
        expected = Calibration(learned.head.knots[None]).surprises(np.array([logit(learned, text)], np.float32))
        assert surprises[number] == pytest.approx(0 if features.is_empty else expected[0], abs=0.01)


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_the_parts_of_a_score_add_up_to_it(text: str) -> None:
    features = features_of(text, KNOWLEDGE)
    for number, learned in enumerate(LEARNED):
        assert TOGETHER.parts(number, features).logit == pytest.approx(logit(learned, text), abs=0.01)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u200b"])
def test_a_text_that_says_nothing_surprises_nobody(text: str) -> None:
    assert TOGETHER.score(features_of(text, KNOWLEDGE)).surprises.tolist() == [0, 0, 0]


def test_nearness_to_rules_of_one_text_is_that_of_many() -> None:
    corpus = KNOWLEDGE.featuriser.corpus([*TRADING, *ORDINARY], NORMALISER)
    table = AnchorTable([each.anchors for each in LEARNED])
    many = np.stack([each.anchors.nearness_to_rules(corpus.meaning) for each in LEARNED], axis=1)
    one = np.stack([table.nearness_to_rules(table.cosines(meaning)) for meaning in corpus.meaning])
    assert one == pytest.approx(many, abs=1e-5)
    assert not np.allclose(many[:, 0], many[:, 1])


def test_the_nearest_anchor_is_found_among_the_policys_own() -> None:
    table = AnchorTable([each.anchors for each in LEARNED])
    cosines = table.cosines(features_of(TRADING[3], KNOWLEDGE).meaning)
    maxima = table.nearest_cosines(cosines)
    for number, learned in enumerate(LEARNED):
        for violating in (True, False):
            found = table.nearest(number, cosines, violating=violating)
            assert found == by_the_list(learned.anchors, TRADING[3], violating=violating)
            assert not violating or (found is not None and maxima[number] == pytest.approx(found[1]))
    nearest = table.nearest(1, cosines, violating=True)
    assert nearest is not None
    assert (nearest[0].name, nearest[1] > 0.999) == (TRADING[3], True)
    assert table.nearest(0, cosines, violating=False) is None


def by_the_list(anchors: Anchors, text: str, *, violating: bool) -> tuple[object, float] | None:
    """One anchor after the other."""
    meaning = features_of(text, KNOWLEDGE).meaning
    found = [
        (float(row @ meaning), anchor)
        for row, anchor in zip(anchors.meaning, anchors.items, strict=True)
        if anchor.violates is violating
    ]
    best = max(found, key=lambda pair: pair[0], default=None)
    return (best[1], pytest.approx(best[0], abs=1e-5)) if best else None
