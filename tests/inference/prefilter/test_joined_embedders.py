"""The static vectors with a sentence encoder behind them, from the rows to the looks."""

import functools

import numpy as np
import pytest

from inference.prefilter.joined import Evening, Joined
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import Normaliser
from inference.prefilter.prefilter import Prefilter
from policies.policy import ALLOWED, Example
from policies.starter import starter_policies
from tests.inference.prefilter.tiny_encoder import DIMENSIONS, make_encoder


@functools.cache
def knowledge() -> Knowledge:
    return Knowledge.shipped().with_encoder(make_encoder())


def test_an_encoder_that_puts_all_texts_into_one_corner_tells_them_apart_when_evened():
    random = np.random.default_rng(0)
    corner = 5 + random.normal(size=(500, 16)).astype(np.float32)
    corner /= np.linalg.norm(corner, axis=1, keepdims=True)
    assert (corner @ corner.T).mean() > 0.9
    evened = Evening(corner)(corner)
    assert abs((evened @ evened.T).mean()) < 0.05
    assert np.linalg.norm(evened, axis=1) == pytest.approx(np.ones(500), abs=1e-5)
    assert not Evening(corner)(np.zeros((2, 16), np.float32)).any()


def test_rows_are_static_and_encoder_of_length_1_and_each_stands_in_for_the_other():
    joined, static = knowledge().embedder, Knowledge.shipped().embedder
    assert isinstance(joined, Joined)
    texts = ["you are trash", "hello", "", "\u4f60\u597d"]
    rows, own = joined.embed(texts), static.embed(texts)
    assert rows.shape == (4, own.shape[1] + DIMENSIONS)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 0, 1], abs=1e-5)
    assert (rows[0, : own.shape[1]] @ own[0]) ** 2 == pytest.approx(0.4, abs=1e-3)


def test_the_general_models_say_what_they_say_without_the_encoder():
    texts, normaliser, shipped = ["you are trash", "hello there"], Normaliser.shipped(), Knowledge.shipped()
    found = knowledge().generic.logits(knowledge().featuriser.corpus(texts, normaliser))
    assert found == pytest.approx(shipped.generic.logits(shipped.featuriser.corpus(texts, normaliser)), abs=1e-4)
    assert knowledge().background.harms == pytest.approx(shipped.background.harms, abs=1e-3)


def test_policies_are_fitted_looked_through_and_explained_with_it():
    """The encoder knows what "trash" and "rubbish" are, and the policy's examples are about them."""
    spam = starter_policies()["spam"]
    rule = spam.rules[0].id
    policy = spam.model_copy(
        update={
            "examples": (
                *(Example(text=text, verdict=rule) for text in ("trash trash", "rubbish", "you are rubbish")),
                *(Example(text=text, verdict=ALLOWED) for text in ("good game", "hello", "you are good")),
            )
        }
    )
    prefilter = Prefilter.build({1: [policy]}, knowledge())
    (bad,), (fine,) = prefilter.look(1, "are you rubbish"), prefilter.look(1, "hello you")
    assert bad.surprise > fine.surprise
    (explained,) = prefilter.explain(1, "are you rubbish").policies
    assert explained.score is not None
    assert explained.score.surprise == pytest.approx(bad.surprise, abs=1e-4)
    held_out = prefilter.held_out(1, "spam")
    assert (len(held_out.violating), len(held_out.allowed)) == (3, 3)
    assert Prefilter.build({1: [policy]}, knowledge(), prefilter).look(1, "rubbish") == prefilter.look(
        1, "rubbish"
    )


def test_an_example_is_its_own_near_copy_whatever_its_disguise():
    spam = starter_policies()["spam"]
    policy = spam.model_copy(update={"examples": (Example(text="you are rubbish", verdict=spam.rules[0].id),)})
    (look,) = Prefilter.build({1: [policy]}, knowledge()).look(1, "You  are RUBBISH")
    assert [evidence.name for evidence in look.forced] == ["you are rubbish"]
