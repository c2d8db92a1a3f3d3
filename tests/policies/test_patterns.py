import pytest

from policies.patterns import PatternError, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "reason", "hint"),
    [
        ("a(?=b)", "invalid perl operator: (?=", "cannot look ahead or behind"),
        ("a(?!b)", "invalid perl operator: (?!", "cannot look ahead or behind"),
        ("(?<=a)b", "(?<=", "cannot look ahead or behind"),
        ("(?<!a)b", "(?<!", "cannot look ahead or behind"),
        ("(?>a)b", "(?>", "no other group"),
        ("(?P<a-b>x)", "invalid named capture", "write (?P<name>...)"),
        (r"(a)\1", "invalid escape sequence", "no back-references"),
        (r"a\Zb", "invalid escape sequence", "before a sign or a known class"),
        ("[z-a]", "invalid character class range", "from the lower to the higher"),
        ("[a", "missing ]", "close the set"),
        ("(a", "missing )", "close the group"),
        ("a)", "unexpected )", "delete the )"),
        ("a\\", "trailing \\", "delete the backslash"),
        ("*a", "no argument for repetition", "before the repeat sign"),
        ("a**", "bad repetition operator", "keep one of them"),
        ("a{1001}", "invalid repetition size", "at most 1000"),
        (r"(\pL{1,100}){1,9}", "too large", "lower its repeats"),
    ],
)
def test_what_re2_cannot_take_is_said_in_its_words_with_a_way_out(pattern: str, reason: str, hint: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert reason in str(caught.value)
    assert hint in str(caught.value.hint)


def test_capitals_do_not_matter() -> None:
    assert compile_pattern("discord\\.gg").search("DISCORD.GG/abc")


def test_a_pattern_that_ruins_other_engines_is_quick() -> None:
    assert not compile_pattern("(a+)+$").search("a" * 4000 + "!")
