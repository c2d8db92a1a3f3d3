"""What a policy's own words and examples teach its score."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from inference.prefilter.embedding import Vectors, unit_rows
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import Normaliser
from inference.prefilter.prefilter import Prefilter
from inference.prefilter.scores.lesson import SURELY_HARM, Learned
from inference.prefilter.scores.lexicon import Lexicon
from inference.prefilter.scores.likeness import rule_text
from inference.prefilter.scores.packing import packed, unpacked
from policies.policy import Policy
from tests.inference.prefilter.scores.taught_policies import (
    NEW_OPEN,
    NEW_TRADING,
    OPEN,
    ORDINARY,
    TRADING,
    insults,
    spoilers,
    trading,
)

KNOWLEDGE = Knowledge.shipped()
SWEARING = ("what the fuck is this shit", "fuck you all", "this boss is a bitch, damn")


def surprises(policy: Policy, texts: Sequence[str], knowledge: Knowledge = KNOWLEDGE) -> list[float]:
    built = Prefilter.build({1: [policy]}, knowledge)
    return [built.look(1, text)[0].surprise for text in texts]


def test_without_examples_the_rules_alone_lift_their_like_above_ordinary_chat() -> None:
    assert min(surprises(trading(), NEW_TRADING)) > 1
    assert max(surprises(trading(), ORDINARY)) < 1
    assert min(surprises(insults(), ["you are such an idiot", "shut up moron, nobody likes you"])) > 1.3


def test_examples_raise_their_like() -> None:
    before, after = (sum(surprises(policy, NEW_TRADING)) for policy in (trading(), trading(TRADING, OPEN)))
    assert after > before + 0.5


def test_allowed_look_alikes_lower_theirs() -> None:
    before, after = (sum(surprises(policy, NEW_OPEN)) for policy in (trading(TRADING), trading(TRADING, OPEN)))
    assert after < before - 0.3
    assert sum(surprises(trading(TRADING, OPEN), NEW_TRADING)) > after + 2


def test_only_allowed_examples_leave_what_the_rules_say() -> None:
    texts = [*NEW_TRADING, *ORDINARY]
    assert surprises(trading((), OPEN), texts) == pytest.approx(surprises(trading(), texts), abs=1e-6)


def test_a_policy_about_no_harm_does_not_mind_swearing() -> None:
    assert sum(surprises(insults(), SWEARING)) > sum(surprises(spoilers(), SWEARING)) + 1
    assert Learned.of(spoilers(), KNOWLEDGE).head.harms.tolist() == [0] * 6
    assert surprises(spoilers(), ["oh fuck my game crashed"]) < surprises(spoilers(), ["oh my game crashed"])
    assert max(surprises(spoilers(), SWEARING)) < 1.3


def test_keywords_say_what_a_policy_is_about_and_none_say_nothing() -> None:
    bare, rude, calm = (
        Learned.of(spoilers(keywords=words), KNOWLEDGE).head.prior.harm
        for words in ((), ("fuckwit", "retard"), ("post credits",))
    )
    assert bare == calm == 0
    assert rude > 0.3


def test_a_policy_without_keywords_is_about_what_its_rules_are_about() -> None:
    (rule,) = KNOWLEDGE.generic.logits(
        KNOWLEDGE.featuriser.corpus([rule_text(trading().rules[0])], Normaliser.shipped())
    )
    assert Learned.of(trading(), KNOWLEDGE).head.prior.harm == pytest.approx(rule[0] / SURELY_HARM)


def test_the_same_policy_learns_the_same_head() -> None:
    first, second = (Learned.of(trading(TRADING, OPEN), KNOWLEDGE).head for _ in range(2))
    assert np.array_equal(first.meaning, second.meaning)
    assert np.array_equal(first.patterns, second.patterns)
    assert np.array_equal(first.knots, second.knots)


def test_four_hundred_examples_fit_in_bounded_time() -> None:
    many = [f"{text} number {number}" for number in range(34) for text in TRADING]
    policy = trading(many[:200], [f"{text} really {number}" for number in range(34) for text in OPEN][:200])
    Learned.of(trading(TRADING), KNOWLEDGE)
    started = time.thread_time()
    Learned.of(policy, KNOWLEDGE)
    assert time.thread_time() - started < 1, "a tenth of a second, measured"
    assert min(surprises(policy, NEW_TRADING)) > 1.5


def test_an_example_that_is_given_twice_or_says_nothing_does_no_harm() -> None:
    policy = trading([*TRADING, TRADING[0], ".", "\u200b."], [*OPEN, TRADING[0]])
    found = surprises(policy, [*NEW_TRADING, *ORDINARY])
    assert np.isfinite(found).all()
    assert min(found[:2]) > 1


@dataclass(frozen=True, eq=False)
class Wider:
    """The shipped vectors, and some further dimensions that tell how long a text is and whether it asks."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        more = [[0.3 * ("?" in text), 0.3 * (len(text) > 40), 0.1] for text in texts]
        return unit_rows(np.concatenate([KNOWLEDGE.embedder.embed(texts), np.array(more, np.float32)], axis=1))


@dataclass(frozen=True, eq=False)
class Narrower:
    """Too few dimensions."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        return KNOWLEDGE.embedder.embed(texts)[:, :100]


def test_an_embedder_with_further_dimensions_works_from_end_to_end() -> None:
    wider = Knowledge.of(Wider(), Lexicon.shipped(), KNOWLEDGE.generic)
    policy = trading(TRADING, OPEN)
    found = surprises(policy, [*NEW_TRADING, *ORDINARY], wider)
    assert min(found[:2]) > 1.3
    assert max(found[2:]) < 1
    built = Prefilter.build({1: [policy, insults()]}, wider)
    assert [it.policy_id for it in built.inspect(1, TRADING[0])] == ["trading"]
    assert len(built.held_out(1, "trading").violating) == len(TRADING)
    assert built.explain(1, NEW_TRADING[0]).policies[0].flagged


def test_an_embedder_with_too_few_dimensions_is_refused_in_plain_words() -> None:
    with pytest.raises(ValueError, match="100 dimensions cannot be used"):
        Knowledge.of(Narrower(), Lexicon.shipped(), KNOWLEDGE.generic)


def test_other_general_models_change_the_lines_harms_with_them() -> None:
    silent = replace(KNOWLEDGE.generic, **{name: getattr(KNOWLEDGE.generic, name) * 0 for name in PARTS})
    quiet = KNOWLEDGE.with_generic(silent)
    assert not quiet.background.harms.any()
    assert np.array_equal(quiet.background.texts.meaning, KNOWLEDGE.background.texts.meaning)
    assert Learned.of(insults(), quiet).head.prior.harm == 0


PARTS = ("meaning", "rude", "patterns", "constant")


def test_packed_weights_are_off_by_half_a_step_at_most() -> None:
    weights = np.random.default_rng(0).normal(0, [1, 100, 0], (500, 3))
    values, scales = packed(weights)
    assert (values.dtype, values.nbytes) == (np.int8, weights.size)
    assert (np.abs(unpacked(values, scales) - weights) <= scales * 0.501).all()
    assert packed(weights[:, 0])[1].shape == ()


def test_what_general_models_write_they_read_again(tmp_path: Path) -> None:
    path = tmp_path / "generic.safetensors"
    KNOWLEDGE.generic.write(path)
    corpus = KNOWLEDGE.featuriser.corpus([*TRADING, "you idiot"], Normaliser.shipped())
    read = type(KNOWLEDGE.generic).read(path)
    assert read.logits(corpus) == pytest.approx(KNOWLEDGE.generic.logits(corpus), abs=1e-5)
