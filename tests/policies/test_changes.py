import pytest
from hypothesis import given, settings

from policies.changes import Change, Kind, changes
from policies.policy import Example, Judging, Mode, Policy, Prefilter, Rule, Scope
from tests.policies.strategies import policies

RULE = Rule(id="R1", text="One.", terms=("a",))
BEFORE = Policy(
    id="p",
    title="T",
    goal="G",
    rules=(RULE, Rule(id="R2", text="Two.")),
    allowed=("Yes.",),
    examples=(Example(text="bad", verdict="R1"),),
    definitions={"word": "meaning"},
)


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({"title": "U"}, Change(Kind.CHANGED, "title", before="T", after="U")),
        ({"mode": Mode.OFF}, Change(Kind.CHANGED, "mode", before="live", after="off")),
        ({"judge": Judging(threshold=0.75)}, Change(Kind.CHANGED, "judge.threshold", before="0.5", after="0.75")),
        ({"scope": Scope(channels=(7, 8))}, Change(Kind.CHANGED, "scope.channels", before="-", after="7, 8")),
        ({"rules": (RULE,)}, Change(Kind.REMOVED, "rule", "R2", before="Two.")),
        (
            {"rules": (*BEFORE.rules, Rule(id="R3", text="Three."))},
            Change(Kind.ADDED, "rule", "R3", after="Three."),
        ),
        (
            {"rules": (RULE.model_copy(update={"text": "Won.", "terms": ()}), BEFORE.rules[1])},
            Change(Kind.CHANGED, "rule", "R1", "One.", "Won.", ("text", "terms")),
        ),
        ({"rules": BEFORE.rules[::-1]}, Change(Kind.CHANGED, "order")),
        ({"allowed": ("Yes.", "No.")}, Change(Kind.ADDED, "allowed", after="No.")),
        ({"allowed": ()}, Change(Kind.REMOVED, "allowed", before="Yes.")),
        ({"examples": ()}, Change(Kind.REMOVED, "example", "R1", before="bad")),
        (
            {"examples": (Example(text="bad", verdict="allowed"),)},
            Change(Kind.CHANGED, "example", "R1 -> allowed", "bad", "bad", ("verdict",)),
        ),
        (
            {"definitions": {"word": "other"}},
            Change(Kind.CHANGED, "definition", "word", "meaning", "other"),
        ),
        ({"prefilter": Prefilter(keywords=("x", "y"))}, Change(Kind.ADDED, "keywords", "2", after="x, y")),
        (
            {"prefilter": Prefilter(flag_rate=0.1)},
            Change(Kind.CHANGED, "prefilter.flag_rate", before="0.05", after="0.1"),
        ),
    ],
)
def test_one_change_is_told_as_one(update: dict[str, object], expected: Change) -> None:
    assert changes(BEFORE, BEFORE.model_copy(update=update)) == (expected,)


def test_a_long_list_of_words_is_told_by_its_number_and_beginning() -> None:
    words = tuple(f"w{number}" for number in range(40))
    (change,) = changes(BEFORE, BEFORE.model_copy(update={"prefilter": Prefilter(keywords=words)}))
    assert (change.name, change.after.endswith("w11 …")) == ("40", True)


@settings(max_examples=8, deadline=None)
@given(policies(), policies())
def test_nothing_is_told_of_the_same_policy_and_something_of_any_other(one: Policy, other: Policy) -> None:
    same_id = other.model_copy(update={"id": one.id})
    assert (changes(one, same_id) == ()) == (one == same_id)
    assert changes(one, one) == ()
