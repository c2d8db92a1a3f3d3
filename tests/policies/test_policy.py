import pytest
from pydantic import ValidationError

from policies.policy import Care, Effort, Example, Judging, Mode, Policy, Prefilter, Rule, Scope
from policies.starter import starter_policies

POLICY = Policy(
    id="p", title="P", goal="Be kind.", rules=(Rule(id="H1", text="Insults."), Rule(id="H2", text="Slurs."))
)


def changed(**changes: object) -> Policy:
    return POLICY.model_copy(update=changes)


def test_one_text_has_one_digest() -> None:
    assert POLICY.digest == Policy.model_validate(POLICY.model_dump()).digest


def test_every_change_changes_the_digest_of_a_copy_too() -> None:
    before = POLICY.digest
    copies = [
        changed(title="Q"),
        changed(mode=Mode.OFF),
        changed(rules=POLICY.rules[:1]),
        changed(allowed=("Jokes.",)),
    ]
    assert len({before, *(copy.digest for copy in copies)}) == 5


@pytest.mark.parametrize(
    ("judge", "digest"),
    [
        (Judging(), "d78f7884a93c8b149ac4a57943ea4881c5eb78392721169581724994748099a7"),
        (
            Judging(effort=Effort.HIGH, context=0, threshold=0.25),
            "afa8b62c9c76966b4e1651fa8d0318051cef6d7a5d740fb0e958af4ef252fcb9",
        ),
    ],
)
def test_a_policy_without_a_second_look_has_the_digest_that_it_had_before_there_were_any(
    judge: Judging, digest: str
) -> None:
    """Verdicts, labels and versions in existing stores name policies by these."""
    assert changed(judge=judge).digest == digest


def test_what_a_second_look_is_asked_with_is_part_of_the_digest() -> None:
    looks = [
        Judging(effort=Effort.AUTO),
        Judging(effort=Effort.AUTO, unsure=(0.3, 0.8)),
        Judging(effort=Effort.AUTO, second_effort=Effort.HIGH),
    ]
    assert len({changed(judge=judge).digest for judge in looks}) == 3


def test_how_cases_are_handled_is_part_of_the_digest_unless_it_is_as_usual() -> None:
    assert changed(care=Care.USUAL).digest == POLICY.digest
    assert len({changed(care=care).digest for care in Care}) == 3


def test_two_starters_ask_for_special_care() -> None:
    care = {policy.id: policy.care for policy in starter_policies().values() if policy.care is not Care.USUAL}
    assert care == {"self-harm": Care.SUPPORT, "sexual-minors": Care.WITHHOLD}


@pytest.mark.parametrize(("probability", "unsure"), [(0.29, False), (0.3, True), (0.7, True), (0.71, False)])
def test_both_ends_of_unsure_are_unsure(probability: float, unsure: bool) -> None:
    assert Judging(effort=Effort.AUTO, unsure=(0.3, 0.7)).is_unsure(probability) is unsure


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"unsure": (0.3, 0.7)}, "do nothing without"),
        ({"effort": Effort.HIGH, "second_effort": Effort.HIGH}, "do nothing without"),
        ({"effort": Effort.AUTO, "threshold": 0.9}, "must lie between"),
        ({"effort": Effort.AUTO, "unsure": (0.5, 0.5)}, "not below"),
        ({"effort": Effort.AUTO, "unsure": (0.5,)}, "two numbers"),
        ({"effort": Effort.AUTO, "second_effort": Effort.LOW}, "Input should be"),
    ],
)
def test_a_second_look_that_makes_no_sense_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Judging.model_validate(fields)


def test_a_policy_comes_back_from_its_json() -> None:
    auto = changed(judge=Judging(effort=Effort.AUTO, unsure=(0.4, 0.6), second_effort=Effort.HIGH))
    for policy in (POLICY, auto, *starter_policies().values()):
        assert Policy.model_validate_json(policy.model_dump_json()) == policy


def test_a_policy_never_changes() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        POLICY.title = "Q"  # type: ignore[misc]


def test_rule_ids_are_unique() -> None:
    with pytest.raises(ValidationError, match='"H1" is used twice'):
        Policy(id="p", title="P", goal="g", rules=(POLICY.rules[0], POLICY.rules[0]))


def test_a_rule_cannot_be_called_allowed() -> None:
    with pytest.raises(ValidationError, match="may not be called"):
        Policy(id="p", title="P", goal="g", rules=(Rule(id="allowed", text="x"),))


def test_an_example_cites_a_known_rule_or_allowed() -> None:
    with pytest.raises(ValidationError, match='unknown rule "H9"'):
        Policy(id="p", title="P", goal="g", rules=POLICY.rules, examples=(Example(text="x", verdict="H9"),))


def test_six_examples_are_shown_at_most() -> None:
    shown = tuple(Example(text=f"x{n}", verdict="H1", show=True) for n in range(7))
    with pytest.raises(ValidationError, match="more than 6"):
        Policy(id="p", title="P", goal="g", rules=POLICY.rules, examples=shown)


def test_a_rule_is_found_by_its_id() -> None:
    assert POLICY.rule("H2").text == "Slurs."
    with pytest.raises(KeyError):
        POLICY.rule("H9")


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope(), True),
        (Scope(channels=(1, 2)), True),
        (Scope(channels=(2,)), False),
        (Scope(except_channels=(1,)), False),
        (Scope(channels=(1,), except_channels=(1,)), False),
        (Scope(except_roles=(7,)), False),
        (Scope(except_roles=(8,)), True),
    ],
)
def test_a_scope_says_where_a_policy_holds(scope: Scope, covered: bool) -> None:
    assert scope.covers(frozenset({1}), frozenset({7})) is covered


@pytest.mark.parametrize(
    ("scope", "covered"),
    [(Scope(channels=(1,)), True), (Scope(except_channels=(1,)), False), (Scope(channels=(3,)), False)],
)
def test_a_thread_goes_with_its_channel(scope: Scope, covered: bool) -> None:
    assert scope.covers(frozenset({2, 1}), frozenset()) is covered


@pytest.mark.parametrize("keyword", ["*", "**", "* *"])
def test_a_keyword_of_wildcards_alone_is_refused(keyword: str) -> None:
    with pytest.raises(ValidationError, match="would match every message"):
        Prefilter(keywords=("scam*", keyword))
