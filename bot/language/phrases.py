"""Says the phrases of `policies`, which speaks English by itself, in the language that is spoken now."""

from bot.language.catalogue import tr
from bot.language.numbers import two_digits
from policies.phrases import Phrase, Value


def said(phrase: Phrase) -> str:
    """A phrase with all that fills it. Values are not escaped: whoever shows it knows what is markup there."""
    values = {name: _said(value) for name, value in phrase.values}
    if phrase.text and not phrase.is_code:
        return tr(phrase.text, **values)
    return phrase.text.format_map(values) if values else phrase.text


def _said(value: Value) -> object:
    if isinstance(value, Phrase):
        return said(value)
    return two_digits(value) if isinstance(value, float) else value
