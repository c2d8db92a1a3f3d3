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
from inference.prefilter.respelling import MASK, OPEN, SHORTEST, Vocabulary, fits, letters_in

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

    @functools.lru_cache(maxsize=4_096)  # noqa: B019 -- a bounded number of small immutable values
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
        "_words_in_order",
        "codes",
        "forms",
        "letters",
        "number",
        "phrase_words",
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
            for form, spelling in _forms(prepared(normaliser, policy_id, name), normaliser)
        ]
        self.forms = tuple(form for form, _, _ in spelled)
        self.codes = array("q", [(number << _LIST_SHIFT) | (at << 2) | kind for _, kind, at in spelled])
        words = [words for name in self._names if can_be_found(name) for words in self._words(name)]
        self.phrase_words = tuple({word for word, in_phrase, _ in words if in_phrase})
        self.letters = tuple({letters_in(word) for word, _, _ in words if len(word) >= SHORTEST})
        self._words_in_order = (
            "".join(sorted({f"\n{word}{OPEN if is_open else ''}" for word, _, is_open in words})) + "\n"
        )

    def fitting(self, masked: str) -> list[str]:
        """The words that a masked word may stand for (`respelling.Fitting`)."""
        letter = masked[0]
        start, last = self._words_in_order.find(f"\n{letter}"), self._words_in_order.rfind(f"\n{letter}")
        if start < 0:
            return []
        words = self._words_in_order[start + 1 : self._words_in_order.index("\n", last + 1)].split("\n")
        if masked[-1] != MASK:
            words = [word for word in words if word.endswith((masked[-1], OPEN))]
        return [word for word in words if fits(word, masked)]

    def _words(self, name: str) -> Iterator[tuple[str, bool, bool]]:
        """The words of a keyword, whether it is a phrase, and whether the word is open at its end."""
        keyword = prepared(self._normaliser, self._policy_id, name)
        words = keyword.plain.split()
        for word in words:
            yield word, len(words) > 1, keyword.open_right and word is words[-1]
        joined = keyword.run_together()
        if joined is not None:
            yield joined.plain, False, joined.open_right

    def keyword(self, code: int) -> Keyword:
        """The keyword behind one of `codes`; a phrase without its spaces, where it is that which was found."""
        name = self._names[(code >> 2) & ((1 << _POSITION_BITS) - 1)]
        keyword = prepared(self._normaliser, self._policy_id, name)
        return (keyword.run_together() if code & Spelling.JOINED else None) or keyword


def _forms(keyword: Keyword, normaliser: Normaliser) -> Iterator[tuple[str, Spelling]]:
    written = lowered(keyword.name.strip(ANY_LETTERS).strip())
    yield keyword.plain, Spelling.PLAIN
    if written != keyword.plain:
        yield written, Spelling.PLAIN
    mixed = normaliser.mixed(keyword.plain)
    if mixed != keyword.plain and len(mixed) >= SHORTEST and mixed not in everyday_words():
        yield mixed, Spelling.PLAIN
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
        self.vocabulary = Vocabulary(
            frozenset(number for each in self.lists.values() for number in each.letters),
            frozenset(word for each in self.lists.values() for word in each.phrase_words),
        )
        self._starts, self._codes = _grouped(entries, self.lists.values(), len(numbers))
        self._automaton = AhoCorasick(list(numbers), store_patterns=False) if numbers else None

    def matches(self, text: str) -> list[tuple[int, int, int]]:
        """Form, start and end of every form in the text."""
        return [] if self._automaton is None else self._automaton.find_matches_as_indexes(text, overlapping=True)

    def owned(self, form: int, lists: frozenset[int], *, skeletons: bool) -> list[Keyword]:
        """These lists' keywords that have the form: as a skeleton, or as it reads."""
        start, end = self._starts[form], self._starts[form + 1]
        if end - start <= _FEW_OWNERS:
            codes = self._codes[start:end]
        else:
            codes = array("q", [code for number in lists for code in self._codes_of(number, start, end)])
        return [
            self.lists[code >> _LIST_SHIFT].keyword(code)
            for code in codes
            if code & 1 == skeletons and code >> _LIST_SHIFT in lists
        ]

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
