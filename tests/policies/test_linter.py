import pytest
from hypothesis import given, settings

from policies.linter import Concern, lint
from policies.policy import Example, Policy, Prefilter, Rule, Severity
from policies.remarks import Remark
from policies.starter import starter_policies
from tests.policies.strategies import policies

RULES = (
    Rule(id="A1", text="Insults aimed at a member, at their looks, mind or skill.", suggest=("delete",)),
    Rule(id="B1", text="Advertising for other servers without a moderator's leave.", suggest=("delete",)),
)
EXAMPLES = (
    Example(text="you are trash", verdict="A1", show=True),
    Example(text="join my server", verdict="B1", show=True),
    Example(text="this boss is trash", verdict="allowed", show=True),
)


def policy(**fields: object) -> Policy:
    said = {
        "title": "T",
        "goal": "G",
        "rules": RULES,
        "allowed": ("Harsh words about a game.",),
        "examples": EXAMPLES,
    }
    return Policy.model_validate({"id": "p", **said, **fields})


def remarks(**fields: object) -> tuple[Remark, ...]:
    return lint(policy(**fields))


def rule(text: str = "Calling somebody a blorp.", **fields: object) -> Rule:
    return Rule.model_validate({"id": "C1", "text": text, "suggest": ("delete",), **fields})


def test_a_sound_policy_gives_no_remark() -> None:
    assert lint(policy(), 500) == ()


@pytest.mark.parametrize(
    ("text", "concern", "word"),
    [
        ("Toxic messages.", Concern.FEELING, "toxic"),
        ("Anything with bad vibes.", Concern.FEELING, "bad vibes"),
        ("Unangemessene Inhalte.", Concern.FEELING, "unangemessene"),
        ("Excessive capitals.", Concern.DEGREE, "excessive"),
        ("Usually, insults.", Concern.HEDGE, "usually"),
        ("Slurs, insults, etc.", Concern.OPEN_END, "etc"),
    ],
)
def test_vague_words_are_named_with_their_kind(text: str, concern: Concern, word: str) -> None:
    (remark,) = [each for each in remarks(rules=(*RULES, rule(text))) if each.concern is concern]
    assert remark.values == {"rule": "C1", "word": word}


def test_a_word_that_the_policy_defines_is_not_vague() -> None:
    found = remarks(rules=(*RULES, rule("Toxic messages.")), definitions={"Toxic": "with an insult"})
    assert Concern.FEELING not in {each.concern for each in found}


def test_part_of_a_word_is_not_vague() -> None:
    assert not [each for each in remarks(rules=(*RULES, rule("Selling nontoxic paint."))) if "word" in each.values]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"allowed": ()}, Remark(Concern.NOTHING_ALLOWED)),
        ({"examples": ()}, Remark(Concern.NO_EXAMPLES)),
        ({"examples": EXAMPLES[:2]}, Remark(Concern.NO_ALLOWED_EXAMPLE)),
        ({"examples": EXAMPLES[1:]}, Remark(Concern.RULE_WITHOUT_EXAMPLE, {"rule": "A1"})),
        (
            {"examples": (*EXAMPLES, Example(text="You are TRASH!", verdict="allowed"))},
            Remark(Concern.CONTRADICTION, {"example": "You are TRASH!", "verdict": "A1", "other": "allowed"}),
        ),
        (
            {"examples": (*EXAMPLES, Example(text="you are, trash", verdict="A1"))},
            Remark(Concern.REPETITION, {"example": "you are, trash"}),
        ),
        (
            {"rules": (*RULES, rule("Insults aimed at members, at their looks, mind or skill!"))},
            Remark(Concern.RULES_ALIKE, {"rule": "A1", "other": "C1"}),
        ),
        (
            {"allowed": ("Insults aimed at a member, or their looks or mind.",)},
            Remark(Concern.RULE_ALLOWED, {"rule": "A1", "case": 1}),
        ),
        ({"rules": (*RULES, rule(suggest=()))}, Remark(Concern.UNRATED, {"rule": "C1"})),
        (
            {"rules": (*RULES, rule(suggest=(), severity=Severity.LOW))},
            Remark(Concern.NO_SUGGESTION, {"rule": "C1"}),
        ),
        (
            {"rules": (RULES[0].model_copy(update={"terms": ("noob",)}), rule(terms=("Noob",)), RULES[1])},
            Remark(Concern.TERM_TWICE, {"term": "Noob", "rule": "A1", "other": "C1"}),
        ),
        (
            {
                "rules": (*RULES, rule(terms=("blorp",))),
                "examples": (*EXAMPLES, Example(text="a Blorp!", verdict="B1")),
            },
            Remark(Concern.FITS_ANOTHER, {"example": "a Blorp!", "verdict": "B1", "other": "C1", "term": "blorp"}),
        ),
        (
            {"examples": tuple(each.model_copy(update={"show": False}) for each in EXAMPLES)},
            Remark(Concern.NONE_SHOWN),
        ),
        (
            {"examples": (*EXAMPLES[:2], EXAMPLES[2].model_copy(update={"show": False}))},
            Remark(Concern.ONE_SIDE_SHOWN),
        ),
        (
            {"examples": (*EXAMPLES, *(Example(text=f"t{n}", verdict="allowed", show=True) for n in range(3)))},
            Remark(Concern.MANY_OF_ONE, {"verdict": "allowed", "count": 4}),
        ),
        (
            {"prefilter": Prefilter(keywords=("bad*word",))},
            Remark(Concern.WILDCARD_INSIDE, {"keyword": "bad*word"}),
        ),
        ({"prefilter": Prefilter(patterns=("a*",))}, Remark(Concern.FITS_EMPTY, {"pattern": "a*"})),
    ],
)
def test_what_is_weak_is_remarked(fields: dict[str, object], expected: Remark) -> None:
    assert expected in remarks(**fields)


def test_length_is_remarked_where_it_is_known() -> None:
    assert [each.concern for each in lint(policy(), 651)] == [Concern.TOO_LONG]
    assert [each.concern for each in lint(policy(), 399)] == [Concern.TOO_SHORT]
    assert lint(policy()) == ()


def test_what_misleads_most_comes_first() -> None:
    found = remarks(
        rules=(*RULES, rule(suggest=())), examples=(*EXAMPLES, Example(text="you are trash", verdict="B1"))
    )
    assert found[0].concern is Concern.CONTRADICTION


def test_the_starter_policies_hold_no_vague_word_and_no_contradiction() -> None:
    found = {remark.concern for policy in starter_policies().values() for remark in lint(policy)}
    assert found <= {Concern.RULE_WITHOUT_EXAMPLE}


@settings(max_examples=10, deadline=None)
@given(policies())
def test_every_policy_can_be_read(any_policy: Policy) -> None:
    for remark in lint(any_policy, 500):
        assert remark.concern in Concern
