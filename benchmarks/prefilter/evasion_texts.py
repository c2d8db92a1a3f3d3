"""The texts of the evasion benchmark: known violations, and harmless lines in many scripts."""

import ast
import json
import random
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from inference.prefilter.keywords import KeywordIndex
from inference.prefilter.normalise import Normaliser

VIOLATIONS = ("openai_moderation", "davidson", "civil_toxic_spans", "hatemojibuild", "stormfront")
BACKGROUND = ("bg_ubuntu_irc", "bg_goemotions_reddit", "bg_dailydialog")

_TRANSLATED = re.compile(r'^msgstr(?:\[\d\])? ((?:"(?:\\.|[^"\\])*"\s*)+)', re.MULTILINE)
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Violation:
    """A text, cut where its keywords are: `before`, keyword, between, keyword, ..., after."""

    parts: tuple[str, ...]
    """Those at odd places are keywords."""

    @property
    def has_phrase(self) -> bool:
        """Whether one of the keywords has several words."""
        return any(" " in keyword for keyword in self.parts[1::2])


def violations(
    folder: Path, index: KeywordIndex, guild_id: int, count: int, chance: random.Random
) -> list[Violation]:
    """Labelled violations in which the index finds a keyword undisguised, the same number of each data set."""
    chosen: dict[str, Violation] = {}
    for name in VIOLATIONS:
        texts = sorted({row["text"] for row in rows(folder / f"{name}.jsonl") if row["label"]})
        chance.shuffle(texts)
        found = ((text, cut(text, index, guild_id)) for text in texts if len(text) <= _LONGEST)
        kept = [(text, violation) for text, violation in found if violation is not None]
        chosen.update(kept[: count // len(VIOLATIONS)])
    return list(chosen.values())


def cut(text: str, index: KeywordIndex, guild_id: int) -> Violation | None:
    """The text cut at all places of its keywords; None if there is none that is undisguised."""
    hits = index.find(guild_id, Normaliser.shipped().read(text))
    words = sorted({text[hit.start : hit.end] for hit in hits if hit.reading is None}, key=len, reverse=True)
    if not words:
        return None
    parts = re.split(rf"(?<!\w)({'|'.join(map(re.escape, words))})(?!\w)", text, flags=re.IGNORECASE)
    return Violation(tuple(parts)) if len(parts) > 1 else None


def english(folder: Path, count: int, chance: random.Random) -> list[str]:
    """Harmless lines, the same number of each background chat."""
    lines = []
    for name in BACKGROUND:
        texts = [row["text"] for row in rows(folder / f"{name}.jsonl")]
        lines += chance.sample(texts, min(len(texts), count // len(BACKGROUND)))
    return lines


def rows(path: Path) -> Iterator[dict[str, str | int]]:
    """The rows of one file."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def translations(folder: Path, count: int, chance: random.Random) -> Mapping[str, list[str]]:
    """Lines of the gettext catalogues (`*.po`) below a folder, by script, `count` of all at most."""
    lines = sorted({line for path in sorted(folder.rglob("*.po")) for line in _catalogue(path)})
    by_script: dict[str, list[str]] = {}
    for line in chance.sample(lines, min(count, len(lines))):
        by_script.setdefault(script(line), []).append(line)
    return by_script


def _catalogue(path: Path) -> Iterator[str]:
    """The translations in a catalogue, without its head."""
    for match in list(_TRANSLATED.finditer(path.read_text("utf-8")))[1:]:
        line = "".join(ast.literal_eval(part) for part in _QUOTED.findall(match[1]))
        if any(map(str.isalpha, line)):
            yield line


def script(text: str) -> str:
    """The script of most letters (`LATIN`, `CYRILLIC`), as Unicode names it."""
    names = [unicodedata.name(letter, "?").split(" ")[0] for letter in text if letter.isalpha()]
    return max(set(names), key=names.count, default="NONE")
