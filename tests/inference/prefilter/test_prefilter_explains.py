"""Why a text is flagged, or why not: the same steps as a look's, told one by one."""

# ruff: noqa: RUF001 -- look-alike letters are part of what members write

import time

import pytest

from inference.prefilter.explanation import Explanation, PolicyExplanation
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from inference.prefilter.suspicion import EvidenceKind
from tests.inference.prefilter.scores.taught_policies import (
    NEW_OPEN,
    NEW_TRADING,
    OPEN,
    ORDINARY,
    TRADING,
    insults,
    trading,
)

GUILD = 3
KNOWLEDGE = Knowledge.shipped()
POLICIES = [insults(), trading(TRADING, OPEN, keywords=("paypal",))]
BUILT = Prefilter.build({GUILD: POLICIES}, KNOWLEDGE)


def explained(text: str, policy_id: str = "trading") -> PolicyExplanation:
    (found,) = BUILT.explain(GUILD, text, {policy_id}).policies
    return found


@pytest.mark.parametrize(
    "text", [*NEW_TRADING, *NEW_OPEN, *ORDINARY, TRADING[0], OPEN[0], "you idiot", "", "😀 \n"]
)
def test_an_explanation_agrees_with_the_look_and_the_suspicion(text: str) -> None:
    looks = BUILT.look(GUILD, text)
    policies = BUILT.explain(GUILD, text).policies
    flagged = {it.policy_id for it in BUILT.inspect(GUILD, text)}
    assert [(it.policy_id, it.forced, it.score.surprise) for it in policies] == [
        (look.policy_id, look.forced, look.surprise) for look in looks
    ]
    assert {it.policy_id for it in policies if it.flagged} == flagged


def test_a_copy_of_an_allowed_example_is_said_to_be_one() -> None:
    assert explained(OPEN[0].upper()).copied == OPEN[0]
    assert explained(TRADING[0]).copied is explained(NEW_OPEN[0]).copied is None


def test_explaining_changes_nothing() -> None:
    texts = [*NEW_TRADING, *ORDINARY]
    before = [BUILT.look(GUILD, text) for text in texts]
    first, second = BUILT.explain(GUILD, TRADING[1]), BUILT.explain(GUILD, TRADING[1])
    assert first == second
    assert [BUILT.look(GUILD, text) for text in texts] == before


def test_the_words_are_those_that_the_score_lives_by() -> None:
    found = explained("good morning, selling my account for real money today")
    words = {weight.name: weight.logit for weight in found.score.words}
    assert {"selling", "account"} <= words.keys()
    assert min(words["selling"], words["account"]) > 0.3
    assert list(words.values()) == sorted(words.values(), key=lambda logit: -abs(logit))


def test_a_word_of_allowed_talk_speaks_against_the_score() -> None:
    found = explained("i spent all my gold on this mount in the event, selling it for cash")
    assert min(weight.logit for weight in found.score.words) < -0.1


def test_what_is_nearest_is_named_on_both_sides() -> None:
    score = explained(TRADING[2].upper()).score
    assert (score.forbidden and score.forbidden.name, score.allowed and score.allowed.name in OPEN) == (
        TRADING[2],
        True,
    )
    assert score.forbidden is not None
    assert score.forbidden.cosine > 0.95
    alone = BUILT.explain(GUILD, "hello", {"insults"}).policies[0].score
    assert alone.allowed is None


def test_forced_evidence_and_thresholds_are_told() -> None:
    found = explained("i use paypal")
    assert [(it.kind, it.name) for it in found.forced] == [(EvidenceKind.KEYWORD, "paypal")]
    assert found.flagged
    at_will = BUILT.explain(GUILD, NEW_OPEN[0], thresholds={"trading": 0.0}).policies[1]
    assert (at_will.score.threshold, at_will.flagged) == (0.0, at_will.score.surprise > 0)


def test_the_readings_tell_how_a_text_was_read() -> None:
    readings = BUILT.explain(GUILD, "Ｓｅｌｌｉｎｇ my 4cc0unt").readings
    assert readings.written == "Ｓｅｌｌｉｎｇ my 4cc0unt"
    assert readings.light == "selling my 4cc0unt"
    assert readings.coarse


def test_nobody_is_told_anything_about_guilds_and_policies_that_are_not_there() -> None:
    nothing: list[Explanation] = [BUILT.explain(GUILD + 1, "hello"), BUILT.explain(GUILD, "hello", ())]
    assert [it.policies for it in nothing] == [(), ()]
    assert nothing[0].readings.light == "hello"


@pytest.mark.parametrize(
    "unit", ["a b ", "l o s e r ", "字", "\u0338a ", "😀", "sellingaccount ", "\ud800 ", "a.b/ "]
)
def test_no_hostile_text_takes_long(unit: str) -> None:
    text = (unit * 4000)[:4000]
    BUILT.explain(GUILD, text)
    started = time.thread_time()
    BUILT.explain(GUILD, text)
    assert time.thread_time() - started < 0.15, "three times what is promised, for slow machines"


def test_patterns_too_large_for_the_whole_text_are_said_to_be() -> None:
    large = trading((), (), keywords=())
    triggers = large.prefilter.model_copy(update={"patterns": tuple(f"a.{{0,900}}b{n}" for n in range(20))})
    built = Prefilter.build({GUILD: [large.model_copy(update={"prefilter": triggers})]}, KNOWLEDGE)
    (short,), (long,) = (built.explain(GUILD, text).policies for text in ("axb3", f"a{'x' * 800}b3"))
    assert (bool(short.forced), short.patterns_reach) == (True, None)
    assert (bool(long.forced), (long.patterns_reach or 0) in range(1, 800)) == (False, True)
    assert explained("x" * 4_000).patterns_reach is None
