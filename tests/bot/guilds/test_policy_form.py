from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.guilds.form import Field, Form, FormError
from bot.guilds.form_reading import read_form
from bot.guilds.form_text import form_in, form_text
from bot.guilds.form_writing import Misfit, Shown, form_of
from policies.policy import Example, Mode, Policy, Rule, Severity
from policies.starter import starter_policies
from tests.policies.strategies import policies

TYPED = Form(
    title="Blorps ",
    goal="Nobody calls anybody\na blorp.",
    rules="""\
b1 [High, delete, Timeout 1h]: Calling somebody a blorp. | Terms: blorp, blorps

- B2 (warn): Calling for blorps.
B3: Being a blorp.""",
    allowed="- Blorps, the animals.\n\n• Blorping alone.",
    examples="""\
B1: you blorp
> and you know it # it is meant
* B2\N{FULLWIDTH COLON}blorps to the gate!
Allowed: the blorp at the zoo # an animal""",
)


def problems(**fields: str) -> list[str]:
    with pytest.raises(FormError) as error:
        read_form(TYPED.model_copy(update=fields), "blorps")
    return str(error.value).splitlines()


def test_what_a_moderator_types_on_a_phone_becomes_a_policy() -> None:
    policy = read_form(TYPED.model_copy(update={"examples": TYPED.examples.replace("B1:", "b1:")}), "blorps")
    assert (policy.id, policy.title, policy.goal) == ("blorps", "Blorps", "Nobody calls anybody a blorp.")
    assert policy.mode is Mode.SHADOW
    first, second, third = policy.rules
    assert first == Rule(
        id="b1",
        text="Calling somebody a blorp.",
        terms=("blorp", "blorps"),
        severity=Severity.HIGH,
        suggest=("delete", "timeout 1h"),
    )
    assert (second.severity, second.suggest, third.suggest) == (Severity.MEDIUM, ("warn",), ())
    assert policy.allowed == ("Blorps, the animals.", "Blorping alone.")
    assert policy.examples == (
        Example(text="you blorp\nand you know it", verdict="b1", note="it is meant"),
        Example(text="blorps to the gate!", verdict="B2", show=True),
        Example(text="the blorp at the zoo", verdict="allowed", note="an animal"),
    )


def test_of_a_new_policy_without_marks_the_model_reads_the_first_examples_of_each_side() -> None:
    examples = "\n".join(
        ["B1: a", "B1: b", "B2: c", "allowed: d", "allowed: e", "B3: f", "allowed: g", "allowed: h"]
    )
    form = TYPED.model_copy(update={"rules": TYPED.rules.replace("b1", "B1"), "examples": examples})
    assert [example.text for example in read_form(form, "blorps").shown_examples] == ["a", "c", "d", "e", "f", "g"]


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        (Field.TITLE, "  ", "Title: it is empty; write"),
        (Field.TITLE, "x" * 81, "Title: it has 81 characters, 80 are allowed"),
        (Field.GOAL, "", "Goal: it is empty"),
        (Field.RULES, "", "Rules: there is no rule; write `R1:"),
        (
            Field.RULES,
            "B1: a\n\nno id here",
            "Rules, line 3: a rule begins with its id and a colon; write `R1: no id",
        ),
        (Field.RULES, "B1: a\nB1: b", "Rules, line 2: the id `B1` is used twice, first in line 1"),
        (
            Field.RULES,
            "B1 [hi]: a",
            "Rules, line 1: `hi` can stand in no brackets; how bad it is: low, medium, high",
        ),
        (Field.RULES, "B1 [timeout 90 minutes]: a", "what to do: write `timeout 90m`"),
        (Field.RULES, "B1 [low, high]: a", "Rules, line 1: the rule is rated twice"),
        (Field.RULES, "B1: ", "Rules, line 1: the rule says nothing"),
        (Field.RULES, f"B1: {'x' * 501}", "Rules, line 1: it has 501 characters, 500 are allowed"),
        (Field.RULES, "B1: a | terms: x, X", "Rules, line 1"),
        (Field.RULES, "B1 [timeout 90d]: a", "longer than Discord allows"),
        (Field.EXAMPLES, "you blorp", "Examples, line 1: an example begins with a rule's id"),
        (Field.EXAMPLES, "B2: a\nB9: b", "Examples, line 2: no rule has the id `B9`; known: b1, B2, B3, allowed"),
        (Field.EXAMPLES, "B2: a\nB2:", "Examples, line 2: the example has no text"),
        (Field.EXAMPLES, "\n".join(f"* B2: {n}" for n in range(7)), "Examples, line 7: this is example number 7"),
        (Field.ALLOWED, "a\n" + "x" * 501, "Allowed, line 2: it has 501 characters"),
    ],
)
def test_what_is_wrong_is_told_with_field_line_and_what_to_write(field: Field, text: str, told: str) -> None:
    fields = {"examples": ""} if field is not Field.EXAMPLES else {}
    assert any(told in line for line in problems(**fields, **{field.value: text})), problems(
        **fields, **{field.value: text}
    )


