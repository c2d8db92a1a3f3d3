"""What is said in each language. The catalogues are gettext's PO files beside this module."""

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.language.current import LANGUAGES, Language, current_language

__all__ = ["LANGUAGES", "Language", "load_all", "marked", "tr", "tr_in", "tr_n"]


def tr(text: str, /, **values: object) -> str:
    """A text in the language that is spoken now, with its `{placeholders}` filled in.

    Values are not escaped here: whoever shows the text knows what is markup there.
    """
    said = _catalogue(current_language()).gettext(text)
    return said.format_map(values) if values else said


def tr_in(context: str, text: str, /) -> str:
    """A word that means several things, in the meaning that the context names."""
    return _catalogue(current_language()).pgettext(context, text)


def tr_n(one: str, many: str, count: int, /, **values: object) -> str:
    """The form of a text that fits the number, which is also its `{count}`."""
    said = _catalogue(current_language()).ngettext(one, many, count)
    return said.format_map({"count": count, **values})


def marked(text: str, *, context: str | None = None) -> str:  # noqa: ARG001 - read by `tools.language`
    """The text as it is: one that is said later is found by whoever collects texts for translators.

    One with a context is said with `tr_in`, others with `tr`.
    """
    return text


def load_all() -> None:
    """Read every catalogue, so that nobody waits for it later. Takes a tenth of a second; any thread may do it."""
    for language in Language:
        _catalogue(language)


@lru_cache(maxsize=len(Language))
def _catalogue(language: Language) -> NullTranslations:
    if language is Language.ENGLISH:
        return NullTranslations()
    with (files("bot.language") / f"{language}.po").open("rb") as source:
        texts = read_po(source, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return GNUTranslations(compiled)
