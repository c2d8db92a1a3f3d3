import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.document import dump_policy, parse_policy
from policies.policy import Example, Mode, Policy, Rule
from policies.rewriting import rewritten
from policies.starter import starter_policies, starter_text
from tests.policies.strategies import policies

SOURCE = """\
# Kept by hand.
format: 1
title: 'Blorps'   # a title
mode: live

# What we want.
goal: Nobody calls anybody a blorp.
rules:
    # The first rule.
    - id: B1
      text: Calling somebody a blorp.
      suggest: [delete]
    # The second rule.
    - {id: B2, text: Calling for blorps.}
allowed:
- Blorps, the animals.   # they exist
- Blorping.
# The end.
"""


def policy_of(source: str | bytes) -> Policy:
    return parse_policy(source, policy_id="blorps", filename="blorps.yaml")


BEFORE = policy_of(SOURCE)


def test_what_has_not_changed_stays_as_it_was_written() -> None:
    after = BEFORE.model_copy(update={"goal": "No blorps."})
    made = rewritten(SOURCE.encode(), after)
    assert made.source.decode() == SOURCE.replace("Nobody calls anybody a blorp.", "No blorps.")
    assert made.lost_comments == ()


def test_a_rule_that_is_added_leaves_the_others_and_their_comments_alone() -> None:
    new = Rule(id="B3", text="Blorping at night.", suggest=("delete",))
    made = rewritten(SOURCE.encode(), BEFORE.model_copy(update={"rules": (*BEFORE.rules, new)}))
    wanted = "    - id: B3\n      text: Blorping at night.\n      suggest: [delete]\n"
    assert made.source.decode() == SOURCE.replace("allowed:\n", f"{wanted}allowed:\n")
    assert made.lost_comments == ()


def test_comments_of_what_is_gone_are_told() -> None:
    update = {"rules": BEFORE.rules[1:], "allowed": BEFORE.allowed[1:], "title": "Blorp"}
    made = rewritten(SOURCE.encode(), BEFORE.model_copy(update=update))
    assert made.lost_comments == ("# a title", "# The first rule.", "# they exist")
    assert "# The second rule." in made.source.decode()
    assert "# The end." in made.source.decode()


def test_a_key_that_is_new_comes_last_and_one_that_is_gone_is_gone() -> None:
    update = {"allowed": (), "examples": (Example(text="you blorp", verdict="B1"),)}
    text = rewritten(SOURCE.encode(), BEFORE.model_copy(update=update)).source.decode()
    assert "allowed" not in text
    assert text.endswith("examples:\n  - {text: you blorp, verdict: B1}\n# The end.\n")


@pytest.mark.parametrize("source", ["{format: 1, title: a}", "nonsense: [", "", "\ufeff# só\n"])
def test_a_text_that_cannot_be_patched_is_written_anew(source: str) -> None:
    assert rewritten(source.encode(), BEFORE).source.decode() == dump_policy(BEFORE)


def test_the_line_ends_of_another_system_stay() -> None:
    made = rewritten(SOURCE.replace("\n", "\r\n").encode(), BEFORE.model_copy(update={"goal": "No blorps."}))
    assert made.source.decode() == SOURCE.replace("Nobody calls anybody a blorp.", "No blorps.").replace(
        "\n", "\r\n"
    )


@pytest.mark.parametrize("name", sorted(starter_policies()))
def test_a_starter_policy_keeps_its_comments_when_an_example_is_added(name: str) -> None:
    before = starter_policies()[name]
    example = Example(text="another one", verdict=before.rule_ids[0])
    made = rewritten(
        starter_text(name).encode(), before.model_copy(update={"examples": (*before.examples, example)})
    )
    assert made.lost_comments == ()
    old, new = starter_text(name).splitlines(), made.source.decode().splitlines()
    assert [line for line in new if line not in old] == [
        f"  - {{text: another one, verdict: {before.rule_ids[0]}}}"
    ]


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_whatever_changes_the_text_says_it(data: st.DataObject) -> None:
    before, other = data.draw(policies()), data.draw(policies())
    names = data.draw(
        st.sets(st.sampled_from(["title", "goal", "mode", "allowed", "definitions", "scope", "judge"]))
    )
    after = before.model_copy(update={name: getattr(other, name) for name in names})
    made = rewritten(dump_policy(before).encode(), after)
    assert parse_policy(made.source, policy_id=after.id, filename="") == after
    assert made.lost_comments == ()


def test_a_mode_that_was_never_written_is_written() -> None:
    source = SOURCE.replace("mode: live\n", "")
    made = rewritten(source.encode(), BEFORE.model_copy(update={"mode": Mode.SHADOW}))
    assert policy_of(made.source).mode is Mode.SHADOW
