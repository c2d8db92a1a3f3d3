"""What an explanation says in plain words."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.explaining.chance import rank, share_of, top
from bot.explaining.document import document
from bot.explaining.line import Said, isolated, plain
from bot.explaining.text import full_text
from bot.explaining.told import PolicyTold, told
from inference.prefilter.explanation import Explanation, Nearest, PolicyExplanation, Weight
from inference.prefilter.suspicion import EvidenceKind
from policies.policy import Prefilter
from tests.bot.explaining.explanations import (
    CALM,
    COLD,
    KEYWORD,
    POLICIES,
    POLICY,
    RICH,
    evidence,
    explained,
    explanation,
    hostile,
    scored,
)


def the_one(found: PolicyExplanation) -> PolicyTold:
    (policy,) = told(explanation(found), POLICIES).policies
    return policy


def steps(found: PolicyExplanation) -> str:
    return "\n".join(map(plain, the_one(found).steps))


def helps(found: PolicyExplanation) -> str:
    return "\n".join(map(plain, the_one(found).advice))


@pytest.mark.parametrize(
    ("surprise", "said"),
    [
        (0.0, "higher than 0% of"),
        (0.301, "higher than 49% of"),
        (1.0, "higher than 90% of"),
        (1.301, "higher than 94.9% of"),
        (COLD, "higher than 95% of"),
        (2.2, "higher than 99.3% of"),
        (3.0, "higher than 99.9% of"),
        (3.1, "higher than all but 1 in 1,000 ordinary"),
        (8.0, "higher than all but 1 in 1,000 ordinary"),
    ],
)
def test_a_score_is_told_as_the_share_of_ordinary_messages_below_it(surprise: float, said: str):
    assert rank(surprise).startswith(said)


@given(st.floats(0, 3))
def test_a_score_is_never_said_to_be_higher_than_it_is(surprise: float):
    below = float(rank(surprise).split("%", maxsplit=1)[0].removeprefix("higher than "))
    assert below / 100 <= 1 - share_of(surprise) + 1e-7
    assert below / 100 >= 1 - share_of(surprise) - 0.0101


@pytest.mark.parametrize(
    ("threshold", "said"),
    [(COLD, "the top 5%"), (0.0, "the top 100%"), (1.37, "the top 4.3%"), (7.0, "less than the top 0.1%")],
)
def test_a_threshold_is_told_as_the_share_that_it_flags(threshold: float, said: str):
    assert top(threshold) == said


def test_an_exact_match_is_the_reason_before_any_score():
    policy = the_one(explained(POLICY, KEYWORD, score=RICH))
    assert policy.flagged
    assert plain(policy.reason) == "keyword “loser”, written “l0ser”"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (evidence(EvidenceKind.PATTERN, r"lo+ser", "looser"), "pattern “lo+ser”, which fits “looser”"),
        (
            evidence(EvidenceKind.LINK, "an invite in disguise", "d1scord gg/x"),
            "link: an invite in disguise, written",
        ),
        (evidence(EvidenceKind.LINK, "invite: x.gg/a", "x.gg/a"), "link: invite: x.gg/a"),
        (
            evidence(EvidenceKind.KEYWORD, "los*", "l0sers", reading="losers"),
            "keyword “los*”, written “l0sers”, read as “losers”",
        ),
        (evidence(EvidenceKind.MENTIONS, "mentions @everyone", "@everyone"), "mentions @everyone"),
        (
            evidence(EvidenceKind.REPEAT, "3 times within 2 minutes", "x"),
            "the same text was written 3 times within",
        ),
        (
            evidence(EvidenceKind.EXAMPLE, "u r trash", "x", score=0.99),
            "nearly the same as the example “u r trash”",
        ),
    ],
)
def test_each_exact_match_is_told_in_its_own_words(item, said: str):
    assert plain(the_one(explained(POLICY, item)).reason).startswith(said)


def test_a_score_that_is_enough_is_the_reason_and_every_step_is_shown():
    found = explained(score=RICH)
    assert plain(the_one(found).reason) == "scores higher than 99.3% of ordinary messages; it takes 95%"
    assert steps(found).split("\n") == [
        "Exact matches: none. No keyword, pattern or signal fits, no example is nearly the same.",
        "Score: higher than 99.3% of ordinary messages. The policy flags the top 5%: enough to flag it.",
        "Made of: words and meaning (+1.2), letter patterns (-0.4)",
        "Words that raise it: “pathetic” (+1.1)",
        "Words that lower it: “raid” (-0.7)",
        "Nearest of what is forbidden: “you're trash, uninstall” (likeness 0.81)",
        "Nearest of what is allowed: “this boss is trash” (likeness 0.4)",
    ]


def test_a_word_that_is_written_many_times_is_told_once():
    words = (Weight("spam", 2.0), Weight("eggs", -1.0), Weight("spam", 1.5), Weight("spam", 1.0))
    assert "Words that raise it: “spam” (+2.0)\n" in steps(explained(score=replace(RICH, words=words)))


def test_a_score_beyond_what_was_counted_is_not_told_too_exactly():
    found = explained(score=scored(3.2, threshold=3.1))
    assert plain(the_one(found).reason) == (
        "scores higher than all but 1 in 1,000 ordinary messages; it takes over 99.9%"
    )


def test_a_rule_that_is_nearest_is_called_one():
    score = replace(RICH, forbidden=Nearest("R1", 0.5))
    assert "Nearest of what is forbidden: rule “R1”" in steps(explained(score=score))


def test_a_score_that_is_just_missed_or_says_nothing_is_told_so():
    assert plain(the_one(explained(score=scored(COLD - 0.01))).reason).endswith("; it takes 95%")
    near = explained(score=scored(2.0, threshold=2.003))
    assert plain(the_one(near).reason).endswith(
        "than 99% of ordinary messages; it takes 99%, which is just missed"
    )
    silent = explained(score=scored(0.0))
    assert "cannot tell the text from ordinary messages" in plain(the_one(silent).reason)
    assert "cannot tell this text" in steps(silent)
    far = Nearest("R1", 0.05)
    assert "Nearest" not in steps(explained(score=replace(RICH, forbidden=far, allowed=far)))


def test_a_copy_of_an_allowed_example_is_told_as_the_reason():
    found = replace(explained(score=scored(0.0)), copied="this boss is trash")
    assert plain(the_one(found).reason) == "nearly the same as the allowed example “this boss is trash”"
    assert "Score: not asked. The text is nearly the same as the allowed example “this boss" in steps(found)
    assert helps(found).startswith("Change the allowed example “this boss is trash”")


def test_patterns_that_are_too_large_for_the_whole_text_are_told():
    assert "Patterns were" not in steps(explained())
    assert "in the first 1,171 characters only" in steps(replace(explained(), patterns_reach=1171))


def test_advice_against_a_keyword_does_not_send_people_to_the_examples():
    advice = helps(explained(POLICY, KEYWORD))
    assert "Take “loser” out of `keywords`" in advice
    assert "An allowed example does not help here" in advice
    assert "verdict: allowed" not in advice
    both = helps(explained(POLICY, KEYWORD, KEYWORD, score=RICH))
    assert both.count("Take “loser”") == 1
    assert "`verdict: allowed`" in both


def test_advice_for_what_is_missed_names_the_flag_rate_only_where_it_would_reach():
    near, far = helps(explained(score=scored(1.2))), helps(explained(score=scored(0.1)))
    assert "keyword always forces a look" in near
    assert "flag_rate" in near
    assert "flag_rate" not in far


def test_repeats_are_said_not_to_be_looked_at_where_a_policy_asks_for_them():
    asking = POLICY.model_copy(update={"prefilter": Prefilter(signals=("repeat 3 in 2m",))})
    (policy,) = told(explanation(explained()), {asking.id: asking}).policies
    assert "Repeats are not looked at here" in plain(policy.steps[-1])
    assert "Repeats" not in steps(explained())


def readings(found: Explanation) -> list[str]:
    return list(map(plain, told(found, POLICIES).readings))


def test_only_readings_that_differ_are_shown():
    assert readings(explanation(written="You  LOSER", light="you loser", coarse=("you lo",))) == []
    shown = readings(
        explanation(
            written="Y\N{CYRILLIC SMALL LETTER O}u l0ser", light="you l0ser", coarse=("you l0s er", "you  loser")
        )
    )
    assert shown == ["in plain letters: “you l0ser”", "without gaps, links and look-alike letters: “you loser”"]


def test_a_reading_of_a_long_text_begins_shortly_before_the_difference():
    (shown,) = readings(explanation(written="a" * 3000 + " l0ser", light="a" * 3000 + " loser"))
    assert shown == f"in plain letters: “…{'a' * 28} loser”"


def test_what_flags_comes_first_and_policies_that_went_away_are_passed_over():
    gone = make_gone()
    found = told(explanation(explained(CALM, score=scored(1.2)), gone, explained(POLICY, KEYWORD)), POLICIES)
    assert [(policy.policy_id, policy.flagged) for policy in found.policies] == [
        ("harassment", True),
        ("calm", False),
    ]
    assert [policy.policy_id for policy in found.flagged] == ["harassment"]


def make_gone() -> PolicyExplanation:
    return replace(explained(), policy_id="gone")


def test_plain_text_has_one_line_for_each_policy_and_steps_where_they_are_wanted():
    found = told(explanation(explained(POLICY, KEYWORD), explained(CALM)), POLICIES)
    short = full_text(found, lambda policy: policy.flagged)
    assert short.startswith("Flagged by 1 of 2 policies. Flagged means that the model reads it.")
    assert "harassment: flagged: keyword “loser”, written “l0ser”\n  Exact match" in short
    assert "  If it should not be flagged:\n    Take “loser” out" in short
    assert short.endswith("\n\ncalm: not flagged: scores higher than 68% of ordinary messages; it takes 95%")
    assert "  If it should be flagged:" in full_text(found)


def test_json_holds_every_number_and_the_reason():
    found = document(explanation(explained(POLICY, KEYWORD, score=RICH), written="l0ser"), POLICIES)
    (policy,) = json.loads(json.dumps(found))["policies"]
    assert (policy["policy"], policy["flagged"]) == ("harassment", True)
    assert policy["forced"][0]["quote"] == "l0ser"
    assert policy["score"]["words"][0] == {"name": "pathetic", "logit": 1.1}
    assert policy["score"]["flags_share_of_ordinary_messages"] == pytest.approx(0.05)
    assert policy["reason"] == "keyword “loser”, written “l0ser”"


def test_letters_from_right_to_left_do_not_turn_round_what_stands_beside_them():
    assert plain(("keyword ", Said("\u05d0\u05d1"), " (0.81)")) == "keyword “\u2068\u05d0\u05d1\u2069” (0.81)"
    assert isolated("plain") == "plain"


def test_what_is_hidden_is_written_out_and_long_words_are_cut_where_they_have_to_be():
    line = ("keyword ", Said("lo\u200bser"), ", written ", Said("x" * 50))
    assert plain(line) == f"keyword “lo⟨U+200B⟩ser”, written “{'x' * 50}”"
    assert plain(line, 20) == f"keyword “lo⟨U+200B⟩ser”, written “{'x' * 19}…”"
    assert plain((Said("\r\n" * 9 + "end", quoted=False),), 20) == "\n" * 9 + "end"


@given(st.text(max_size=80))
@settings(max_examples=40, deadline=None)
def test_nothing_hidden_or_unfinished_comes_out_whatever_went_in(text: str):
    found, policies = hostile(text)
    shown = full_text(told(found, policies))
    assert not set(shown) & set("\x1b\x00\u202e\u200b\x9b")
    assert shown.count("\u2068") == shown.count("\u2069")
