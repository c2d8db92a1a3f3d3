import pytest

from policies.document import PolicyError, Problem, parse_policy
from policies.policy import Effort, Judging, Mode, Policy, Severity
from policies.yaml_tree import MAX_BYTES

HEAD = """\
format: 1
title: House
goal: Keep the house.
"""
RULES = """\
rules:
  - {id: H1, text: No ball games.}
  - {id: H2, text: No fires.}
"""


def read(source: str | bytes) -> Policy:
    return parse_policy(source, policy_id="house", filename="house.yaml")


def problems_of(source: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(PolicyError) as caught:
        read(source)
    return caught.value.problems


def only_problem_of(source: str | bytes) -> Problem:
    (problem,) = problems_of(source)
    return problem


def house(more: str) -> str:
    """A good policy and some more of it, which begins in line 7."""
    return HEAD + RULES + more


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
    assert (problem.line, problem.message) == (7, "the file holds too many values")


def test_emoji_may_be_joined_and_flagged() -> None:
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert read(house(f"allowed: ['{family}']\n")).allowed == (family,)


@pytest.mark.parametrize(
    ("more", "place", "message", "hint"),
    [
        # YAML's guesses
        ("allowed: [no]", (7, 11), "must be a text, but YAML reads `no` as true or false", 'around it: "no"'),
        ("allowed: [12:30]", (7, 11), "YAML reads `12:30` as a number", 'quotes around it: "12:30"'),
        ("allowed: [1e3, 1.5]", (7, 16), "YAML reads `1.5` as a number", 'quotes around it: "1.5"'),
        ("allowed:\n  - null", (8, 5), "YAML reads `null` as nothing", 'quotes around it: "null"'),
        ("allowed:\n  - 2024-01-31", (8, 5), "as a date", 'quotes around it: "2024-01-31"'),
        ("allowed:\n  -\n  - a", (8, 4), "an entry of `allowed` is empty", "write a text after"),
        ("allowed: [=]", (7, 11), "as something else", "quotes around it"),
        # wrong types
        ("allowed: Chess.", (7, 10), "must be a list, here is the single value `Chess.`", "write `allowed:`"),
        ("allowed: {a: b}", (7, 10), "`allowed` must be a list, here is a set of keys", "write `allowed:`"),
        ("allowed: [[a]]", (7, 11), "an entry of `allowed` must be a text, here is a list", "quotes"),
        ("examples: [a]", (7, 12), "an entry of `examples` must hold keys", "text, verdict, note, show"),
        ("scope: 1", (7, 8), "`scope` must hold keys, here is the single value `1`", "channels, except_channels"),
        ("scope:", (7, 7), "`scope` must hold keys, here is nothing", "channels"),
        ("definitions: [a]", (7, 14), "`definitions` must hold words and their meanings", "definitions: {member:"),
        ("definitions: {a: [b]}", (7, 18), "`a` must be a text, here is a list", "quotes"),
        ("mode: [live]", (7, 7), "`mode` must be a single word", "off | shadow | live"),
        ("mode: Live", (7, 7), "`mode` cannot be `Live`", "off | shadow | live"),
        ("mode:", (7, 6), "`mode` cannot be nothing", "off | shadow | live"),
        ("judge: {context: '4'}", (7, 18), "must be a whole number, here is the text `4`", "take the quotes away"),
        ("judge: {context: 1.5}", (7, 18), "must be a whole number, here is `1.5`", "digits only"),
        ("judge: {context: yes}", (7, 18), "must be a whole number, here is `yes`", "digits only"),
        ("judge: {context: 010}", (7, 18), "must be a whole number, here is `010`", "digits only"),
        ("judge: {threshold: '0.5'}", (7, 20), "must be a number, here is `0.5`", "without quotes"),
        ("judge: {threshold: .inf}", (7, 20), "must be a number, here is `.inf`", "plain number"),
        ("prefilter:\n  flag_rate: 0,5", (8, 14), "must be a number", "write a point, not a comma: 0.5"),
        ("prefilter: {flag_rate: 5%}", (7, 24), "must be a number, here is `5%`", "the share as a number: 0.05"),
        ("examples: [{text: a, verdict: H1, show: 1}]", (7, 41), "must be true or false", "true or false"),
        # ranges and shapes
        ("judge: {context: 11}", (7, 18), "`context` cannot be 11", "it must be at most 10"),
        ("judge: {context: -1}", (7, 18), "`context` cannot be -1", "it must be at least 0"),
        ("judge: {threshold: 1}", (7, 20), "`threshold` cannot be 1", "it must be below 1"),
        ("prefilter: {flag_rate: 0}", (7, 24), "`flag_rate` cannot be 0", "it must be above 0"),
        ("scope: {channels: [0]}", (7, 20), "an entry of `channels` cannot be 0", "it must be at least 1"),
        ("allowed: ['  ']", (7, 11), "an entry of `allowed` is blank", "write `allowed:`"),
        ("allowed: ['']", (7, 11), "an entry of `allowed` is empty", "write `allowed:`"),
        ("allowed: [\"a\\nb\"]", (7, 11), "an entry of `allowed` must be a single line", "join the lines"),
        (f"allowed: [{'x' * 501}]", (7, 11), "has 501 characters, at most 500 are allowed", "shorter"),
        ("prefilter: {keywords: ['a, b']}", (7, 24), "may not hold a comma", "two entries"),
        ("definitions: {'a, b': c}", (7, 23), "may not hold a comma", "two entries"),
        ("examples: [{text: ' ', verdict: H1}]", (7, 19), "the text is blank", "write what a member would say"),
        ('examples: [{text: "a\\eb", verdict: H1}]', (7, 19), "invisible character U+001B", "take it out"),
        ('examples: [{text: "a\\u202eb", verdict: H1}]', (7, 19), "invisible character U+202E", "take it out"),
        ("examples: [{text: a, verdict: H 1}]", (7, 31), "no rule has the id `H 1`", "did you mean `H1`?"),
        # keys
        ("gaol: x", (7, 1), "there is no key `gaol` here", "did you mean `goal`? the keys here are: format, "),
        ("id: house", (7, 1), "there is no key `id` here", "a policy's id is its file's name"),
        ("judge: {efort: low}", (7, 9), "there is no key `efort` here", "did you mean `effort`?"),
        ("judge: {xyzzy: low}", (7, 9), "there is no key `xyzzy` here", "the keys here are: effort, context"),
        ("goal: Again.", (7, 1), "the key `goal` stands here twice (first in line 3)", "delete one of the two"),
        ("definitions: {a: x, a: y}", (7, 21), "the key `a` stands here twice", "delete one of the two"),
        ("<<: {mode: off}", (7, 1), "`<<` is a YAML merge key", "write the keys out"),
        ("? [a]\n: b", (7, 3), "a key must be a word, here is a list", "write `key: value`"),
        ("examples: [{text: a}]", (7, 12), "`verdict` is missing", "write `verdict: H1` or `verdict: allowed`"),
        # between the parts
        ("examples:\n  - {text: a, verdict: H3}", (8, 24), "no rule has the id `H3`", "one of: allowed, H1, H2"),
        ("prefilter: {keywords: [Ball, fire, ball]}", (7, 36), "`ball` is listed twice (first in line", "delete"),
        ("prefilter:\n  patterns: ['(?<!a)b']", (8, 14), "perl operator: (?<!", "RE2 cannot look ahead or behind"),
        ("prefilter:\n  patterns: ['a(?=b)']", (8, 14), "perl operator: (?=", "RE2 cannot look ahead or behind"),
        ("prefilter:\n  patterns: ['(a)\\1']", (8, 14), "invalid escape sequence: \\1", "no back-references"),
        ("prefilter:\n  patterns: ['[a', b]", (8, 14), "missing ]", "close the set with ]"),
        ("prefilter:\n  patterns: [ok, '(a']", (8, 18), "missing )", "close the group with )"),
        ("prefilter:\n  patterns: ['a{2000}']", (8, 14), "invalid repetition size", "at most 1000"),
        ("prefilter:\n  patterns: ['\\pL{1,60}']", (8, 14), "too large", "lower its repeats"),
        ("judge: {effort: sometimes}", (7, 17), "`effort` cannot be `sometimes`", "low | medium | high | auto"),
        ("judge: {effort: auto, unsure: 0.5}", (7, 31), "`unsure` must be a list", "write `unsure: [0.2, 0.8]`"),
        ("judge: {effort: auto, unsure: [0.5]}", (7, 31), "it takes two numbers", "the lower and the higher"),
        ("judge: {effort: auto, unsure: [0.2, a]}", (7, 37), "must be a number, here is `a`", "plain number"),
        ("judge: {effort: auto, unsure: [0.2, 2]}", (7, 37), "cannot be 2", "it must be at most 1"),
        ("judge: {effort: auto, unsure: [0.8, 0.2]}", (7, 31), "0.8 is not below 0.2", "the lower number first"),
        ("judge: {effort: auto, unsure: [0.6, 0.8]}", (7, 31), "threshold 0.5 lies outside `unsure`", "between"),
        ("judge: {effort: auto, threshold: 0.9}", (7, 34), "outside `unsure`, 0.2 to 0.8", "write `unsure: ["),
        ("judge: {effort: auto, second_effort: low}", (7, 38), "cannot be `low`", "one of: medium | high"),
        ("judge: {unsure: [0.2, 0.8]}", (7, 17), "does nothing without `effort: auto`", "or delete `unsure`"),
        ("judge: {effort: low, second_effort: high}", (7, 37), "does nothing without", "delete `second_effort`"),
        # YAML's own dangers
        ("allowed: [*chess]", (7, 11), "`*chess` is a YAML alias", "quotes around the text if it begins"),
        ("allowed: [&a b]", (7, 11), "`&a` is a YAML anchor", "quotes around the text if it begins"),
        ("allowed: [!a b]", (7, 11), "`!a` is a YAML tag", "quotes around the text if it begins"),
        ("allowed: [!!python/name:os.system '']", (7, 11), "is a YAML tag", "write the value out"),
        ("---\nformat: 1", (7, 1), "a second document begins here", "one policy per file"),
        (f"allowed: {'[' * 30}{']' * 30}", (7, 29), "nested more than 20 deep", "quotes"),
        # YAML's syntax
        ("allowed: [a", (8, 1), "did not find expected ',' or ']'", "close the list with ]"),
        ('title2: "a', (7, 9), "unexpected end of stream", "close the quote"),
        ("a: b: c", (7, 5), "mapping values are not allowed", 'quotes around a text with ": " in it'),
        ("allowed:\n\t- a", (8, 1), "cannot start any token", "indent with spaces"),
        ("allowed: [@here]", (7, 11), "cannot start any token", "quotes around a text that begins with @"),
        ('prefilter: {patterns: ["\\d"]}', (7, 25), "unknown escape", "'single quotes'"),
        ("prefilter: {keywords: [*]}", (7, 25), "alphabetic or numeric", "around a text that begins with * or &"),
        # what cannot be seen
        ("# a\u202eb", (7, 4), "the invisible character U+202E (right-to-left override)", "take it out"),
        ("allowed: ['a\x07b']", (7, 13), "the invisible character U+0007 (a control character)", "take it out"),
        ("# \x00", (7, 3), "the invisible character U+0000", "take it out"),
        ("# \u2028", (7, 3), "the invisible character U+2028 (line separator)", "take it out"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_is_and_what_to_write_instead(
    more: str, place: tuple[int, int], message: str, hint: str
) -> None:
    problems = problems_of(house(more + "\n"))
    at_place = [problem for problem in problems if (problem.line, problem.column) == place]
    assert at_place, [str(problem) for problem in problems]
    assert message in at_place[0].message
    assert hint in at_place[0].hint


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("", "the file is empty", "begin with `format: 1`"),
        ("# only a comment\n", "the file is empty", "begin with `format: 1`"),
        ("---\n", "a policy is a list of keys", "begin with `format: 1`"),
        ("- a\n", "a policy is a list of keys", "begin with `format: 1`"),
        (b"title: caf\xe9\n", "not UTF-8 text (byte 0xE9)", "save the file as UTF-8"),
        ("format: 1\n".encode("utf-16"), "not UTF-8 text", "save the file as UTF-8"),
        ("# " + "x" * MAX_BYTES, "the file is larger than 384 KB", "split the policy in two"),
    ],
)
def test_what_is_no_policy_at_all_is_said_in_one_line(source: str | bytes, message: str, hint: str) -> None:
    problem = only_problem_of(source)
    assert message in problem.message
    assert hint in problem.hint


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
    assert [problem.message for problem in problems] == [f"`{key}` is missing"]
    assert f"`{key}:" in problems[0].hint


def test_the_format_may_be_left_out() -> None:
    assert read(house("").removeprefix("format: 1\n")) == read(house(""))


def test_a_newer_format_is_refused() -> None:
    problem = only_problem_of(house("").replace("format: 1", "format: 2"))
    assert (problem.line, problem.column, problem.hint) == (1, 9, "write 1")


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("timeout 90 minutes", "write `timeout 90m`"),
        ("timeout 1 hour", "write `timeout 1h`"),
        ("timeout: 2h", "write `timeout 2h`"),
        ("mute for 3 days", "write `timeout 3d`"),
        ("timeout 2 weeks", "write `timeout 14d`"),
        ("timeout 1 month", "write `timeout 28d`"),
        ("timeout 2000m", "write `timeout 34h`"),
        ("timeout 90 seconds", "write `timeout 2m`"),
        ("timeout", "write how long: `timeout 1h`"),
        ("Delete", "write `delete`"),
        ("bann", "write `ban`"),
        ("flog", "write delete, warn, kick, ban, or timeout with a length: `timeout 1h`"),
        ("timeout 29d", "write at most `timeout 28d`"),
        ("timeout 673h", "write at most `timeout 28d`"),
    ],
)
def test_a_bad_suggestion_is_answered_with_a_good_one(written: str, hint: str) -> None:
    source = house("").replace("{id: H2,", f'{{id: H2, suggest: ["{written}"],')
    assert only_problem_of(source).hint == hint