def test_all_problems_are_told_at_once_in_the_order_of_the_fields() -> None:
    told = problems(title="", rules="one\nB2: two", examples="B9: x\nB8: y")
    assert [line.partition(":")[0] for line in told] == [
        "Title",
        "Rules, line 1",
        "Examples, line 1",
        "Examples, line 2",
    ]


def test_an_edit_keeps_what_the_form_does_not_show() -> None:
    before = starter_policies()["harassment"].model_copy(update={"mode": Mode.LIVE})
    shown = form_of(before)
    assert isinstance(shown, Shown)
    form = shown.form.model_copy(update={"goal": "Something else."})
    after = read_form(form, before.id, before)
    assert after == before.model_copy(update={"goal": "Something else."})


def test_terms_that_have_no_room_stay() -> None:
    terms = tuple(f"{'x' * 70}{number}" for number in range(40))
    rules = tuple(Rule(id=f"R{number}", text="a", terms=terms) for number in range(3))
    before = Policy(id="long", title="a", goal="b", rules=rules)
    shown = form_of(before)
    assert isinstance(shown, Shown)
    assert shown.hides_terms
    form = shown.form.model_copy(update={"rules": shown.form.rules.replace("R1 [medium]: a", "R1: b")})
    after = read_form(form, "long", before, hides_terms=True)
    assert [rule.terms for rule in after.rules] == [terms] * 3


def test_a_policy_that_is_too_long_for_the_form_says_so() -> None:
    examples = tuple(Example(text=f"{'x' * 300}{number}", verdict="R1") for number in range(20))
    policy = Policy(id="long", title="a", goal="b", rules=(Rule(id="R1", text="a"),), examples=examples)
    assert form_of(policy) is Misfit.TOO_LONG


def test_characters_that_keyboards_add_and_nobody_sees_are_left_out() -> None:
    form = TYPED.model_copy(update={"title": "\u200fبلورب\u200e", "examples": "\ufeffB2: \u202ea\u202c b"})
    policy = read_form(form, "blorps")
    assert (policy.title, policy.examples[0].text) == ("بلورب", "a b")


@pytest.mark.parametrize("name", sorted(starter_policies()))
def test_every_starter_policy_fits_the_form_and_comes_back_the_same(name: str) -> None:
    shown = form_of(starter_policies()[name])
    assert isinstance(shown, Shown)
    assert not shown.hides_terms
    assert read_form(shown.form, name, starter_policies()[name]) == starter_policies()[name]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies())
def test_a_policy_comes_back_from_its_form_the_same_or_is_said_not_to_fit(policy: Policy) -> None:
    shown = form_of(policy)
    if isinstance(shown, Shown):
        assert read_form(shown.form, policy.id, policy, hides_terms=shown.hides_terms) == policy


plain = (
    st.text("abc äß #|>*:[]-日", min_size=1, max_size=30)
    .map(str.strip)
    .filter(lambda text: text and not text.startswith((">", "[", ":")) and "terms" not in text)
)


@settings(max_examples=100, deadline=None)
@given(st.lists(plain, min_size=1, max_size=5), st.lists(plain, max_size=5), st.lists(plain, max_size=5))
def test_ordinary_texts_always_fit(rules: list[str], allowed: list[str], examples: list[str]) -> None:
    policy = Policy(
        id="any",
        title="Any",
        goal="Any.",
        rules=tuple(Rule(id=f"R{number}", text=text) for number, text in enumerate(rules)),
        allowed=tuple(allowed),
        examples=tuple(Example(text=f"{text}\n> {text}", verdict="R0") for text in examples),
    )
    shown = form_of(policy)
    assert isinstance(shown, Shown)
    assert read_form(shown.form, "any", policy) == policy


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_typed_is_a_policy_or_a_list_of_problems(rules: str, examples: str) -> None:
    with suppress(FormError):
        assert read_form(TYPED.model_copy(update={"rules": rules, "examples": examples}), "any").rules


@settings(max_examples=60, deadline=None)
@given(st.text("ab=\n >#", max_size=60), st.text("ab=\n >#", max_size=60))
def test_a_form_comes_back_from_its_text_file(rules: str, examples: str) -> None:
    form = Form(title="A", goal="B", rules=rules.strip("\n"), examples=examples.strip("\n"))
    read = form_in(form_text(form))
    assert read is not None
    assert read.rules.split() == form.rules.split() or "===" in rules


def test_a_text_that_is_no_form_is_told_from_one() -> None:
    assert form_in("format: 1\ntitle: A\n") is None
    assert form_in("") is None
