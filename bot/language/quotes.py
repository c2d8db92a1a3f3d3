"""Other people's words, in the marks that the language puts around them."""

from bot.language.catalogue import tr


def in_quotes(words: str) -> str:
    """Words in quotation marks. They are not escaped here, as with `tr`."""
    return tr("“{words}”", words=words)
