"""All keywords of all guilds in one automaton: a message costs the same however many guilds there are."""

import functools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from inference.prefilter.disguise import skeleton, span_reading
from inference.prefilter.normalise import CoarseView, Normaliser, Reading, lowered
from inference.prefilter.view import View

ANY_LETTERS = "*"
"""At either end of a keyword: any letters may follow there."""

_SHORTEST_JOINED = 3
_SHORTEST_INSIDE_SPELLED = 4
"""Letters a keyword needs to be found in, or inside, a word that is written with gaps (`l o s e r`)."""

_WITHOUT_SPACES = ("CJK ", "HIRAGANA", "KATAKANA", "THAI", "LAO ", "KHMER", "MYANMAR", "TIBETAN")
"""Scripts that do not part words: a keyword in them is found anywhere."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword of one policy, ready to be searched."""

    policy_id: str
    name: str
    """As the policy's author wrote it."""
    plain: str
    """Folded, without the asterisks."""
    open_left: bool
    open_right: bool


@dataclass(frozen=True, slots=True)
class KeywordHit:
    """Where a keyword is in the raw text, and how the span reads if it was disguised."""

    keyword: Keyword
    start: int
    end: int
    reading: str | None


_Found = dict[Keyword, KeywordHit]


class _Forms:
    """The spellings that the automaton looks for, and whose keywords they are, guild by guild."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.plain: list[dict[int, list[Keyword]]] = []
        self.coarse: list[dict[int, list[Keyword]]] = []
        self._places: dict[Keyword, list[dict[int, list[Keyword]]]] = {}

    def add(self, guild_id: int, keyword: Keyword) -> None:
        """Add a keyword's spellings, which are worked out once: most guilds have the starter policies."""
        if keyword not in self._places:
            self._places[keyword] = list(self._spelled(keyword))
        for place in self._places[keyword]:
            place.setdefault(guild_id, []).append(keyword)

    def _spelled(self, keyword: Keyword) -> Iterator[dict[int, list[Keyword]]]:
        """Where a keyword is entered: one place for each of its spellings."""
        written = lowered(keyword.name.strip(ANY_LETTERS).strip())
        for form in dict.fromkeys((written, keyword.plain)):
            yield self.plain[self._numbered(form)]
        if any(character.isalpha() for character in keyword.plain):
            yield self.coarse[self._numbered(skeleton(keyword.plain))]

    def _numbered(self, form: str) -> int:
        if form not in self.number:
            self.number[form] = len(self.number)
            self.plain.append({})
            self.coarse.append({})
        return self.number[form]


class KeywordIndex:
    """Finds the keywords of a guild in a text. Immutable once built."""

    def __init__(self, forms: _Forms) -> None:
        self._plain = forms.plain
        self._coarse = forms.coarse
        self._automaton = AhoCorasick(list(forms.number), store_patterns=False) if forms.number else None

    @classmethod
    def build(cls, keywords: Mapping[int, Sequence[tuple[str, str]]], normaliser: Normaliser) -> "KeywordIndex":
        """Index (policy id, keyword) pairs by guild.

        A keyword that says nothing (`can_be_found`) is found nowhere: one author's slip must not stop the others'
        filter.
        """
        forms = _Forms()
        prepared = functools.cache(functools.partial(_prepared, normaliser))
        for guild_id, pairs in keywords.items():
            for policy_id, name in pairs:
                if can_be_found(name):
                    forms.add(guild_id, prepared(policy_id, name))
        return cls(forms)

    def find(self, guild_id: int, reading: Reading) -> list[KeywordHit]:
        """The first place of each of the guild's keywords, the plainest spelling first."""
        if self._automaton is None:
            return []
        found: _Found = {}
        for view in (reading.raw,) if reading.light is reading.raw else (reading.raw, reading.light):
            self._find_plain(guild_id, view, reading.written, found)
        for coarse in reading.coarse:
            self._find_coarse(guild_id, coarse, reading.written, found)
        return list(found.values())

    def _find_plain(self, guild_id: int, view: View, written: str, found: _Found) -> None:
        for form, start, end in self._matches(view.text):
            for keyword in self._plain[form].get(guild_id, ()):
                if keyword not in found and _bounded(view, start, end, keyword):
                    found[keyword] = _hit(keyword, view, (start, end), written, view.text[start:end])

    def _find_coarse(self, guild_id: int, coarse: CoarseView, written: str, found: _Found) -> None:
        readable = coarse.readable
        parts: dict[tuple[str, Keyword], tuple[int, int] | None] = {}
        for form, start, end in self._matches(coarse.skeleton.text):
            for keyword in self._coarse[form].get(guild_id, ()):
                if keyword in found:
                    continue
                around = coarse.skeleton.span_in(readable, start, end)
                spelling = readable.text[slice(*around)]
                if (spelling, keyword) not in parts:
                    parts[spelling, keyword] = span_reading(spelling, keyword.plain)
                part = parts[spelling, keyword]
                if part is not None and _bounded(readable, around[0] + part[0], around[0] + part[1], keyword):
                    span = around[0] + part[0], around[0] + part[1]
                    found[keyword] = _hit(keyword, readable, span, written, keyword.plain)

    def _matches(self, text: str) -> list[tuple[int, int, int]]:
        assert self._automaton is not None
        return self._automaton.find_matches_as_indexes(text, overlapping=True)


