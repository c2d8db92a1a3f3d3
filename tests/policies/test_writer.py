import pytest
from hypothesis import HealthCheck, given, settings

from policies.constraints import MAX_KEYWORDS
from policies.document import dump_policy, parse_policy
from policies.policy import Effort, Example, Judging, Mode, Policy, Prefilter, Rule, Scope, Severity
from tests.policies.strategies import NASTY, NASTY_TEXTS, policies


def read_back(policy: Policy) -> Policy:
    return parse_policy(dump_policy(policy), policy_id=policy.id, filename="written.yaml")


@given(policies())
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
def test_what_is_written_reads_back_the_same_and_is_written_the_same_again(policy: Policy) -> None:
    again = read_back(policy)
    assert again == policy
    assert again.digest == policy.digest
    assert dump_policy(again) == dump_policy(policy)


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_an_example_keeps_every_text(text: str) -> None:
    assert read_back(_policy(examples=(Example(text=text, verdict="H1"),))).examples[0].text == text
    noted = Example(text=text, verdict="H1", note="n" * 120, show=True)
    assert read_back(_policy(examples=(noted,))).examples[0] == noted


@pytest.mark.parametrize("word", NASTY)
def test_a_word_stays_a_word_wherever_it_stands(word: str) -> None:
    rule = Rule(id="H1", text=word, terms=(word,))
    policy = _policy(rules=(rule,), goal=word, title=word, definitions={word: word}, allowed=(word,))
    assert read_back(policy) == policy


def test_the_longest_lists_that_a_policy_may_have_can_be_read_again() -> None:
    rules = tuple(
        Rule(
            id=f"H{number}", text="a", terms=tuple(map(str, range(40))), suggest=("delete", "warn", "kick", "ban")
        )
        for number in range(20)
    )
    ids = tuple(range(1, 501))
    policy = _policy(
        rules=rules,
        definitions={f"w{number}": "a" for number in range(20)},
        allowed=("a",) * 30,
        examples=(Example(text="a", verdict="H1", note="b"),) * 200,
        scope=Scope(channels=ids, except_channels=ids, except_roles=ids),
        prefilter=Prefilter(keywords=tuple(f"w{number}" for number in range(MAX_KEYWORDS)), patterns=("a",) * 50),
    )
    assert read_back(policy) == policy


def test_a_policy_is_written_the_way_people_write_it() -> None:
    policy = _policy(
        definitions={"member": "anyone here"},
        rules=(
            Rule(id="H1", text="Insults.", terms=("idiot", "no"), severity=Severity.HIGH, suggest=("delete",)),
            Rule(id="H2", text="Don't: shout."),
        ),
        allowed=("Blunt words.",),
        examples=(
            Example(text="you're trash, uninstall", verdict="H1", show=True),
            Example(text="one\ntwo", verdict="allowed", note="two lines"),
            Example(text="long " * 20 + "text", verdict="allowed"),
        ),
        prefilter=Prefilter(keywords=("idiot",), patterns=(r"\bu suck\b",), flag_rate=0.01),
        judge=Judging(effort=Effort.HIGH),
    )
    assert (
        dump_policy(policy)
        == f"""\
format: 1
title: House
mode: live
goal: Keep the house.
definitions: {{member: anyone here}}
rules:
  - id: H1
    text: Insults.
    terms: [idiot, 'no']
    severity: high
    suggest: [delete]
  - id: H2
    text: "Don't: shout."
allowed:
  - Blunt words.
examples:
  - {{text: "you're trash, uninstall", verdict: H1, show: true}}
  - text: |-
      one
      two
    verdict: allowed
    note: two lines
  - text: {"long " * 20}text
    verdict: allowed
prefilter:
  keywords: [idiot]
  patterns:
    - \\bu suck\\b
  flag_rate: 0.01
judge: {{effort: high}}
"""
    )


def test_a_mode_is_written_without_quotes() -> None:
    assert "mode: off\n" in dump_policy(_policy(mode=Mode.OFF))


def _policy(**fields: object) -> Policy:
    base: dict[str, object] = {
        "id": "house",
        "title": "House",
        "goal": "Keep the house.",
        "rules": (Rule(id="H1", text="No ball games."),),
    }
    return Policy.model_validate(base | fields)
