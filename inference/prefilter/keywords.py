"""All keywords of all guilds in one automaton: a message costs the same however many guilds there are."""

import functools
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inference.prefilter.disguise import span_reading
from inference.prefilter.keyword_lists import Keyword, KeywordList, Layer, can_be_found
from inference.prefilter.normalise import CoarseView, Normaliser, Reading, lowered
from inference.prefilter.respelling import Attempts, Respeller
from inference.prefilter.view import View

__all__ = ["Keyword", "KeywordHit", "KeywordIndex", "can_be_found"]

_SHORTEST_INSIDE_SPELLED = 4
"""Letters a keyword needs to be found inside a word that is written with gaps (`l o s e r s`)."""

_WITHOUT_SPACES = ("CJK ", "HIRAGANA", "KATAKANA", "THAI", "LAO ", "KHMER", "MYANMAR", "TIBETAN")
"""Scripts that do not part words: a keyword in them is found anywhere."""

MOST_HITS = 8
"""Keywords of one policy that are found in one text. They are evidence enough."""
MOST_DISGUISED = 3
"""From so many on no disguised ones are looked for."""
MOST_READINGS = 24
"""Places of one text where a keyword's skeleton is held against what is written."""
_MOST_GAPS = 32
"""Places inside longer words where one keyword is looked for between gaps, in one view."""

_MERGE_FROM = 4096
_MERGE_SHARE = 8
"""Forms of changed lists are kept in a second automaton, until they are that many and that part of the first's."""


@dataclass(frozen=True, slots=True)
class KeywordHit:
    """Where a keyword is in the raw text, and how the span reads if it was disguised."""

    keyword: Keyword
    start: int
    end: int
    reading: str | None


_ListKey = tuple[str, tuple[str, ...]]
"""A policy's id and keywords."""


class KeywordIndex:
    """Finds the keywords of a guild in a text. Immutable once built: `layers` and `lists` are for the next one."""

    def __init__(
        self, layers: Sequence[Layer], lists: Mapping[_ListKey, KeywordList], guilds: Mapping[int, frozenset[int]]
    ) -> None:
        self.layers = tuple(layers)
        self.lists = lists
        self._guilds = guilds
        self._by_number = {each.number: each for each in lists.values()}
        self._respeller = Respeller([layer.vocabulary for layer in self.layers])

    @classmethod
    def build(
        cls,
        keywords: Mapping[int, Sequence[tuple[str, str]]],
        normaliser: Normaliser,
        previous: "KeywordIndex | None" = None,
    ) -> "KeywordIndex":
        """Index (policy id, keyword) pairs by guild.

        What `previous` (made with the same normaliser) knows of unchanged policies is taken over. What changed
        goes into a second, small automaton until that is worth merging: a saved policy costs milliseconds.

        A keyword that says nothing (`can_be_found`) is found nowhere: one author's slip must not stop the others'
        filter.
        """
        wanted = {guild_id: _by_policy(pairs) for guild_id, pairs in keywords.items()}
        known, layers = ({}, ()) if previous is None else (previous.lists, previous.layers)
        used = (number for layer in layers for number in layer.lists)
        lists = _prepared_lists(wanted.values(), normaliser, known, max(used, default=-1) + 1)
        guilds = {guild_id: frozenset(lists[key].number for key in keys) for guild_id, keys in wanted.items()}
        return cls(_layered(list(lists.values()), layers), lists, guilds)

    def find(self, guild_id: int, reading: Reading) -> list[KeywordHit]:
        """The first places of a guild's keywords, `MOST_HITS` of each policy, the plainest spelling first."""
        lists = self._guilds.get(guild_id)
        if not lists:
            return []
        search = _Search(self.layers, lists, reading.written)
        for view in (reading.raw,) if reading.light is reading.raw else (reading.raw, reading.light):
            search.plain(view)
        search.most = MOST_DISGUISED
        for coarse in reading.coarse:
            search.coarse(coarse)
        attempts = Attempts(functools.partial(self._fitting, lists))
        for words in reading.words:
            lines = self._respeller.respelled(words, attempts)
            if lines is not None:
                search.plain(lines, whole_words=True)
        return list(search.found.values())

    def _fitting(self, lists: frozenset[int], masked: str) -> list[str]:
        return [word for number in sorted(lists) for word in self._by_number[number].fitting(masked)]