def can_be_found(keyword: str) -> bool:
    """Whether a keyword says anything but `*` and blanks."""
    return bool(keyword.strip(ANY_LETTERS).strip())


def _prepared(normaliser: Normaliser, policy_id: str, name: str) -> Keyword:
    word = name.strip(ANY_LETTERS)
    plain = normaliser.folded(word).strip() or lowered(word).strip()
    return Keyword(policy_id, name, plain, name.startswith(ANY_LETTERS), name.endswith(ANY_LETTERS))


def _bounded(view: View, start: int, end: int, keyword: Keyword) -> bool:
    """Whether the span is a word of its own, as far as the keyword asks for that."""
    return (keyword.open_left or _boundary(view, start, start, keyword)) and (
        keyword.open_right or _boundary(view, end, end - 1, keyword)
    )


def _boundary(view: View, position: int, edge: int, keyword: Keyword) -> bool:
    """Whether a word starts or ends at `position`, next to the keyword's character at `edge`."""
    text = view.text
    if position in (0, len(text)):
        return True
    outside = text[position - 1] if edge == position else text[position]
    if not _in_word(outside) or not _in_word(text[edge]) or not _parts_words(text[edge]):
        return True
    return len(keyword.plain) >= _SHORTEST_INSIDE_SPELLED and view.apart(position)


def _in_word(character: str) -> bool:
    return character.isalnum() or (not character.isascii() and unicodedata.category(character)[0] == "M")


def _parts_words(character: str) -> bool:
    return character.isascii() or _script_parts_words(character)


@functools.lru_cache(maxsize=4096)
def _script_parts_words(character: str) -> bool:
    return not unicodedata.name(character, "").startswith(_WITHOUT_SPACES)


def _widened(text: str, start: int, end: int, keyword: Keyword) -> tuple[int, int]:
    """The whole word, where the keyword leaves its ends open."""
    while keyword.open_left and start and _in_word(text[start - 1]):
        start -= 1
    while keyword.open_right and end < len(text) and _in_word(text[end]):
        end += 1
    return start, end


def _hit(keyword: Keyword, view: View, span: tuple[int, int], written: str, core: str) -> KeywordHit:
    """The hit in the raw text. `core` is how the span itself reads, without what its open ends take in."""
    wide = _widened(view.text, *span, keyword)
    start, end = view.raw_span(*wide)
    read = keyword.name
    if keyword.open_left or keyword.open_right:
        read = view.text[wide[0] : span[0]] + core + view.text[span[1] : wide[1]]
    disguised = _loosely(written[start:end]) != _loosely(read)
    return KeywordHit(keyword, start, end, read if disguised else None)


def _loosely(text: str) -> str:
    return " ".join(text.casefold().split())
