"""An index that is built from the one before finds what a fresh one finds, and works out only what changed."""

import itertools
from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.keywords import KeywordIndex
from inference.prefilter.normalise import Normaliser

NORMALISER = Normaliser.shipped()
TEXT = "the l0ser and the w!nner, an idiot, go die, godie, scammers, w*nner"

Keywords = Mapping[int, Sequence[tuple[str, str]]]


def hits(index: KeywordIndex, guild_id: int) -> set[tuple[str, str, int, int]]:
    found = index.find(guild_id, NORMALISER.read(TEXT))
    return {(hit.keyword.policy_id, hit.keyword.name, hit.start, hit.end) for hit in found}


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]), st.sampled_from(["loser", "winner", "idiot*", "go die", "scam*", "the", "*"])
    ),
    unique=True,
    max_size=6,
)
GUILDS = st.dictionaries(st.integers(1, 3), PAIRS, max_size=3)


@settings(deadline=None, max_examples=60)
@given(st.lists(GUILDS, min_size=1, max_size=5))
def test_a_chain_of_rebuilds_finds_what_a_fresh_index_finds(steps: list[Keywords]) -> None:
    index: KeywordIndex | None = None
    for keywords in steps:
        index = KeywordIndex.build(keywords, NORMALISER, index)
        fresh = KeywordIndex.build(keywords, NORMALISER)
        for guild_id in (1, 2, 3):
            assert hits(index, guild_id) == hits(fresh, guild_id)


def test_unchanged_lists_and_the_big_automaton_are_taken_over() -> None:
    before = {guild: [("rude", "loser"), ("scams", "scam*")] for guild in range(50)}
    old = KeywordIndex.build(before, NORMALISER)
    new = KeywordIndex.build(before | {7: [("rude", "loser"), ("scams", "idiot")]}, NORMALISER, old)
    assert len(old.lists) == 2, "guilds with the same policies share them"
    assert new.layers[0] is old.layers[0]
    assert [len(layer.lists) for layer in new.layers] == [2, 1]
    assert {name for _, name, _, _ in hits(new, 7)} == {"loser", "idiot"}
    assert {name for _, name, _, _ in hits(new, 8)} == {"loser", "scam*"}
    assert {name for _, name, _, _ in hits(old, 7)} == {"loser", "scam*"}


def test_many_changes_end_in_one_automaton_again() -> None:
    index = KeywordIndex.build({1: [("a", "loser")]}, NORMALISER)
    for turn in range(4):
        words = [("a", f"{turn}word{number}") for number in range(1500)]
        index = KeywordIndex.build({1: [("b", "winner"), *words]}, NORMALISER, index)
        assert sum(layer.entries for layer in index.layers) < 12_000
        assert {name for _, name, _, _ in hits(index, 1)} == {"winner"}


def test_a_keyword_that_many_guilds_have_is_told_apart() -> None:
    keywords = {guild: [(f"policy{guild}", "loser"), ("other", f"word{guild}")] for guild in range(300)}
    index = KeywordIndex.build(keywords, NORMALISER)
    assert {policy for policy, _, _, _ in hits(index, 250)} == {"policy250"}


def test_ten_thousand_keywords_in_one_policy_are_found() -> None:
    names = ["".join(letters) for letters in itertools.product("bdfgk", "aeiou", "lmnr", "aeiou", "stvz", "aeiou")]
    index = KeywordIndex.build({1: [("big", name) for name in names]}, NORMALISER)
    assert len(names) == 10_000
    text = f"{names[0]} {names[5000]}, {names[9999]} and {names[77]}n"
    found = index.find(1, NORMALISER.read(text))
    assert [hit.keyword.name for hit in found] == [names[0], names[5000], names[9999]]
