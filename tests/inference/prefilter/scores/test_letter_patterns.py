"""Hashed character n-grams."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from inference.prefilter.scores.ngrams import BUCKETS, ngram_buckets

_MIX = 0x9E3779B1
PINNED_LOSER = [
    255,
    274,
    510,
    532,
    823,
    910,
    1835,
    2934,
    3090,
    3416,
    4589,
    4777,
    5534,
    5795,
    6006,
    6024,
    6859,
    7899,
]
PINNED_DOM = [302, 669, 2237, 2934, 2951, 4351, 4536, 6317, 6319, 6843, 7047, 7945, 8128]


def bucket(pattern: str) -> int:
    """The bucket of one pattern, letter by letter."""
    found = 0
    for letter in pattern:
        found = (found * _MIX + ord(letter)) % 2**32
    return found * _MIX % 2**32 >> 32 - BUCKETS.bit_length() + 1


def patterns(text: str) -> set[str]:
    """The patterns by their definition: in each word with its blanks, and the blank between two words' letters."""
    padded = f" {' '.join(text.split())} "
    return {
        padded[start : start + length]
        for length in (2, 3, 4, 5)
        for start in range(len(padded) - length + 1)
        if " " not in padded[start + 1 : start + length - 1]
    }


def test_buckets_are_pinned_since_shipped_weights_are_stored_by_them() -> None:
    assert ngram_buckets("loser").tolist() == PINNED_LOSER
    assert ngram_buckets("дом 😀").tolist() == PINNED_DOM


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
@example("a")
@example("a b")
@example("  you   are  ")
@example("ß\u2003字\n😀")
def test_the_buckets_are_those_of_all_patterns_within_words(text: str) -> None:
    expected = sorted({bucket(pattern) for pattern in patterns(text)}) if text.split() else []
    assert ngram_buckets(text).tolist() == expected


@given(st.text())
def test_any_text_has_each_bucket_once_in_rising_order(text: str) -> None:
    buckets = ngram_buckets(text).tolist()
    assert all(first < second for first, second in pairwise(buckets))
    assert all(0 <= number < BUCKETS for number in buckets)
    assert bool(buckets) == bool(text.split())


def test_words_do_not_know_their_neighbours() -> None:
    apart = set(ngram_buckets("kill").tolist()) | set(ngram_buckets("yourself").tolist())
    together = set(ngram_buckets("kill yourself").tolist())
    assert together == apart
    assert set(ngram_buckets("killyourself").tolist()) != apart


def test_a_lone_surrogate_is_a_question_mark() -> None:
    assert ngram_buckets("a\ud800b").tolist() == ngram_buckets("a?b").tolist()
