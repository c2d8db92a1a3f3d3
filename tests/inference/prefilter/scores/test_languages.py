"""In which language a policy is written, and what the learned score makes of one that is not in English."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.scores.background import (
    ENGLISH,
    ENGLISH_SPLIT,
    OTHER_SPLIT,
    Background,
    Lines,
    other_languages,
    shipped_lines,
    shipped_lines_in,
)
from inference.prefilter.scores.calibration import Calibration
from inference.prefilter.scores.languages import known_languages
from inference.prefilter.scores.lesson import HeldOut, Learned
from policies.policy import Policy
from policies.starter import STARTER_LANGUAGES, starter_policies

KNOWLEDGE = Knowledge.shipped()
GEORGIAN = (
    "ნუ შეურაცხყოფთ სხვა წევრებს სერვერზე",
    "შენ სულელი ხარ და არავის უყვარხარ აქ",
    "წადი აქედან, შენი აზრი არავის აინტერესებს",
    "ეს თამაში ძალიან სულელურია მაგრამ მომწონს",
    "ვინ მოდის დღეს საღამოს სათამაშოდ ჩვენთან",
)


def texts_of(policy: Policy) -> list[str]:
    return [each.text for each in (*policy.rules, *policy.examples)]


def foreign() -> Policy:
    rule, *examples = GEORGIAN
    return Policy.model_validate(
        {
            "id": "insults",
            "title": "შეურაცხყოფა",
            "goal": rule,
            "rules": [{"id": "R1", "text": rule}],
            "examples": [
                {"text": text, "verdict": "R1" if number < 2 else "allowed"}
                for number, text in enumerate(examples)
            ],
        },
        strict=False,
    )


@pytest.mark.parametrize("language", STARTER_LANGUAGES)
def test_a_starter_policy_is_known_to_be_in_its_language(language: str) -> None:
    found = {
        policy.id: known_languages().of_texts(texts_of(policy)) for policy in starter_policies(language).values()
    }
    assert found == dict.fromkeys(found, frozenset((language,)))


@pytest.mark.parametrize("language", other_languages())
def test_ordinary_lines_are_many_distinct_and_known_to_be_in_their_language(language: str) -> None:
    lines = shipped_lines_in(language)
    assert len(set(lines)) == len(lines) == 320
    assert all(line == line.strip() and len(line) <= 400 for line in lines)
    assert language in known_languages().of_texts(lines)
    read = Lines.read(lines, KNOWLEDGE.featuriser, KNOWLEDGE.generic, OTHER_SPLIT)
    assert all(map(len, read.texts.patterns)), "a line without a letter pattern cannot calibrate"


def test_a_language_without_ordinary_lines_is_known_to_be_unknown() -> None:
    assert known_languages().of_texts(GEORGIAN) == frozenset()


def test_a_few_words_tell_a_known_language_but_not_that_theirs_is_unknown() -> None:
    of = known_languages().of_texts
    assert of(["Keine Beleidigungen gegen andere Mitglieder."]) == {"de"}
    assert of([GEORGIAN[0]]) == of(["lol"]) == of([]) == {ENGLISH}


def test_rules_in_one_language_and_examples_in_another_are_in_both() -> None:
    english, german = (texts_of(starter_policies(code)["harassment"]) for code in ("en", "de"))
    assert known_languages().of_texts([*english, *german]) == {"en", "de"}


@given(st.lists(st.text(max_size=80), max_size=8))
def test_any_texts_are_in_languages_that_are_known(texts: list[str]) -> None:
    assert known_languages().of_texts(texts) <= {ENGLISH, *other_languages()}


def test_each_language_of_a_background_counts_the_same() -> None:
    joined = KNOWLEDGE.background_in(frozenset(("de", "es")))
    calibrating = np.arange(joined.sizes[-1].sum(), dtype=np.float32)
    assert list(map(len, joined.by_language(calibrating))) == list(joined.sizes[-1])
    assert joined.meaning_lines == ENGLISH_SPLIT.meaning + 2 * OTHER_SPLIT.meaning
    for weights in (joined.pattern_weights, joined.meaning_weights, joined.weights):
        assert weights.sum() == pytest.approx(1)
    english, german, spanish = np.split(
        joined.pattern_weights, np.cumsum([ENGLISH_SPLIT.patterns, OTHER_SPLIT.patterns])
    )
    assert english.sum() == pytest.approx(german.sum())
    assert german.sum() == pytest.approx(spanish.sum())


def test_the_lines_of_a_joined_background_stand_where_its_weights_say() -> None:
    german = Lines.read(shipped_lines_in("de"), KNOWLEDGE.featuriser, KNOWLEDGE.generic, OTHER_SPLIT)
    joined = KNOWLEDGE.background_in(frozenset(("de",)))
    read = OTHER_SPLIT.patterns
    first = german.texts.take(slice(read)).pattern_matrix(KNOWLEDGE.generic.rarity)
    assert np.array_equal(joined.patterns[ENGLISH_SPLIT.patterns :], first)
    assert np.array_equal(joined.harms[ENGLISH_SPLIT.patterns :][:read], german.harms[:read])
    unseen = joined.sizes[-1, 1]
    assert np.array_equal(joined.harms[-unseen:], german.harms[OTHER_SPLIT.meaning :])


def test_english_alone_is_the_background_of_english_policies() -> None:
    assert KNOWLEDGE.background_in(frozenset((ENGLISH,))) is KNOWLEDGE.background
    assert len(KNOWLEDGE.background.texts) == len(shipped_lines())


@pytest.mark.parametrize("language", [code for code in STARTER_LANGUAGES if code != ENGLISH])
def test_a_policy_does_not_take_its_own_language_for_a_violation(language: str) -> None:
    """Without ordinary lines of the language, more than nine in ten were flagged."""
    harassment = starter_policies(language)["harassment"]
    learned = Learned.of(harassment, KNOWLEDGE)
    background = KNOWLEDGE.background_in(frozenset((language,)))
    *_, own = background.by_language(_scores(learned, background))
    assert float(np.mean(own >= learned.head.knots[-3])) <= 0.03  # 1% of ordinary messages by the knots


def test_a_policy_in_an_unknown_language_is_surprised_by_nothing() -> None:
    learned, held_out = Learned.of(foreign(), KNOWLEDGE), HeldOut.of(foreign(), KNOWLEDGE)
    background = KNOWLEDGE.background_in(frozenset())
    assert (
        not Calibration(learned.head.knots[None]).surprises(_scores(learned, background).max(keepdims=True)).any()
    )
    assert not held_out.knows_language
    assert (len(held_out.violating), len(held_out.allowed)) == (2, 2)
    assert not any((*held_out.violating, *held_out.allowed))


def _scores(learned: Learned, background: Background) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    from inference.prefilter.scores.head import Taught

    nearness = learned.head.prior.standardised(learned.anchors.nearness_to_rules(background.texts.meaning))
    nothing = np.zeros(len(nearness), np.bool_)
    lines = Taught(background.texts, background.harms, nearness, nothing).take(
        slice(background.meaning_lines, None)
    )
    return np.asarray(learned.head.scores(lines, KNOWLEDGE.generic.rarity), np.float32)
