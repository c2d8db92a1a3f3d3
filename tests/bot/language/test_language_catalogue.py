"""What people are told is in every language, and says the same in each."""

import ast
import asyncio
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import bot.language
from bot.language import (
    Language,
    current_language,
    in_quotes,
    language_of,
    number,
    percent,
    speak,
    speaking,
    tr,
    tr_n,
)
from tools.language.collecting import NotATextError, Text, collect
from tools.language.glossary import GLOSSARIES
from tools.language.update import all_texts, head

BOT = Path(bot.__file__).parent
OTHERS = [language for language in Language if language is not Language.ENGLISH]
_PLACE = re.compile(r"\{\w+\}")
_CODE = re.compile(r"`[^`]*`|\{\w+\}")
_MARKS = re.compile("[“”„«»]")
_MARKUP = re.compile(r"\*\*|`[^`]*`|\n|</?\w+:\w+>")


@pytest.fixture(scope="module")
def texts() -> list[Text]:
    """Read out of the whole code, which takes a second and more."""
    return all_texts()


@pytest.fixture(scope="module", params=OTHERS)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    with (BOT / "language" / f"{request.param}.po").open("rb") as source:
        return read_po(source, locale=request.param.value, abort_invalid=True)


def forms(message: Message) -> list[tuple[str, str]]:
    """Each English form beside the one in the other language."""
    if isinstance(message.id, str):
        assert isinstance(message.string, str), message.id
        return [(message.id, message.string)]
    assert isinstance(message.string, tuple | list), message.id
    return list(zip(message.id, message.string, strict=True))


def placeholders(text: str) -> set[str]:
    """Of a text without any, braces are only braces: what is said without values is no format."""
    if not _PLACE.search(text):
        return set()
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_text_in_the_code_is_translated_and_nothing_else_is_kept(
    catalogue: Catalog, texts: list[Text]
) -> None:
    wanted = {(text.context, text.one if text.many is None else (text.one, text.many)) for text in texts}
    known = {
        (message.context, message.id if isinstance(message.id, str) else tuple(message.id))
        for message in catalogue
        if message.id
    }
    assert (wanted - known, known - wanted) == (set(), set()), "python -m tools.language.update"
    empty = [message.id for message in catalogue if message.id and not all(said for _, said in forms(message))]
    assert empty == [], "these have no translation"


def test_placeholders_and_markup_are_those_of_the_english_text(catalogue: Catalog) -> None:
    for message in catalogue:
        for english, said in forms(message) if message.id else ():
            assert placeholders(said) == placeholders(english), english
            assert sorted(_MARKUP.findall(said)) == sorted(_MARKUP.findall(english)), (english, said)
            assert said.strip() == said or english.strip() != english, english


def test_one_thing_is_called_the_same_everywhere_and_nobodys_gender_is_guessed(catalogue: Catalog) -> None:
    glossary = GLOSSARIES[Language(str(catalogue.locale))]
    for term in filter(lambda term: term.never, glossary.terms):
        never = re.compile(term.never, re.IGNORECASE)
        assert not never.search(term.said), term
        told = [_CODE.sub("", said) for message in catalogue if message.id for _, said in forms(message)]
        found = [said for said in told if never.search(said)]
        assert found == [], f"{term.english} is called {term.said}"


def test_quotes_stand_in_the_marks_of_the_language(catalogue: Catalog) -> None:
    opening, closing = GLOSSARIES[Language(str(catalogue.locale))].marks
    pair = re.compile(f"{opening}[^{opening}{closing}]+{closing}")
    for message in catalogue:
        for english, said in forms(message) if message.id else ():
            assert not _MARKS.search(pair.sub("", _CODE.sub("x", said))), said
            assert english.count('"') == said.count('"'), said


@pytest.mark.parametrize("language", Language)
def test_words_that_the_code_quotes_stand_in_the_same_marks(language: Language) -> None:
    marks = "“”" if language is Language.ENGLISH else GLOSSARIES[language].marks
    with speaking(language):
        assert in_quotes("{odd} words") == f"{marks[0]}{{odd}} words{marks[1]}"


def test_no_code_puts_marks_around_words_by_itself() -> None:
    """English ones would stand in German cards. The command line speaks English only."""
    english = re.compile("“[{].*[}]”")
    in_english = {BOT / "terminal.py", BOT / "review" / "bulk.py"}  # the second one is for programmers
    sources = {file: file.read_text("utf-8") for file in BOT.rglob("*.py")}
    strings = [(file, node) for file, text in sources.items() if "“" in text for node in ast.walk(ast.parse(text))]
    found = [
        file for file, node in strings if isinstance(node, ast.JoinedStr) and english.search(ast.unparse(node))
    ]
    assert set(found) - in_english == set(), "say it with `in_quotes`"


def test_the_words_to_use_stand_at_the_head_of_a_catalogue(catalogue: Catalog) -> None:
    language = Language(str(catalogue.locale))
    text = (BOT / "language" / f"{language}.po").read_text("utf-8")
    assert text.startswith(head(language)), "python -m tools.language.update"


def test_what_discord_limits_fits_in_every_language(catalogue: Catalog, texts: list[Text]) -> None:
    limited = [text for text in texts if text.longest]
    assert limited
    for text in limited:
        message = catalogue.get(text.one, text.context)
        assert message is None or len(str(message.string)) <= (text.longest or 0), text


def test_a_text_that_is_put_together_cannot_be_translated_and_is_refused(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text('tr(f"you have {n} cases")')
    with pytest.raises(NotATextError, match=r"module\.py:1"):
        collect(tmp_path, tmp_path)


def test_texts_are_found_where_people_are_told_something(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(
        'X = marked("later")\ntr("now {a}", a=1)\ntr_n("{count} case", "{count} cases", 2)\ntr(X)\n'
        'Y = marked("low", context="severity")\ntr_in("effort", "low")\nphrase("no {key}", key=X)\n'
        '@app_commands.command(description="a command")\n@app_commands.describe(first="an option")\n'
        'def f(): Choice(name="a choice", value="x")\n'
    )
    assert {(text.one, text.many, text.context) for text in collect(tmp_path, tmp_path)} == {
        ("later", None, None),
        ("now {a}", None, None),
        ("{count} case", "{count} cases", None),
        ("low", None, "severity"),
        ("low", None, "effort"),
        ("no {key}", None, None),
        ("a command", None, None),
        ("an option", None, None),
        ("a choice", None, None),
    }


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de", "de"),
        ("es-419", "es"),
        ("es-ES", "es"),
        ("es_MX", "es"),
        ("en-GB", "en"),
        ("ja", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_a_locale_without_a_catalogue_is_answered_in_english(locale: str | None, language: str) -> None:
    assert language_of(locale) == language


def test_numbers_are_written_as_the_language_does() -> None:
    with speaking(Language.GERMAN):
        assert (number(12345.678, 1), percent(0.1234, 1)) == ("12.345,7", "12,3\N{NO-BREAK SPACE}%")
    assert (number(12345), percent(0.5)) == ("12,345", "50%")


async def test_two_people_are_answered_in_their_languages_at_once() -> None:
    async def answer(language: Language) -> Language:
        speak(language)
        await asyncio.sleep(0)
        return current_language()

    assert await asyncio.gather(*map(answer, Language)) == list(Language)
    assert current_language() is Language.ENGLISH


def test_text_without_values_is_not_a_format() -> None:
    assert tr("{as it is}") == "{as it is}"
    assert tr("{name}: 1", name="{ada}") == "{ada}: 1"
    assert tr_n("{count} a", "{count} b", 2) == "2 b"
