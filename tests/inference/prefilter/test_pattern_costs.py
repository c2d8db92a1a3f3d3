"""Patterns cost little on most texts and a bounded time on the worst."""

import random
import time

import pytest

from inference.prefilter.normalise import Normaliser
from inference.prefilter.patterns import PatternSet
from policies.patterns import PatternError, compile_pattern

NORMALISER = Normaliser.shipped()
LETTERS = "".join(random.Random(2).choices("abcdefghij xyz", k=4000))
HOSTILE = (
    "(a|b|ab|ba)*" * 30,
    "(?:[a-z]+ ){1,40}x$",
    ".*" * 100 + "z0",
    "(x+x+)+y",
    r"(?:\w*[aeiou]\w*){20}q",
    "|".join("".join(random.Random(n).choices("abcdef", k=6)) for n in range(65)),
)


def patterns(count: int) -> list[tuple[str, str]]:
    return [("hostile", HOSTILE[number % len(HOSTILE)] + f"|never{number}") for number in range(count)]


@pytest.mark.parametrize("text", [LETTERS, "ab" * 2000, "x" * 4000, "the quick fox " * 285], ids=lambda it: it[:8])
def test_fifty_hostile_patterns_stay_cheap(text: str) -> None:
    built = PatternSet.build(patterns(50))
    reading = NORMALISER.read(text)
    took = []
    for _ in range(4):
        started = time.thread_time()
        built.find(reading)
        took.append(time.thread_time() - started)
    assert min(took) < 0.05


def test_patterns_that_are_too_large_together_are_searched_in_the_first_part_of_a_text() -> None:
    large = [("large", f"(?:a|b){{900}}x{number}") for number in range(12)]
    built = PatternSet.build([*large, ("small", "needle")])
    short, far = NORMALISER.read("a needle"), NORMALISER.read("." * 20_000 + "needle")
    assert [hit.pattern.policy_id for hit in built.find(short)] == ["small"]
    assert built.find(far) == []
    alone = PatternSet.build([("small", "needle")])
    assert [(hit.start, hit.end) for hit in alone.find(far)] == [(20_000, 20_006)]


def test_patterns_in_several_groups_are_all_found_in_their_order() -> None:
    built = PatternSet.build([("p", f"word{number}\\b(?:a|b){{0,60}}") for number in range(40)])
    hits = built.find(NORMALISER.read("word39 word7 word20"))
    assert [(hit.start, hit.end) for hit in hits] == [(7, 12), (13, 19), (0, 6)]


def test_a_pattern_that_needs_too_much_memory_is_refused_with_a_hint() -> None:
    with pytest.raises(PatternError) as refused:
        compile_pattern("(?:[a-z]{100}[0-9]{100}){4}\\pL{800}")
    assert str(refused.value.hint)


@pytest.mark.parametrize("far", [0, 2_000])
def test_a_short_text_and_a_long_one_are_searched_alike(far: int) -> None:
    names = ["free (nitro|gold)", r"\bask me\b", "x*", "(?P<n>a)bc", "(?P<n>z)yx", "never"]
    built = PatternSet.build([("p", name) for name in names])
    text = "." * far + " ABC, ask me for free gold"
    hits = built.find(NORMALISER.read(text))
    expected = {"free (nitro|gold)": "free gold", r"\bask me\b": "ask me", "(?P<n>a)bc": "ABC"}
    assert {hit.pattern.name: text[hit.start : hit.end] for hit in hits} == expected
    assert [hit.pattern.name for hit in hits] == list(expected)


class Speechless:
    """A search of several patterns that ran out of memory: RE2 finds nothing then, and tells no more."""

    def Match(self, text: str) -> None:  # noqa: N802 -- RE2's name
        """What RE2 returns."""


def test_a_search_that_runs_out_of_memory_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.prefilter.patterns._swept", lambda _: Speechless())
    built = PatternSet.build([("p", f"needle{number}") for number in range(20)])
    assert [hit.pattern.name for hit in built.find(NORMALISER.read("a needle7 here"))] == ["needle7"]


def test_patterns_that_cannot_be_searched_at_once_are_searched_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.prefilter.patterns._GATE_MEMORY", 40_000)
    built = PatternSet.build([("p", f"haystack{number}(?:a|b){{0,60}}c") for number in range(20)])
    assert [hit.start for hit in built.find(NORMALISER.read("a haystack7ababc here"))] == [2]
