"""Brings the catalogues up to date with the code: `python -m tools.language.update`.

New texts come in without a translation, old ones go. It prints what is left to translate.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bot.language import LANGUAGES, Language
from tools.language.collecting import Text, collect
from tools.language.glossary import GLOSSARIES, as_comment

ROOT = Path(__file__).parents[2]
BOT = ROOT / "bot"
SPEAKING = (BOT, ROOT / "policies", ROOT / "inference")
"""Folders with texts for people."""
_HEAD = """\
# {name}. `python -m tools.language.update` brings in new texts; keep {{placeholders}} and **markup** as they are.
#
{glossary}msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def main() -> None:
    """Rewrite every catalogue."""
    texts = all_texts()
    for language in Language:
        if language is not Language.ENGLISH:
            missing = update(BOT / "language" / f"{language}.po", language, texts)
            sys.stdout.write(f"{language}: {missing} texts to translate\n")


def all_texts() -> list[Text]:
    """Every text that people are told, in the code as it is now."""
    return [text for folder in SPEAKING for text in collect(folder, ROOT)]


def update(file: Path, language: Language, texts: list[Text]) -> int:
    """Rewrite one catalogue; how many of its texts are not translated."""
    with file.open("rb") as source:
        known = read_po(source, locale=language.value)
    fresh = fitted(known, language, texts)
    with file.open("wb") as target:
        target.write(head(language).encode())
        write_po(target, fresh, width=110, omit_header=True, no_location=True)
    return sum(1 for message in fresh if message.id and not _is_whole(message.string))


def head(language: Language) -> str:
    """What stands above a catalogue's texts."""
    glossary = as_comment(GLOSSARIES[language])
    return _HEAD.format(name=LANGUAGES[language], code=language.value, glossary=glossary)


def fitted(known: Catalog, language: Language, texts: list[Text]) -> Catalog:
    """The texts of today, with the translations that are known."""
    fresh = Catalog(locale=language.value, fuzzy=False)
    for one, many, context in dict.fromkeys((text.one, text.many, text.context) for text in texts):
        message = known.get(one, context)
        fits = message is not None and isinstance(message.string, tuple | list) == (many is not None)
        said = message.string if message is not None and fits else ("" if many is None else ("", ""))
        fresh.add(one if many is None else (one, many), said, context=context)
    return fresh


def _is_whole(said: str | tuple[str, ...] | list[str]) -> bool:
    return all(said) if isinstance(said, tuple | list) else bool(said)


if __name__ == "__main__":
    main()
