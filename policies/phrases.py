"""Sentences that can be said in another language later: an English text with places for values.

    phrase("there is no key {key} here", key=shown(key))

`policies` speaks English, to the command line and to logs: `str(phrase)`. `bot.language.said` says the same in the
language of whoever reads it. Texts are found by `tools.language` where `phrase` is called, so they are literal.
"""

from dataclasses import dataclass, replace
from typing import Self, TypeAlias, Union

Value: TypeAlias = Union[str, int, float, "Phrase"]
"""What fills a place: as it is, or said in the language of the sentence around it. Of a fraction, two digits."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text and what its `{places}` hold. Without values it is no format: braces in it are only braces."""

    text: str
    values: tuple[tuple[str, Value], ...] = ()
    """In their order, so that equal phrases are equal."""
    is_code: bool = False
    """The text is the same in every language; what fills its places need not be."""

    def __str__(self) -> str:
        values = {name: _shown(value) for name, value in self.values}
        return self.text.format_map(values) if values else self.text

    def about(self, **values: Value) -> Self:
        """The same with more of its places filled: what is wrong is often known before what it is about."""
        return replace(self, values=(*self.values, *values.items()))


def _shown(value: Value) -> Value:
    return f"{value:.2g}" if isinstance(value, float) else value


def phrase(text: str, /, **values: Value) -> Phrase:
    """A text, and what its `{places}` hold. `text` is literal: it is a key of the catalogues."""
    return Phrase(text, tuple(values.items()))


def code(text: str, /, **values: Value) -> Phrase:
    """What is written in a file, with words in it that need not be English: no key of the catalogues."""
    return Phrase(text, tuple(values.items()), is_code=True)
