"""Texts are sealed: what comes out is what went in, and nothing else opens."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.sealing import KEY_MARK, Key, Keys, NoKey, SealBroken, beginnings, key_id, new_key

KEYS = Keys(new_key())
KIND = "revision.message"


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    sealed = KEYS.seal(KIND, text)
    assert sealed.isascii()
    assert KEYS.open(KIND, sealed) == text


def test_the_same_text_is_never_sealed_the_same() -> None:
    assert len({KEYS.seal(KIND, "you loser") for _ in range(100)}) == 100


@given(st.data())
def test_a_text_that_was_tampered_with_does_not_open(data: st.DataObject) -> None:
    sealed = KEYS.seal(KIND, "you loser")
    place = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda letter: letter != sealed[place]))
    with pytest.raises(SealBroken):
        KEYS.open(KIND, sealed[:place] + other + sealed[place + 1 :])


@pytest.mark.parametrize("length", range(1, 5))
def test_even_bits_that_do_not_count_are_looked_at(length: int) -> None:
    sealed = KEYS.seal(KIND, "x" * length)
    last = len(sealed.rstrip("=")) - 1
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".replace(sealed[last], ""):
        with pytest.raises(SealBroken):
            KEYS.open(KIND, sealed[:last] + other + sealed[last + 1 :])


@pytest.mark.parametrize("cut", [1, 4, 20, 40, 60])
def test_a_text_that_was_cut_does_not_open(cut: int) -> None:
    with pytest.raises(SealBroken):
        KEYS.open(KIND, KEYS.seal(KIND, "you loser")[:-cut])


def test_a_text_of_one_column_does_not_open_in_another() -> None:
    with pytest.raises(SealBroken, match="another column"):
        KEYS.open("decision.reason", KEYS.seal(KIND, "you loser"))


@pytest.mark.parametrize("plain", ["you loser", '{"content": "you loser"}', "sealed1:", "sealed1:00000000:"])
def test_a_plain_text_is_not_taken_for_a_sealed_one(plain: str) -> None:
    with pytest.raises(SealBroken, match="not sealed"):
        KEYS.open(KIND, plain)


def test_an_erased_text_is_empty() -> None:
    assert KEYS.open(KIND, "") == ""


def test_every_known_key_opens_and_the_newest_one_seals() -> None:
    sealed = KEYS.seal(KIND, "you loser")
    changed = Keys(new_key(), (KEYS.newest,))
    assert changed.open(KIND, sealed) == "you loser"
    assert key_id(changed.seal(KIND, "x")) == changed.newest.id
    with pytest.raises(SealBroken, match=f"key {changed.newest.id} is not known"):
        KEYS.open(KIND, changed.seal(KIND, "x"))


def test_what_a_text_begins_with_tells_its_key() -> None:
    sealed = KEYS.seal(KIND, "you loser")
    assert sealed.startswith(beginnings([KEYS.newest]))
    assert key_id(sealed) == KEYS.newest.id
    assert key_id("sealed1:soon") is None


class TestKeys:
    def test_a_key_is_read_as_it_was_written(self) -> None:
        key = new_key()
        assert Key.parse(key.text).id == key.id
        assert re.fullmatch(r"sgk1_[\w-]{43}", key.text)
        assert re.fullmatch(r"[0-9a-f]{8}", key.id)

    def test_no_two_are_the_same(self) -> None:
        assert len({new_key().text for _ in range(50)}) == 50

    @pytest.mark.parametrize("separator", ["\n", ",", " ", " ,\n\n"])
    def test_several_are_read_in_order_and_each_once(self, separator: str) -> None:
        first, second = new_key(), new_key()
        keys = Keys.parse(separator.join([first.text, second.text, first.text]) + "\n")
        assert [key.id for key in keys.all] == [first.id, second.id]

    @pytest.mark.parametrize(
        "text", ["", " \n", "password", KEY_MARK, KEY_MARK + "A" * 42, KEY_MARK + "A" * 42 + "é"]
    )
    def test_what_is_no_key_is_refused_and_not_repeated(self, text: str) -> None:
        with pytest.raises(NoKey) as caught:
            Keys.parse(text)
        assert "password" not in str(caught.value)
        assert KEY_MARK + "A" not in str(caught.value)

    def test_a_last_character_that_no_key_ends_with_is_a_typing_error(self) -> None:
        with pytest.raises(NoKey, match="last character"):
            Key.parse(KEY_MARK + "A" * 42 + "B")

    def test_nothing_shows_a_key(self) -> None:
        secret = KEYS.newest.text.removeprefix(KEY_MARK)
        assert secret not in repr(KEYS)
        assert secret not in repr(replace(KEYS.newest, id="00000000"))
