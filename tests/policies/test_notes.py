"""What is stored of a note says the same again, whoever wrote it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.frozen import Frozen
from policies.notes import Note
from policies.phrases import Phrase, code, phrase

_NAMES = st.sampled_from(["why", "count", "at"])
_PLAIN = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))


def phrases(inner: st.SearchStrategy[Phrase] | None = None) -> st.SearchStrategy[Phrase]:
    values = _PLAIN if inner is None else _PLAIN | inner
    filled = st.dictionaries(_NAMES, values).map(lambda each: tuple(each.items()))
    return st.builds(Phrase, st.text(), filled, st.booleans())


class Holder(Frozen):
    notes: tuple[Note, ...] = ()


@given(st.lists(phrases() | phrases(phrases())))
def test_a_note_is_read_as_it_was_written(told: list[Phrase]) -> None:
    held = Holder(notes=tuple(told))
    assert Holder.model_validate_json(held.model_dump_json()) == held
    assert Holder.model_validate_json(held.model_dump_json(), strict=False) == held
    assert Holder.model_validate(held.model_dump()) == held


@given(st.text())
def test_a_plain_sentence_of_an_older_version_is_a_note(sentence: str) -> None:
    held = Holder.model_validate_json(json.dumps({"notes": [sentence]}))
    assert held.notes == (phrase(sentence),)
    assert list(map(str, held.notes)) == [sentence]


def test_a_sentence_without_values_is_stored_as_it_is() -> None:
    told = (phrase("it is long: {odd}"), phrase("only {mass}", mass=0.00123), code("`x`"))
    assert json.loads(Holder(notes=told).model_dump_json())["notes"] == [
        "it is long: {odd}",
        {"text": "only {mass}", "values": [["mass", 0.00123]]},
        {"text": "`x`", "is_code": True},
    ]


@pytest.mark.parametrize("stored", [3, None, {}, {"text": 1}, {"text": "a", "values": [["a", None]]}])
def test_what_is_no_note_is_refused(stored: object) -> None:
    with pytest.raises(ValidationError):
        Holder.model_validate_json(json.dumps({"notes": [stored]}), strict=False)


def test_a_fraction_is_told_with_two_digits() -> None:
    assert str(phrase("only {mass}", mass=0.0012345)) == "only 0.0012"
