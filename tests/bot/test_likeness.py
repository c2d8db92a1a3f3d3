"""Texts that are alike are found by what they share, and others are not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.likeness import ALIKE, BANDS, are_alike, bands

SPAM = "free nitro for everyone who clicks this link right now and tells three friends about it today please"


def share_a_band(text: str, other: str) -> bool:
    return not set(bands(text)).isdisjoint(bands(other))


@pytest.mark.parametrize("other", [SPAM.upper(), SPAM.replace("free", "fr33"), f"{SPAM}!!! 🎉", f"<@123> {SPAM}"])
def test_disguises_and_small_changes_make_no_other_text(other: str):
    assert are_alike(SPAM, other)
    assert share_a_band(SPAM, other)


def test_another_text_is_another_text():
    assert not are_alike(SPAM, "good morning, who is up for a round of something nice this evening?")


def test_nearly_all_texts_that_share_nine_words_of_ten_are_found():
    rng = random.Random(7)
    vocabulary = [f"w{number:04d}x" for number in range(2_000)]
    found = 0
    for _ in range(200):
        words = rng.sample(vocabulary, 40)
        other = words[:38] + rng.sample(vocabulary, 2)
        found += share_a_band(" ".join(words), " ".join(other))
    assert found >= 195


def test_texts_that_share_four_words_of_ten_are_hardly_ever_candidates():
    rng = random.Random(7)
    vocabulary = [f"w{number:04d}x" for number in range(2_000)]
    taken = 0
    for _ in range(200):
        words = rng.sample(vocabulary, 40)
        other = words[:23] + rng.sample(vocabulary, 17)
        taken += share_a_band(" ".join(words), " ".join(other))
    assert taken <= 20


@given(st.text(max_size=400))
def test_any_text_has_a_fingerprint_or_no_words(text: str):
    prints = bands(text)
    assert len(prints) in (0, BANDS)
    assert are_alike(text, text) == bool(prints)
    assert 0 < ALIKE < 1
