"""Rude words are counted as words, in any language."""

# ruff: noqa: RUF001 -- members write in all scripts

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import Normaliser
from inference.prefilter.prefilter import Prefilter
from inference.prefilter.prose import undisguised
from inference.prefilter.scores.lexicon import LISTS, Lexicon
from tests.inference.prefilter.scores.taught_policies import spoilers

LEXICON = Lexicon({"ass": "profane", "son of a gun": "rude", "сука": "profane", "傻逼": "rude", "damn": "maybe"})
NAMES = {name: number for number, name in enumerate(LISTS)}


def count(text: str, name: str = "profane") -> int:
    return round(float(np.expm1(LEXICON.counts(text)[NAMES[name]])))


@pytest.mark.parametrize("text", ["ass", "you ass!", "(ass)", "ass, ass", "ass_hat", "foo\nass"])
def test_a_word_counts_where_it_stands_alone(text: str) -> None:
    assert count(text) == text.count("ass")


@pytest.mark.parametrize("text", ["class", "assume", "glasses", "2ass", "assé", "суками"])
def test_a_part_of_a_word_is_no_word(text: str) -> None:
    assert count(text) == 0


def test_other_scripts_have_words_too_and_phrases_are_found_whole() -> None:
    assert count("ну ты и сука!") == 1
    assert count("你是傻逼吗", "rude") == 1
    assert count("you son of a gun", "rude") == 1
    assert count("son of a gunner", "rude") == 0


def test_the_more_the_worse_up_to_a_page_full() -> None:
    counts = [float(LEXICON.counts("damn " * number)[NAMES["maybe"]]) for number in range(9)]
    assert counts[:7] == pytest.approx(np.log1p(np.arange(7)))
    assert counts[7] == counts[8] == counts[6]


@given(st.text())
def test_any_text_has_counts(text: str) -> None:
    counts = Lexicon.shipped().counts(text)
    assert counts.shape == (len(LISTS),)
    assert np.isfinite(counts).all()


@pytest.mark.parametrize("written", ["f.u.c.k this", "ｆｕｃｋ this", "fu\u200bck this", "FUCK this"])
def test_disguised_spellings_count_as_the_word(written: str) -> None:
    plain = undisguised(Normaliser.shipped().read(written))
    assert Lexicon.shipped().counts(plain).sum() > 0


def test_rude_words_flag_nothing_by_themselves() -> None:
    built = Prefilter.build({1: [spoilers()]}, Knowledge.shipped())
    for text in ("what the fuck", "fuck", "damn this shitty weather"):
        assert built.inspect(1, text) == ()
        assert all(not look.forced for look in built.look(1, text))
