"""Keywords as the automaton looks for them: which spellings each has, and whose they are.

Guilds share most of their keywords (the starter policies), and a change touches one policy. So what is prepared is
prepared for a *list* (the keywords of one policy), kept from one index to the next, and shared by the guilds that
have it; whose a spelling is stands in two flat arrays.
"""

import functools
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from ahocorasick_rs import AhoCorasick

from inference.prefilter.disguise import skeleton
from inference.prefilter.everyday import everyday_words
from inference.prefilter.normalise import Normaliser, lowered
from inference.prefilter.respelling import letters_in

ANY_LETTERS = "*"
"""At either end of a keyword: any letters may follow there."""

_SHORTEST_RUN_TOGETHER = 6
"""Letters a phrase needs to be found without its spaces (`killyou`)."""
_SHORTEST_RUN_INTO_OTHERS = 9
"""And to be found so inside a longer word (`gokillyourself`)."""

_POSITION_BITS = 24
_LIST_SHIFT = _POSITION_BITS + 2
_FEW_OWNERS = 24


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

    def run_together(self) -> "Keyword | None":
        """The phrase without its spaces; None where that is too short to tell, or a word of its own."""
        joined = self.plain.replace(" ", "")
        if joined == self.plain or len(joined) < _SHORTEST_RUN_TOGETHER or joined in everyday_words():
            return None
        inside = len(joined) >= _SHORTEST_RUN_INTO_OTHERS
        return replace(
            self, plain=joined, open_left=self.open_left or inside, open_right=self.open_right or inside
        )


class Spelling(IntEnum):
    """How a form in the automaton stands for its keyword: two bits."""

    PLAIN = 0
    SKELETON = 1
    JOINED = 2
    """A phrase without its spaces."""
    JOINED_SKELETON = 3


@functools.lru_cache(maxsize=16_384)
def prepared(normaliser: Normaliser, policy_id: str, name: str) -> Keyword:
    """A keyword made ready."""
    word = name.strip(ANY_LETTERS)
    plain = normaliser.folded(word).strip() or lowered(word).strip()
    return Keyword(policy_id, name, plain, name.startswith(ANY_LETTERS), name.endswith(ANY_LETTERS))


def can_be_found(keyword: str) -> bool:
    """Whether a keyword says anything but `*` and blanks."""
    return bool(keyword.strip(ANY_LETTERS).strip())


class KeywordList:
    """The keywords of one policy, and all their forms."""

    __slots__ = (
        "_names",
        "_normaliser",
        "_policy_id",
        "codes",
        "forms",
        "letters",
        "number",
        "phrase_words",
        "words",
    )

    def __init__(self, number: int, policy_id: str, names: Sequence[str], normaliser: Normaliser) -> None:
        self.number = number
        self._policy_id = policy_id
        self._names = tuple(names)
        self._normaliser = normaliser
        spelled = [
            (form, spelling, position)
            for position, name in enumerate(self._names)
            if can_be_found(name)
            for form, spelling in _forms(prepared(normaliser, policy_id, name))
        ]
        self.forms = tuple(form for form, _, _ in spelled)
        self.codes = array("q", [(number << _LIST_SHIFT) | (at << 2) | kind for _, kind, at in spelled])
        plain = [form for form, kind, _ in spelled if kind is Spelling.PLAIN]
        self.phrase_words = frozenset(word for form in plain if " " in form for word in form.split())
        words = {word for form in plain for word in form.split()}
        self.letters = frozenset(map(letters_in, words))
        self.words = "\n" + "".join(f"{word}\n" for word in sorted(words))

    def keyword(self, code: int) -> Keyword:
        """The keyword behind one of `codes`; a phrase without its spaces, where it is that which was found."""
        name = self._names[(code >> 2) & ((1 << _POSITION_BITS) - 1)]
        keyword = prepared(self._normaliser, self._policy_id, name)
        return (keyword.run_together() if code & Spelling.JOINED else None) or keyword


def _forms(keyword: Keyword) -> Iterator[tuple[str, Spelling]]:
    written = lowered(keyword.name.strip(ANY_LETTERS).strip())
    yield keyword.plain, Spelling.PLAIN
    if written != keyword.plain:
        yield written, Spelling.PLAIN
    if any(map(str.isalpha, keyword.plain)):
        yield skeleton(keyword.plain), Spelling.SKELETON
    joined = keyword.run_together()
    if joined is not None:
        yield joined.plain, Spelling.JOINED
        yield skeleton(joined.plain), Spelling.JOINED_SKELETON


class Layer:
    """An automaton over the forms of some lists. Immutable."""

    def __init__(self, lists: Iterable[KeywordList]) -> None:
        self.lists = {each.number: each for each in lists}
        numbers: dict[str, int] = {}
        entries = array("q")
        for each in self.lists.values():
            entries.extend([numbers.setdefault(form, len(numbers)) for form in each.forms])
        self.entries = len(entries)
        self._starts, self._codes = _grouped(entries, self.lists.values(), len(numbers))
        self._automaton = AhoCorasick(list(numbers), store_patterns=False) if numbers else None

    def matches(self, text: str) -> list[tuple[int, int, int]]:
        """Form, start and end of every form in the text."""
        return [] if self._automaton is None else self._automaton.find_matches_as_indexes(text, overlapping=True)

    def owned(self, form: int, lists: frozenset[int], skeletons: bool) -> list[int]:
        """The codes of these lists' keywords that have the form: as a skeleton, or as it reads."""
        start, end = self._starts[form], self._starts[form + 1]
        if end - start <= _FEW_OWNERS:
            codes = self._codes[start:end]
        else:
            codes = array("q", [code for number in lists for code in self._codes_of(number, start, end)])
        return [code for code in codes if code & 1 == skeletons and code >> _LIST_SHIFT in lists]

    def keyword(self, code: int) -> Keyword:
        """The keyword behind a code."""
        return self.lists[code >> _LIST_SHIFT].keyword(code)

    def _codes_of(self, number: int, start: int, end: int) -> Iterator[int]:
        """The codes of one list between two places of the codes that share a form; they are in rising order."""
        at = bisect_left(self._codes, number << _LIST_SHIFT, start, end)
        while at < end and self._codes[at] >> _LIST_SHIFT == number:
            yield self._codes[at]
            at += 1


def _grouped(entries: "array[int]", lists: Iterable[KeywordList], forms: int) -> "tuple[array[int], array[int]]":
    """The codes of all lists by form, each form's in rising order, and where each form's begin."""
    form = np.frombuffer(entries, np.int64) if entries else np.empty(0, np.int64)
    codes = np.concatenate(
        [np.empty(0, np.int64), *(np.frombuffer(each.codes, np.int64) for each in lists if each.codes)]
    )
    order = np.lexsort((codes, form))
    starts = np.searchsorted(form[order], np.arange(forms + 1))
    return array("q", starts.astype(np.int64).tobytes()), array("q", codes[order].tobytes())
