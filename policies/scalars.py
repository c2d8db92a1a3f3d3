"""How single values are read: as the type that is wanted, never as the type that YAML would guess."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from policies.problems import shown

_TEXT_TAG = "tag:yaml.org,2002:str"
_TRUE = {"true", "yes", "on"}
_FALSE = {"false", "no", "off"}
_GUESSES = {
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
}


class Misread(ValueError):
    """A value is not what is wanted. The message goes on after the value's name; `hint` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Reader:
    """How values of one type are read, and what the type is called."""

    wanted: str
    hint: str
    read: Callable[[yaml.ScalarNode], Any]
    """Raises Misread."""


def choice(choices: Sequence[str], make: Callable[[Any], Any]) -> Reader:
    """A reader of one of a few words, made into a value by `make`; quotes and YAML's guesses do not matter."""
    one_of = " | ".join(choices)
    hint = f"write one of: {one_of}" if len(choices) > 1 else f"write {one_of}"

    def read(node: yaml.ScalarNode) -> Any:
        if node.value in choices:
            return make(node.value)
        raise Misread(f"cannot be {_written(node)}", hint)

    return Reader("a single word", hint, read)


def _text(node: yaml.ScalarNode) -> str:
    if node.style or node.tag == _TEXT_TAG:
        return str(node.value)
    if not node.value:
        raise Misread("is empty", "write a text after the colon or dash")
    guess = _GUESSES.get(node.tag.rsplit(":", 1)[-1], "something else")
    quoted = node.value if len(node.value) <= 40 else "…"
    message = f"must be a text, but YAML reads {shown(node.value)} as {guess}"
    raise Misread(message, f'put quotes around it: "{quoted}"')


def _whole_number(node: yaml.ScalarNode) -> int:
    is_whole = re.fullmatch(r"0|-?[1-9][0-9]{0,30}", node.value)
    if is_whole and not node.style:
        return int(node.value)
    if is_whole:
        raise Misread(f"must be a whole number, here is the text {_written(node)}", "take the quotes away")
    raise Misread(f"must be a whole number, here is {_written(node)}", "write digits only, 4 for instance")


def _number(node: yaml.ScalarNode) -> float:
    plain = r"[+-]?([0-9]{1,330}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,3})?"
    if not node.style and re.fullmatch(plain, node.value):
        return float(node.value)
    raise Misread(f"must be a number, here is {_written(node)}", _number_hint(node.value))


def _number_hint(text: str) -> str:
    percent = re.fullmatch(r"([0-9]{1,3}(?:[.,][0-9]{1,6})?) *%", text)
    if percent:
        return f"write the share as a number: {float(percent[1].replace(',', '.')) / 100:g}"
    if re.fullmatch(r"[0-9]{1,9},[0-9]{1,9}", text):
        return f"write a point, not a comma: {text.replace(',', '.')}"
    return "write a plain number without quotes, 0.05 for instance"


def _yes_or_no(node: yaml.ScalarNode) -> bool:
    word = node.value.lower()
    if node.style or word not in _TRUE | _FALSE:
        raise Misread(f"must be true or false, here is {_written(node)}", "write true or false, without quotes")
    return word in _TRUE


def _written(node: yaml.ScalarNode) -> str:
    return shown(node.value) if node.value else "nothing"


READERS: dict[type, Reader] = {
    str: Reader("a text", "write a text; put quotes around it if it begins with a sign like [ or {", _text),
    int: Reader("a whole number", "write digits only, 4 for instance", _whole_number),
    float: Reader("a number", "write a plain number, 0.05 for instance", _number),
    bool: Reader("true or false", "write true or false, without quotes", _yes_or_no),
}