@pytest.mark.parametrize("longest", ["timeout 28d", "timeout 672h", "timeout 999m"])
def test_the_longest_timeout_is_discords(longest: str) -> None:
    policy = read(house("").replace("{id: H2,", f"{{id: H2, suggest: [{longest}],"))
    assert policy.rule("H2").suggest == (longest,)


def test_rule_ids_are_unique_and_never_allowed() -> None:
    again, reserved = problems_of(HEAD + RULES + "  - {id: H1, text: a}\n  - {id: allowed, text: b}\n")
    assert (again.line, again.message) == (7, "the rule id `H1` is used twice (first in line 5)")
    assert (reserved.line, reserved.message) == (8, "a rule cannot be called `allowed`")


def test_terms_are_unique_in_their_rule_capitals_aside() -> None:
    problem = only_problem_of(HEAD + "rules:\n  - {id: H1, text: a, terms: [Ball, dice, BALL]}\n")
    assert (problem.line, problem.column) == (5, 43)
    assert problem.message == "`BALL` is listed twice (first in line 5)"


def test_at_most_six_examples_are_shown() -> None:
    examples = "".join(f"  - {{text: a{number}, verdict: H1, show: true}}\n" for number in range(8))
    seventh, eighth = problems_of(house("examples:\n" + examples))
    assert (seventh.line, eighth.line) == (14, 15)
    assert "example number 7 with `show: true`; at most 6" in seventh.message
    read(house("examples:\n" + examples.replace(", show: true", "", 2)))


def test_too_many_pattern_characters_are_refused_before_any_is_compiled() -> None:
    patterns = "".join(f"    - '{number}{'x' * 400}('\n" for number in range(11))
    problem = only_problem_of(house("prefilter:\n  patterns:\n" + patterns))
    assert "the patterns have 4423 characters together, over 4000" in problem.message


def test_too_many_letter_classes_are_refused_before_any_is_compiled() -> None:
    classes = r"[^a-z\pL]" * 7
    patterns = "".join(f"    - '{number}{classes}('\n" for number in range(8))
    problem = only_problem_of(house("prefilter:\n  patterns:\n" + patterns))
    assert r"the patterns have 56 classes like \pL together, over 50" in problem.message


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
    assert f"`{key}` has {entries} entries, at most {limit} are allowed" in only_problem_of(source).message


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
