"""Views of a text, and the way back to the member's own characters."""

# ruff: noqa: RUF001 -- look-alike letters are what these tests are about

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.prefilter.disguise_signs import DISGUISED, GAP, GAP_BESIDE_MASKS, Sign, is_disguised, may_hold
from inference.prefilter.folding import shipped_folding
from inference.prefilter.normalise import MAX_CHARACTERS, Normaliser, lowered
from inference.prefilter.parts import ROOM, disguised_parts
from inference.prefilter.view import View

NORMALISER = Normaliser.shipped()

TANGLED = st.text(
    alphabet=st.one_of(
        st.sampled_from("abl oO013$@!.-_*`<>:/\n\t ﬀßİ\u200b\u0338ｌ𝓵🇱лосѕ👏漢ا٣"),
        st.characters(),
    ),
    max_size=60,
)


def light(text: str) -> str:
    return NORMALISER.read(text).light.text


def every_view(text: str) -> list[View]:
    reading = NORMALISER.read(text)
    coarse = [view for pair in reading.coarse for view in (pair.readable, pair.skeleton)]
    return [reading.raw, reading.light, *coarse]


@given(TANGLED)
def test_every_part_of_every_view_comes_from_a_part_of_the_text(text: str) -> None:
    for view in every_view(text):
        spans = [view.raw_span(place, place + 1) for place in range(len(view.text))]
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert spans == sorted(spans)


@given(TANGLED)
def test_letters_that_need_no_folding_come_from_themselves(text: str) -> None:
    view = NORMALISER.read(text).light
    for place, letter in enumerate(view.text):
        start, _ = view.raw_span(place, place + 1)
        if letter.isascii() and letter.isalnum() and text[start].isascii():
            assert lowered(text[start]) == letter


@given(TANGLED)
def test_reading_what_was_read_changes_nothing_more(text: str) -> None:
    once = light(text)
    assert light(once) == once


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("Hello THERE", "hello there"),
        ("ＦＵＬＬ　ｗｉｄｔｈ！", "full width!"),
        ("𝖌𝖔𝖙𝖍𝖎𝖈 ⓒⓘⓡⓒⓛⓔ 🅂🅀 🇱🇴🇱", "gothic circle sq lol"),
        ("z\u0338\u0322a\u031bl\u0334g\u0335o", "zalgo"),
        ("s\u200bp\u200cl\u200di\u2060t\ufeff \u202ereversed", "split reversed"),
        ("ﬀ ß æ ł ø", "ff ss ae l o"),
        ("dоn’t — «quote»", 'don\'t - "quote"'),
        ("two  \n blanks\u00a0and\u2003more", "two blanks and more"),
        ("İstanbul ı", "istanbul i"),
    ],
)
def test_the_light_view_is_what_a_person_reads(text: str, reads: str) -> None:
    assert light(text) == reads


@pytest.mark.parametrize(
    "sentence",
    [
        "мы едем в москву, а вы нет",
        "θα πάμε στην αθήνα".replace("ά", "α").replace("ή", "η"),
        "मैं घर जा रहा हूँ",
        "今日は学校に行きます",
        "أنا ذاهب إلى المدرسة",
        "אני הולך לבית הספר",
        "ฉันไปโรงเรียน",
        "우리는 학교에 간다",
    ],
)
def test_other_alphabets_stay_readable(sentence: str) -> None:
    assert light(sentence) == sentence


def test_look_alikes_become_latin_only_in_words_that_mix() -> None:
    assert light("оn the рoint") == "on the point"
    assert light("он пошёл домой") == "он пошел домой"


def test_plain_text_has_no_coarse_view() -> None:
    assert NORMALISER.read("Nothing to see here, really: it's all fine (I think)...").coarse == ()


def test_the_only_letter_whose_small_form_is_longer_is_known() -> None:
    letters = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    assert [letter for letter in letters if len(lowered(letter)) != 1] == []


def test_the_folding_table_holds_small_letters_and_folds_once() -> None:
    folding = shipped_folding()
    for point, reading in folding.anywhere.items():
        assert lowered(reading) == reading
        assert all(ord(part) not in folding.anywhere for part in reading if part != " "), hex(point)
    for table in (folding.look_alikes, folding.stand_ins):
        assert all(len(reading) == 1 and reading.isascii() for reading in table.values())


def test_the_folding_table_leaves_vowel_signs_alone() -> None:
    folding = shipped_folding()
    signs = [chr(point) for point in range(0x900, 0x0E80) if unicodedata.category(chr(point)) == "Mn"]
    assert [sign for sign in signs if ord(sign) in folding.anywhere] == []


def test_a_long_text_is_read_up_to_a_limit() -> None:
    reading = NORMALISER.read("a" * (MAX_CHARACTERS + 5))
    assert len(reading.written) == len(reading.light.text) == MAX_CHARACTERS


@pytest.mark.parametrize(
    "unit",
    ["a", "a ", "\u0338", "l0", "a.b", "``", "<a:", "x.y/", "é", "字", "🇱", "\ud800", "\0", "о", "aaab", "1!"],
)
def test_no_text_takes_long_to_read(unit: str) -> None:
    text = unit * (4000 // len(unit))
    started = time.thread_time()
    for view in every_view(text):
        if view.text:
            view.raw_span(0, len(view.text))
    assert time.thread_time() - started < 0.05, "ten times the promise, for slow machines"


@settings(deadline=None, max_examples=400)
@given(st.text(alphabet="abcl o10$!@|+.-_*#?%&'\"\\^~,\n\t\x1c()/", max_size=12))
def test_quick_expressions_match_where_the_exact_ones_do(text: str) -> None:
    assert is_disguised(text) == (DISGUISED.search(text) is not None)
    assert may_hold(Sign.GAP, text) == (GAP.search(text) is not None)
    assert may_hold(Sign.GAP_BESIDE_MASKS, text) == (GAP_BESIDE_MASKS.search(text) is not None)


@pytest.mark.parametrize("place", [0, 1_000, 2_500, 3_950])
@pytest.mark.parametrize("filler", ["the quick brown fox ", "он пошел домой ", "漢字"])
def test_of_a_long_text_the_parts_with_disguises_are_read_wherever_they_stand(filler: str, place: int) -> None:
    text = (filler * 4_000)[:place] + " you l0o0ser " + (filler * 4_000)[: 4_000 - place]
    reading = NORMALISER.read(text)
    spans = [
        view.readable.raw_span(start, start + len("l0o0ser"))
        for view in reading.coarse
        if (start := view.readable.text.find("l0o0ser")) >= 0
    ]
    expected = text.index("l0o0ser")
    assert (expected, expected + len("l0o0ser")) in spans
    assert all(len(view.skeleton.text) <= ROOM for view in reading.coarse)


@given(st.text(alphabet="ab \n", max_size=3_000), st.sampled_from("ab"))
def test_parts_of_a_long_text_come_from_where_they_stand(text: str, needed: str) -> None:
    view = View(text)
    parts = disguised_parts(view, lambda part: needed in part)
    if parts is None:
        assert needed not in text
        return
    assert len(parts.text) <= ROOM + ROOM // 10
    for place, letter in enumerate(parts.text):
        start, end = parts.raw_span(place, place + 1)
        assert text[start:end] == letter or letter == " "


def test_a_tatweel_is_no_letter() -> None:
    """It draws an Arabic word out."""
    assert Normaliser.shipped().folded("مـتـخـلـف") == "متخلف"
