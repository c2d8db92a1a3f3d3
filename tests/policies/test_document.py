import pytest

from policies.document import PolicyError, Problem, parse_policy
from policies.policy import Effort, Judging, Mode, Policy, Severity
from policies.yaml_tree import MAX_BYTES
from tests.policies.bad_files import HEAD, NO_POLICY, RULES, SUGGESTIONS, WRONG, house


def read(source: str | bytes) -> Policy:
    return parse_policy(source, policy_id="house", filename="house.yaml")


def problems_of(source: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(PolicyError) as caught:
        read(source)
    return caught.value.problems


def only_problem_of(source: str | bytes) -> Problem:
    (problem,) = problems_of(source)
    return problem


def test_a_policy_is_what_its_file_says() -> None:
    policy = read(
        house(
            """\
mode: shadow
definitions: {house: where we live}
allowed: [Chess.]
examples:
  - {text: "a ball!", verdict: H1, note: thrown indoors, show: true}
  - text: |-
      two
      lines
    verdict: allowed
scope: {channels: [123456789012345678], except_roles: [1]}
prefilter: {keywords: [ball, "*fire"], patterns: ['\\d{3}'], flag_rate: 1}
judge: {effort: high, context: 0, threshold: .25}
"""
        )
    )
    assert policy.id == "house"
    assert policy.mode is Mode.SHADOW
    assert policy.definitions == {"house": "where we live"}
    assert policy.rule("H1").severity is Severity.MEDIUM
    assert policy.examples[0].note == "thrown indoors"
    assert policy.examples[1].text == "two\nlines"
    assert policy.scope.channels == (123456789012345678,)
    assert policy.prefilter.keywords == ("ball", "*fire")
    assert policy.prefilter.patterns == (r"\d{3}",)
    assert policy.prefilter.flag_rate == 1.0
    assert (policy.judge.effort, policy.judge.context, policy.judge.threshold) == (Effort.HIGH, 0, 0.25)


def test_a_second_look_is_read_as_written() -> None:
    judge = read(house("judge: {effort: auto, unsure: [0, .7], second_effort: high}\n")).judge
    assert judge == Judging(effort=Effort.AUTO, unsure=(0.0, 0.7), second_effort=Effort.HIGH)


def test_a_word_that_is_no_effort_is_all_that_is_said_of_a_second_look() -> None:
    assert len(problems_of(house("judge: {effort: most, unsure: [0.3, 0.9], second_effort: high}\n"))) == 1


@pytest.mark.parametrize("written", ["off", "'off'", '"off"'])
def test_mode_off_is_a_mode_and_no_truth_value(written: str) -> None:
    assert read(house(f"mode: {written}\n")).mode is Mode.OFF


@pytest.mark.parametrize(
    ("written", "meant"), [("true", True), ("yes", True), ("On", True), ("False", False), ("no", False)]
)
def test_show_takes_every_way_to_say_yes(written: str, meant: bool) -> None:
    policy = read(house(f"examples: [{{text: a, verdict: H1, show: {written}}}]\n"))
    assert policy.examples[0].show is meant


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    source = b"\xef\xbb\xbf" + house("mode: live\n").replace("\n", "\r\n").encode()
    assert read(source) == read(house("mode: live\n"))


def test_lines_are_counted_alike_whatever_ends_them() -> None:
    source = house("mode: on\n")
    places = {
        (problem.line, problem.column)
        for ends in ("\n", "\r\n", "\r")
        for problem in problems_of(source.replace("\n", ends))
    }
    assert places == {(7, 7)}


def test_a_file_of_countless_values_is_refused_before_they_are_built() -> None:
    problem = only_problem_of(house(f"allowed: [{'a,' * 17_000}]\n"))
    assert (problem.line, str(problem.message)) == (7, "the file holds too many values")


def test_emoji_may_be_joined_and_flagged() -> None:
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert read(house(f"allowed: ['{family}']\n")).allowed == (family,)


@pytest.mark.parametrize(
    ("more", "place", "message", "hint"),
    WRONG,
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_is_and_what_to_write_instead(
    more: str, place: tuple[int, int], message: str, hint: str
) -> None:
    problems = problems_of(house(more + "\n"))
    at_place = [problem for problem in problems if (problem.line, problem.column) == place]
    assert at_place, [str(problem) for problem in problems]
    assert message in str(at_place[0].message)
    assert hint in str(at_place[0].hint)


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    NO_POLICY,
)
def test_what_is_no_policy_at_all_is_said_in_one_line(source: str | bytes, message: str, hint: str) -> None:
    problem = only_problem_of(source)
    assert message in str(problem.message)
    assert hint in str(problem.hint)


def test_a_file_of_exactly_as_many_bytes_as_allowed_is_read() -> None:
    source = house("# ")
    assert read(source + "x" * (MAX_BYTES - len(source.encode()))).title == "House"


def test_bad_utf_8_is_found_in_its_line() -> None:
    problem = only_problem_of(HEAD.encode() + b"allowed: [caf\xe9]\n")
    assert (problem.line, problem.column) == (4, 14)


@pytest.mark.parametrize("key", ["title", "goal", "rules"])
def test_a_missing_key_is_named_with_an_example(key: str) -> None:
    source = "\n".join(line for line in HEAD.splitlines() if not line.startswith(key)) + "\n"
    problems = problems_of(source + ("" if key == "rules" else RULES))
    assert [str(problem.message) for problem in problems] == [f"`{key}` is missing"]
    assert f"`{key}:" in str(problems[0].hint)


def test_the_format_may_be_left_out() -> None:
    assert read(house("").removeprefix("format: 1\n")) == read(house(""))


def test_a_newer_format_is_refused() -> None:
    problem = only_problem_of(house("").replace("format: 1", "format: 2"))
    assert (problem.line, problem.column, str(problem.hint)) == (1, 9, "write 1")


@pytest.mark.parametrize(
    ("written", "hint"),
    SUGGESTIONS,
)
def test_a_bad_suggestion_is_answered_with_a_good_one(written: str, hint: str) -> None:
    source = house("").replace("{id: H2,", f'{{id: H2, suggest: ["{written}"],')
    assert str(only_problem_of(source).hint) == hint


@pytest.mark.parametrize("longest", ["timeout 28d", "timeout 672h", "timeout 999m"])
def test_the_longest_timeout_is_discords(longest: str) -> None:
    policy = read(house("").replace("{id: H2,", f"{{id: H2, suggest: [{longest}],"))
    assert policy.rule("H2").suggest == (longest,)


def test_rule_ids_are_unique_and_never_allowed() -> None:
    again, reserved = problems_of(HEAD + RULES + "  - {id: H1, text: a}\n  - {id: allowed, text: b}\n")
    assert (again.line, str(again.message)) == (7, "the rule id `H1` is used twice (first in line 5)")
    assert (reserved.line, str(reserved.message)) == (8, "a rule cannot be called `allowed`")


def test_terms_are_unique_in_their_rule_capitals_aside() -> None:
    problem = only_problem_of(HEAD + "rules:\n  - {id: H1, text: a, terms: [Ball, dice, BALL]}\n")
    assert (problem.line, problem.column) == (5, 43)
    assert str(problem.message) == "`BALL` is listed twice (first in line 5)"


def test_at_most_six_examples_are_shown() -> None:
    examples = "".join(f"  - {{text: a{number}, verdict: H1, show: true}}\n" for number in range(8))
    seventh, eighth = problems_of(house("examples:\n" + examples))
    assert (seventh.line, eighth.line) == (14, 15)
    assert "example number 7 with `show: true`; at most 6" in str(seventh.message)
    read(house("examples:\n" + examples.replace(", show: true", "", 2)))


def test_too_many_pattern_characters_are_refused_before_any_is_compiled() -> None:
    patterns = "".join(f"    - '{number}{'x' * 400}('\n" for number in range(11))
    problem = only_problem_of(house("prefilter:\n  patterns:\n" + patterns))
    assert "the patterns have 4423 characters together, over 4000" in str(problem.message)


def test_too_many_letter_classes_are_refused_before_any_is_compiled() -> None:
    classes = r"[^a-z\pL]" * 7
    patterns = "".join(f"    - '{number}{classes}('\n" for number in range(8))
    problem = only_problem_of(house("prefilter:\n  patterns:\n" + patterns))
    assert r"the patterns have 56 classes like \pL together, over 50" in str(problem.message)


@pytest.mark.parametrize(
    ("key", "entries", "limit"),
    [("rules", 21, 20), ("allowed", 31, 30), ("examples", 401, 400), ("terms", 41, 40), ("suggest", 5, 4)],
)
def test_a_list_that_is_too_long_is_said_to_be(key: str, entries: int, limit: int) -> None:
    listed = f"{key}: [{', '.join(['x'] * entries)}]"
    source = HEAD + f"rules: [{{id: H1, text: a, {listed}}}]\n" if key in {"terms", "suggest"} else house("")
    if key == "rules":
        source = HEAD + listed + "\n"
    elif key not in {"terms", "suggest"}:
        source += listed + "\n"
    assert f"`{key}` has {entries} entries, at most {limit} are allowed" in str(only_problem_of(source).message)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    source = """\
format: 1
title: no
gaol: Keep the house.
rules:
  - {id: H1, text: 12:30, severity: hi, suggest: [timeout 90 minutes]}
  - {id: H1, text: a, terms: [b, B]}
examples:
  - {text: [a], verdict: H9, shw: true}
prefilter: {patterns: ['('], flag_rate: 5%}
judge: {context: 40}
"""
    problems = problems_of(source)
    assert [(problem.line, problem.column) for problem in problems] == [
        (1, 1), (2, 8), (3, 1), (5, 20), (5, 37), (5, 51), (6, 10), (6, 34), (8, 12), (8, 26), (8, 30), (9, 24),
        (9, 41), (10, 18),
    ]  # fmt: skip


def test_no_message_speaks_of_the_machinery() -> None:
    jargon = (
        "pydantic",
        "http",
        "errors.",
        "input_value",
        "Traceback",
        "None",
        "str",
        "dict",
        "tuple",
        "validation",
    )
    said = str(
        PolicyError(problems_of(HEAD + "rules: [{}, [], {id: 1}]\nmode: 3\nscope: []\njudge: {context: 99}\n"))
    )
    assert not [word for word in jargon if word in said]


@pytest.mark.parametrize("policy_id", ["", "House", "my_policy", "a" * 41, "../x", "é"])
def test_a_bad_id_is_answered_with_a_file_name(policy_id: str) -> None:
    with pytest.raises(PolicyError, match=r"name the file `[a-z0-9-]{1,40}\.yaml`"):
        parse_policy(HEAD + RULES, policy_id=policy_id, filename="x.yaml")


@pytest.mark.parametrize("letter", ["a", "ж", "क"])
def test_ten_thousand_keywords_of_ten_letters_fit_into_a_policy(letter: str) -> None:
    words = [f"{letter * 5}{number:05}" for number in range(10_000)]
    keywords = "".join(f"    - {word}\n" for word in words)
    policy = read(house(f"prefilter:\n  keywords:\n{keywords}"))
    assert policy.prefilter.keywords == tuple(words)
