"""Lines for people, in which the words of others stay apart from the house's own."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from string import Formatter

from bot.language import in_quotes
from bot.visible import visible

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_ISOLATE, _END_OF_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a member or of a policy's author."""

    text: str
    quoted: bool = True
    """Whether they stand in quotation marks."""


Line = tuple["str | Said", ...]


def said(text: str, /, **words: "str | Said") -> Line:
    """A translated text with other people's words at its `{placeholders}`."""
    parts: list[str | Said] = []
    for before, name, _, _ in Formatter().parse(text):
        parts += [before] if before else []
        parts += [words[name]] if name else []
    return tuple(parts)


def plain(line: Iterable[str | Said], most: int | None = None) -> str:
    """The line with everything hidden written out, and at most so many characters of anybody's words."""
    return "".join(part if isinstance(part, str) else framed(part, _cut(part.text, most)) for part in line)


def _cut(text: str, most: int | None) -> str:
    if most is None:
        return visible(text)
    shown = visible(text[: 2 * most + 1])  # at most two characters become one: a line break
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def framed(said: Said, shown: str) -> str:
    """Words as they are to be shown, in their quotation marks if they have any, and kept to themselves."""
    kept = isolated(shown)
    return in_quotes(kept) if said.quoted else kept


def isolated(shown: str) -> str:
    """The text so that letters from right to left do not turn round what stands beside it."""
    turns = not shown.isascii() and any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in shown)
    return f"{_ISOLATE}{shown}{_END_OF_ISOLATE}" if turns else shown
