import pytest

from policies.phrases import Phrase, phrase
from policies.problems import Findings, PolicyError, Problem, shown

SAID = phrase("m")


def test_a_problem_is_printed_the_way_a_compiler_does() -> None:
    problem = Problem(
        "a/house.yaml",
        12,
        9,
        phrase("{name} cannot be {value}", name="`mode`", value="`on`"),
        phrase("write one of: {choices}", choices="off | shadow | live"),
        "mode:   on",
    )
    assert str(problem) == (
        "a/house.yaml:12:9: error: `mode` cannot be `on`\n"
        "   12 | mode:   on\n"
        "      |         ^\n"
        "  hint: write one of: off | shadow | live"
    )


def test_a_problem_without_a_line_prints_none() -> None:
    assert (
        str(Problem("f.yaml", 1, 1, phrase("empty"), phrase("write"))) == "f.yaml:1:1: error: empty\n  hint: write"
    )


@pytest.mark.parametrize("column", [1, 40, 61, 62, 200, 400, 401])
def test_the_caret_stands_under_its_column_and_the_line_is_clipped(column: int) -> None:
    line = "".join(chr(ord("a") + index % 26) for index in range(400))
    _, excerpt, caret, _ = str(Problem("f.yaml", 3, column, SAID, SAID, line)).split("\n")
    assert len(excerpt) < 130
    if column <= 400:
        assert excerpt[caret.index("^")] == line[column - 1]
    assert excerpt[8:].startswith("a") == (column <= 61)


def test_the_caret_counts_wide_characters_twice_and_marks_not_at_all() -> None:
    _, _, caret, _ = str(Problem("f.yaml", 1, 4, SAID, SAID, "日e\u0301x")).split("\n")
    assert caret.index("^") == len("    1 | ") + 2 + 1


def test_nothing_that_a_terminal_obeys_is_printed() -> None:
    printed = str(Problem("f.yaml", 1, 2, Phrase(shown("a\x1b[2Jb")), SAID, "x\x1b[31m\u202ey\tz"))
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert "\t" not in printed


def test_a_shown_value_is_short_and_on_one_line() -> None:
    assert shown("a\n  b") == "`a b`"
    assert shown("x" * 50) == f"`{'x' * 39}…`"


def test_an_error_lists_its_problems_in_the_order_of_the_file() -> None:
    late, early = Problem("f", 9, 1, phrase("late"), SAID), Problem("f", 2, 5, phrase("early"), SAID)
    error = PolicyError([late, early])
    assert error.problems == (early, late)
    assert str(error) == f"{early}\n{late}"


def test_a_flood_of_problems_is_cut() -> None:
    findings = Findings("f.yaml", "a")
    for column in range(10 * Findings.LIMIT):
        findings.add(0, column, SAID, SAID)
    assert len(findings.problems) == Findings.LIMIT
    assert findings.full
