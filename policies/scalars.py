"""How single values are read: as the type that is wanted, never as the type that YAML would guess."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from policies.phrases import Phrase, Value, phrase
from policies.problems import shown

_TEXT_TAG = "tag:yaml.org,2002:str"
_TRUE = {"true", "yes", "on"}
_FALSE = {"false", "no", "off"}
A_TEXT, A_WORD = phrase("a text"), phrase("a single word")
A_NUMBER, A_WHOLE_NUMBER = phrase("a number"), phrase("a whole number")
TRUE_OR_FALSE = phrase("true or false")
NOTHING = phrase("nothing")
MISTAKEN = phrase("{name} must be {wanted}, here is {found}")
_GUESSES = {
    "bool": TRUE_OR_FALSE,
    "int": A_NUMBER,
    "float": A_NUMBER,
    "null": NOTHING,
    "timestamp": phrase("a date"),
}
_SOMETHING_ELSE = phrase("something else")
_DIGITS_ONLY = phrase("write digits only, 4 for instance")
_PLAIN_WORD = phrase("write true or false, without quotes")


class Misread(ValueError):
    """A value is not what is wanted. The message lacks the value's `{name}`; `hint` says what to write."""

    def __init__(self, message: Phrase, hint: Phrase) -> None:
        super().__init__(message.text)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Reader:
    """How values of one type are read, and what the type is called."""

    wanted: Phrase
    hint: Phrase
    read: Callable[[yaml.ScalarNode], Any]
    """Raises Misread."""


def choice(choices: Sequence[str], make: Callable[[Any], Any]) -> Reader:
    """A reader of one of a few words, made into a value by `make`; quotes and YAML's guesses do not matter."""
    one_of = " | ".join(choices)
    several, one = phrase("write one of: {choices}", choices=one_of), phrase("write {choice}", choice=one_of)
    hint = several if len(choices) > 1 else one

    def read(node: yaml.ScalarNode) -> Any:
        if node.value in choices:
            return make(node.value)
        raise Misread(phrase("{name} cannot be {value}", value=_written(node)), hint)

    return Reader(A_WORD, hint, read)


def _text(node: yaml.ScalarNode) -> str:
    if node.style or node.tag == _TEXT_TAG:
        return str(node.value)
    if not node.value:
        raise Misread(phrase("{name} is empty"), phrase("write a text after the colon or dash"))
    guess = _GUESSES.get(node.tag.rsplit(":", 1)[-1], _SOMETHING_ELSE)
    message = phrase(
        "{name} must be a text, but YAML reads {value} as {guess}", value=shown(node.value), guess=guess
    )
    quoted = node.value if len(node.value) <= 40 else "…"
    raise Misread(message, phrase("put quotes around it: {text}", text=f'"{quoted}"'))


def _whole_number(node: yaml.ScalarNode) -> int:
    is_whole = re.fullmatch(r"0|-?[1-9][0-9]{0,30}", node.value)
    if is_whole and not node.style:
        return int(node.value)
    if is_whole:
        quoted = phrase("the text {value}", value=_written(node))
        raise _mistaken(A_WHOLE_NUMBER, quoted, phrase("take the quotes away"))
    raise _mistaken(A_WHOLE_NUMBER, _written(node), _DIGITS_ONLY)


def _number(node: yaml.ScalarNode) -> float:
    plain = r"[+-]?([0-9]{1,330}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,3})?"
    if not node.style and re.fullmatch(plain, node.value):
        return float(node.value)
    raise _mistaken(A_NUMBER, _written(node), _number_hint(node.value))


def _number_hint(text: str) -> Phrase:
    percent = re.fullmatch(r"([0-9]{1,3}(?:[.,][0-9]{1,6})?) *%", text)
    if percent:
        share = f"{float(percent[1].replace(',', '.')) / 100:g}"
        return phrase("write the share as a number: {number}", number=share)
    if re.fullmatch(r"[0-9]{1,9},[0-9]{1,9}", text):
        return phrase("write a point, not a comma: {number}", number=text.replace(",", "."))
    return phrase("write a plain number without quotes, 0.05 for instance")


def _yes_or_no(node: yaml.ScalarNode) -> bool:
    word = node.value.lower()
    if node.style or word not in _TRUE | _FALSE:
        raise _mistaken(TRUE_OR_FALSE, _written(node), _PLAIN_WORD)
    return word in _TRUE


def _mistaken(wanted: Phrase, found: Value, hint: Phrase) -> Misread:
    return Misread(MISTAKEN.about(wanted=wanted, found=found), hint)


def _written(node: yaml.ScalarNode) -> Value:
    return shown(node.value) if node.value else NOTHING


READERS: dict[type, Reader] = {
    str: Reader(A_TEXT, phrase("write a text; put quotes around it if it begins with a sign like [ or {"), _text),
    int: Reader(A_WHOLE_NUMBER, _DIGITS_ONLY, _whole_number),
    float: Reader(A_NUMBER, phrase("write a plain number, 0.05 for instance"), _number),
    bool: Reader(TRUE_OR_FALSE, _PLAIN_WORD, _yes_or_no),
}
