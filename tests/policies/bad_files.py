"""Policy files with something wrong in them, each with what is said of it."""

from collections.abc import Iterator

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


def house(more: str) -> str:
    """A good policy and some more of it, which begins in line 7."""
    return HEAD + RULES + more


WRONG: tuple[tuple[str, tuple[int, int], str, str], ...] = (
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
    ('allowed: ["a\\nb"]', (7, 11), "an entry of `allowed` must be a single line", "join the lines"),
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
)
"""(what stands below a good policy, where the problem is, parts of its message and of its hint)."""
NO_POLICY: tuple[tuple[str | bytes, str, str], ...] = (
    ("", "the file is empty", "begin with `format: 1`"),
    ("# only a comment\n", "the file is empty", "begin with `format: 1`"),
    ("---\n", "the file has to be a list of keys", "begin with `format: 1`"),
    ("- a\n", "the file has to be a list of keys", "begin with `format: 1`"),
    (b"title: caf\xe9\n", "not UTF-8 text (byte 0xE9)", "save the file as UTF-8"),
    ("format: 1\n".encode("utf-16"), "not UTF-8 text", "save the file as UTF-8"),
    ("# " + "x" * MAX_BYTES, "the file is larger than 384 KB", "split the policy in two"),
)
"""(a whole file, parts of its message and of its hint)."""
SUGGESTIONS: tuple[tuple[str, str], ...] = (
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
)
"""(what was suggested, what to write instead)."""
SYNTAX: tuple[str, ...] = (
    "%YAML 1.1.1\n---\na", "%TAG\n", "%TAG !\n", "%YAML\n", "%YAML a\n", "%YAML 9.1\n---\n",
    "%YAML 1.1\n%YAML 1.1\n---\na", "%TAG ! x\n%TAG ! x\n---\na", "%YAML 11111111111.1\n", "%YAML 1\n",
    "%YAML1", "%%\n", "%A^\n", "%TAG ! x", "%TAG !a b\n", "a: |0\n", "a: | x\n", "a: !<x", "a: !<> x",
    "a: !%zz x", "a: !%ff x", "a: !%c3%28 x", "a: !q!x y", "a: !x{ y", 'a: "\\xzz"', 'a: "\\ud800"', 'a: "\\q"',
    'a: "b', "a: 'b\n---\n", "a: [b", "a: {b", "- a\nb", "- a\n b", "a: - b", "a: ? b\n", "a: b: c", "[a:b:]",
    "a: *\n", "a: @b", "a:\n\tb: c", "? a\n- b\n  c", "a: b\n c: d\n- e", "a:\n  - b\n c: d", "a: |\n\tb",
    "a: b\n\t c", "a: [,]", "{a: b}}", "a: 'b' c", "a\nb: c",
)  # fmt: skip
"""Texts that YAML stumbles over, each for a reason of its own or nearly so."""
PATTERNS: tuple[str, ...] = (
    "a(?=b)", "(?>a)b", "(?P<a-b>x)", r"(a)\1", "[z-a]", "[a", "(a", "a)", "a\\", "*a", "a**", "a{1001}",
    r"(\pL{1,100}){1,9}", "[" + "x" * 200,
)  # fmt: skip
"""Patterns that RE2 cannot take."""
SIGNALS: tuple[str, ...] = (
    "raid", "repeat", "repeat x", "mass-mention", "mass-mention x", "phishing-link 5", "invite-link x",
    "mass-mention 1", "repeat 3 in 4s",
)  # fmt: skip
"""Lines that are no signals."""
LETTERS = r"[^a-z\pL]"
_CONFLICTS = (
    HEAD + RULES + "  - {id: H1, text: a}\n  - {id: allowed, text: b, terms: [Ball, BALL]}\n",
    HEAD.replace("goal", "gaol") + RULES,
    HEAD + "rules: [{id: 'H 1', text: a, suggest: [flog], severity: hi}]\n",
    house("prefilter: {signals: [mass-mention 5, mass-mention 9]}\n"),
    house("prefilter: {keywords: ['*']}\n"),
    house("allowed: [" + ", ".join("x" * 31) + "]\n"),
    house("examples:\n" + "".join(f"  - {{text: a{number}, verdict: H1, show: true}}\n" for number in range(8))),
    house("examples: [{text: a, verdict: Z9}]\n"),
    house("prefilter:\n  patterns:\n" + "".join(f"    - '{number}{'x' * 400}('\n" for number in range(11))),
    house("prefilter:\n  patterns:\n" + "".join(f"    - '{number}{LETTERS * 7}('\n" for number in range(8))),
    house(f"allowed: [{'a,' * 17_000}]\n"),
    "format: 2\nmode: live\n",
    house("examples: 1\nprefilter: {keywords: 1, flag_rate: [1]}\n"),
    house("examples: [{text: a, verdict: H1, note: ''}]\n"),
)


def every_bad_file() -> Iterator[str | bytes]:
    """Whole files, for every kind of thing that can be wrong in one."""
    yield from (house(f"{more}\n") for more, *_ in WRONG)
    yield from (source for source, *_ in NO_POLICY)
    yield from (house("").replace("{id: H2,", f'{{id: H2, suggest: ["{said}"],') for said, _ in SUGGESTIONS)
    yield from SYNTAX
    yield from (house(f"prefilter:\n  patterns: ['{pattern}']\n") for pattern in PATTERNS)
    yield from (house(f"prefilter:\n  signals: [{line}]\n") for line in SIGNALS)
    yield from _CONFLICTS
