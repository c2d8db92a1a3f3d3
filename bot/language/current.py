"""Which language is spoken at the moment: of the person who asked, or of the guild that a card is for."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """A language that has a catalogue. English needs none: its texts are the keys."""

    ENGLISH = "en"
    GERMAN = "de"
    SPANISH = "es"


LANGUAGES: Final[dict[Language, str]] = {
    Language.ENGLISH: "English",
    Language.GERMAN: "Deutsch",
    Language.SPANISH: "Español",
}
"""By the names that their speakers give them."""

_BY_CODE: Final = {language.value: language for language in Language}
_current: ContextVar[Language] = ContextVar("language", default=Language.ENGLISH)


def language_of(locale: str | None) -> Language:
    """The language of a locale as Discord writes it (`en-GB`, `es-419`, `de`); English without a catalogue."""
    code = (locale or "").replace("_", "-").split("-")[0].lower()
    return _BY_CODE.get(code, Language.ENGLISH)


def current_language() -> Language:
    """The language that is spoken now."""
    return _current.get()


def speak(language: Language) -> None:
    """Speak this language from here on, in the current task and in those it starts."""
    _current.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak this language for a while."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)