class _Search:
    """One search of one text for the keywords of one guild."""

    def __init__(self, layers: Sequence[Layer], lists: frozenset[int], written: str) -> None:
        self.found: dict[tuple[str, str], KeywordHit] = {}
        """By policy id and keyword, as its author wrote it."""
        self.most = MOST_HITS
        """What is enough for one policy."""
        self._layers = layers
        self._lists = lists
        self._written = written
        self._hits: dict[str, int] = {}
        """By policy id."""
        self._owned: dict[tuple[int, int, bool], list[Keyword]] = {}
        self._read: dict[tuple[str, Keyword], tuple[int, int] | None] = {}

    def plain(self, view: View, *, whole_words: bool = False) -> None:
        """Look for what reads as it stands; with `whole_words` not inside of words that are written with gaps."""
        gaps = 0 if whole_words or view.is_raw else _MOST_GAPS
        for keyword, start, end in self._matches(view.text, gaps=gaps):
            if _bounded(view, start, end, keyword, whole_words=whole_words):
                form = view.text[start:end]  # with letters of two alphabets it reads as nobody would write it
                self._keep(keyword, view, (start, end), form if form in lowered(keyword.name) else keyword.plain)

    def coarse(self, coarse: CoarseView) -> None:
        """Look for skeletons that read as their keyword."""
        readable = coarse.readable
        for keyword, start, end in self._matches(coarse.skeleton.text):
            first, last = coarse.skeleton.span_in(readable, start, end)
            if _bounded(readable, first, last, keyword):
                part = self._part(readable.text[first:last], keyword)
                if part is not None and _bounded(readable, first + part[0], first + part[1], keyword):
                    self._keep(keyword, readable, (first + part[0], first + part[1]), keyword.plain)

    def _matches(self, text: str, gaps: int | None = None) -> Iterator[tuple[Keyword, int, int]]:
        """The matches of keywords of the guild that are not found yet: as they read; without `gaps`, of skeletons.

        `gaps`: how many matches inside longer words are of interest for one form, if its keywords are whole words.
        """
        for layer in self._layers:
            known: dict[int, _Form] = {}
            for number, start, end in layer.matches(text):
                form = known.get(number)
                if form is None:
                    owned = self._owned_in(layer, number, skeletons=gaps is None)
                    form = known[number] = _Form.of(owned, text[start:end], gaps)
                if form.is_whole and (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
                    form.gaps -= 1
                    if form.gaps < 0:
                        continue
                for keyword in form.keywords:
                    if self._is_wanted(keyword):
                        yield keyword, start, end

    def _owned_in(self, layer: Layer, form: int, *, skeletons: bool) -> list[Keyword]:
        """The guild's keywords with a form that are not found yet."""
        key = (id(layer), form, skeletons)
        if key not in self._owned:
            self._owned[key] = layer.owned(form, self._lists, skeletons=skeletons)
        return [keyword for keyword in self._owned[key] if self._is_wanted(keyword)]

    def _is_wanted(self, keyword: Keyword) -> bool:
        policy_id = keyword.policy_id
        return (policy_id, keyword.name) not in self.found and self._hits.get(policy_id, 0) < self.most

    def _part(self, spelling: str, keyword: Keyword) -> tuple[int, int] | None:
        if (spelling, keyword) not in self._read:
            too_many = len(self._read) >= MOST_READINGS
            self._read[spelling, keyword] = None if too_many else span_reading(spelling, keyword.plain)
        return self._read[spelling, keyword]

    def _keep(self, keyword: Keyword, view: View, span: tuple[int, int], core: str) -> None:
        self.found[keyword.policy_id, keyword.name] = _hit(keyword, view, span, self._written, core)
        self._hits[keyword.policy_id] = self._hits.get(keyword.policy_id, 0) + 1


@dataclass(slots=True)
class _Form:
    """Keywords that are looked for as one string in one view."""

    keywords: Sequence[Keyword]
    is_whole: bool
    """Whether they stand for whole words only: a match beside a letter is none, but for gaps."""
    gaps: int

    @classmethod
    def of(cls, keywords: Sequence[Keyword], form: str, gaps: int | None) -> "_Form":
        if gaps is None or any(map(_is_open, keywords)):
            return cls(keywords, False, 0)
        return cls(keywords, _parts_on_both_sides(form), gaps)


def _is_open(keyword: Keyword) -> bool:
    return keyword.open_left or keyword.open_right


def _parts_on_both_sides(form: str) -> bool:
    if form.isalnum() and form.isascii():
        return True
    return all(_in_word(edge) and _parts_words(edge) for edge in (form[0], form[-1]))


def _by_policy(pairs: Sequence[tuple[str, str]]) -> list[_ListKey]:
    names: dict[str, list[str]] = {}
    for policy_id, name in pairs:
        names.setdefault(policy_id, []).append(name)
    return [(policy_id, tuple(each)) for policy_id, each in names.items()]


def _prepared_lists(
    wanted: Iterable[Sequence[_ListKey]],
    normaliser: Normaliser,
    known: Mapping[_ListKey, KeywordList],
    number: int,
) -> dict[_ListKey, KeywordList]:
    """All lists that are wanted, each once. New ones are numbered from `number`: old layers hold the others."""
    lists: dict[_ListKey, KeywordList] = {}
    for key in (key for keys in wanted for key in keys):
        if key not in lists:
            lists[key] = known.get(key) or KeywordList(number, *key, normaliser)
            number += 1
    return lists


def _layered(lists: Sequence[KeywordList], layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The first of the old layers, if that still holds most lists, and one with the others."""
    base = layers[0] if layers else None
    if base is not None:
        new = [each for each in lists if each.number not in base.lists]
        forms = sum(len(each.forms) for each in new)
        stale = base.entries - sum(len(each.forms) for each in lists if each.number in base.lists)
        if forms + stale <= max(_MERGE_FROM, base.entries // _MERGE_SHARE):
            return (base, Layer(new)) if new else (base,)
    return (Layer(lists),)


def _bounded(view: View, start: int, end: int, keyword: Keyword, *, whole_words: bool = False) -> bool:
    """Whether the span is a word of its own, as far as the keyword asks for that."""
    inside = not whole_words and len(keyword.plain) >= _SHORTEST_INSIDE_SPELLED
    return (keyword.open_left or _boundary(view, start, start, inside=inside)) and (
        keyword.open_right or _boundary(view, end, end - 1, inside=inside)
    )


def _boundary(view: View, position: int, edge: int, *, inside: bool) -> bool:
    """Whether a word starts or ends at `position`, next to the keyword's character at `edge`.

    With `inside`, a gap in the raw text is enough.
    """
    text = view.text
    if position in (0, len(text)):
        return True
    outside = text[position - 1] if edge == position else text[position]
    if not _in_word(outside) or not _in_word(text[edge]) or not _parts_words(text[edge]):
        return True
    return inside and view.apart(position)


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
