"""Lines of software in many languages, from gettext catalogues (`LANGUAGE/LC_MESSAGES/*.po`)."""

import ast
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ORIGINALS = "en (the originals)"

_QUOTED = r'((?:"(?:\\.|[^"\\])*"\s*)+)'
_ENTRY = re.compile(rf"^msgid {_QUOTED}(?:^msgid_plural {_QUOTED})?^msgstr(?:\[0\])? {_QUOTED}", re.MULTILINE)
_PART = re.compile(r'"(?:\\.|[^"\\])*"')
_FEWEST_LETTERS = 12
"""Shorter lines are names of buttons and units: nobody's messages."""


def by_language(folder: Path, most: int, seed: int) -> Mapping[str, tuple[str, ...]]:
    """By language, `most` lines each at most, drawn at random; and the English lines that they translate."""
    lines: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.rglob("LC_MESSAGES/*.po")):
        language = path.parent.parent.name
        for original, translated in entries(path.read_text("utf-8")):
            if language != "en" and translated and translated != original:
                lines[ORIGINALS].add(original)
                lines[language].add(translated)
    chance = random.Random(seed)
    return {
        language: tuple(chance.sample(sorted(kept), min(most, len(kept))))
        for language, kept in sorted(lines.items())
    }


def entries(catalogue: str) -> Iterator[tuple[str, str]]:
    """Originals and translations, without the head and what is too short to be a message."""
    for match in _ENTRY.finditer(catalogue):
        original, translated = _unquoted(match[1]), _unquoted(match[3])
        if sum(map(str.isalpha, original)) >= _FEWEST_LETTERS:
            yield original, translated


def _unquoted(text: str) -> str:
    return "".join(ast.literal_eval(part) for part in _PART.findall(text)).strip()
