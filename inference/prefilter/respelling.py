"""Words that are spelled wrongly on purpose: letters masked (`f*ck`, `s**t`), two neighbours swapped (`fukc`).

A word that is not an everyday one is tried in all spellings that it may stand for, if a keyword is made of the
same letters. The spellings go through the automaton as the lines of one more view. Where one is a word of
somebody's phrase, the whole text is tried with it as well.

- *Swapped*: two neighbouring letters the other way round, or all of them (`kcuf`).
- *Masked*: one sign inside a word stands for any letter of the alphabet; several signs for the letters of those
  words of the guild's own keywords that fit.

Everyday words mean what they say: `form` is not `from`.

What it costs: with the keywords of the starter policies, six more of 101,199 harmless lines in over twenty scripts
are flagged (benchmarks/prefilter/evasion.py): three by swaps, two by masks, one as a phrase run together.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass

from inference.prefilter.disguise import LEET
from inference.prefilter.everyday import everyday_words
from inference.prefilter.recollection import Recollection
from inference.prefilter.respelled_lines import lines_of
from inference.prefilter.view import View

SHORTEST = 4
"""Letters of a word that is respelled."""
LONGEST = 24
"""What is longer is no word that a person makes out."""

MOST_CHARACTERS = 600
"""Of a text's words that are no everyday ones. What follows is taken as it stands."""
MOST_SPELLINGS = 320
"""Of all words of one text."""
MOST_MIXED = 20
"""Words with signs or digits in them, of one text."""
MOST_FITTED = 4
"""Words with several masks of one text that the guild's keywords are searched for."""

_UNLIMITED_UP_TO = SHORTEST * MOST_MIXED
"""Characters of a text that reaches no limit: what it tries needs no counting."""
_MOST_REMEMBERED = 20_000
_NOT_TRIED = -1

_EDGES = ".,!?;:\"'()[]{}<>~_-/\\|…"
_EDGES_AND_MASKS = _EDGES + "*"
"""Asterisks behind a word mask letters, unless there are some before it."""
_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя", "αβγδεζηθικλμνξοπρστυφχψω")
_ALPHABET_OF = {letter: alphabet for alphabet in _ALPHABETS for letter in alphabet}

_SIGN = r"(?:[^\w\s'`’]|_)"  # noqa: RUF001 -- apostrophes belong to words: `we'll`
_STRONG_SIGNS = frozenset("*#?%&@$!")
_LETTERS = re.compile(rf"(?<![^\W_])[^\W\d_]{{{SHORTEST},{LONGEST}}}(?![^\W_])")
_MIXED = re.compile(
    rf"(?<![^\W_])[@$]?[^\W\d_]*(?:(?:\d|{_SIGN}{{1,6}}(?=[^\W_]))[^\W\d_]*)+\**|(?<![^\W_*])[^\W\d_]{{2,}}\*+"
)
_MASKED_ONCE = re.compile(rf"([^\W\d_]+){_SIGN}([^\W\d_]+)|([^\W\d_]{{3,}})\*()")
_WEAK_SIGNS = frozenset(".-_/:=+,;")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_ENDINGS = frozenset(["", "s", "es", "ed", "er", "ers", "ing", "in", "y", "a", "o", "e", "as", "os", "en", "n"])
"""What may follow a swapped word of `SHORTEST` letters that a keyword leaves open: `pronoun` is not `porn*`."""
_FEWEST_LETTERS = 2
"""Of a word with signs that is respelled: `80085` is a number."""
_LEET_SIGN = re.compile(f"[{re.escape(''.join(LEET))}]")
_LEET_READINGS = tuple(
    str.maketrans({sign: letters[min(choice, len(letters) - 1)] for sign, letters in LEET.items()})
    for choice in (0, 1)
)

OPEN = "*"
"""Behind a word that a keyword leaves open: any letters may follow."""
MASK = "\0"
"""In the place of a letter that is masked."""
Fitting = Callable[[str], Iterable[str]]
"""The words of a guild's keywords that a masked word may stand for (`fits`). It begins with a letter."""


def letters_in(word: str) -> int:
    """A number that words have in common if one is the other with its letters in another order."""
    return sum(map(hash, word))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the words of keywords are, as far as that is quickly known."""

    letters: Set[int]
    """`letters_in` of each word."""
    phrase_words: Set[str]
    """The words of phrases."""


Known = Sequence[Vocabulary]
"""One vocabulary for each automaton."""


class Attempts:
    """What was tried of one text, and what may yet be."""

    __slots__ = ("_characters", "_fitted", "_fitting", "_spellings", "mixed_left", "seen")

    def __init__(self, fitting: Fitting) -> None:
        self.seen: set[str] = set()
        """Words, with what is around them."""
        self._fitting = fitting
        self._characters = MOST_CHARACTERS
        self._spellings = MOST_SPELLINGS
        self.mixed_left = MOST_MIXED
        """Below 0 once a word with signs was not tried."""
        self._fitted = MOST_FITTED

    def begin(self, token: str) -> bool:
        """Whether a word is new and is to be tried."""
        if token in self.seen or self._characters <= 0 or self._spellings <= 0:
            return False
        self.seen.add(token)
        self._characters -= len(token)
        return True

    def spelled(self, count: int) -> None:
        """So many spellings were found."""
        self._spellings -= count

    def mixed(self) -> bool:
        """Whether one more word with signs is to be tried."""
        self.mixed_left -= 1
        return self.mixed_left >= 0

    def mixed_again(self, count: int) -> bool:
        """Count words with signs that were tried in another text, unless they are more than are left."""
        if count > self.mixed_left:
            return False
        self.mixed_left -= count
        return True

    def fitting(self, masked: str) -> Iterable[str]:
        """The words of the guild's keywords that fit, as long as that is asked for few."""
        self._fitted -= 1
        return self._fitting(masked) if self._fitted >= 0 else ()

    @property
    def asked(self) -> int:
        """Changes when the guild's keywords are searched: what is found then holds for one guild only."""
        return self._fitted


class Respeller:
    """Respells the words of texts. It remembers words that are no misspelling of anybody's keyword."""

    def __init__(self, known: Known) -> None:
        everyday_words()  # read now: no message is to wait for it
        self._known = known
        self._harmless: Recollection[int] = Recollection(_MOST_REMEMBERED)
        """How many words with signs were tried in vain; `_NOT_TRIED` of what is no word to be tried."""

    def respelled(self, source: View, attempts: Attempts) -> View | None:
        """The view with all spellings of the words of `source`; None if none of its words may be misspelled.

        A spelling that is not as long as what is written stands for the whole word. Words that were tried before,
        in another view of the same text, are left out.
        """
        spellings = self._spellings(source.text, attempts)
        return lines_of(source, spellings, [it.phrase_words for it in self._known]) if spellings else None

    def _spellings(self, text: str, attempts: Attempts) -> dict[str, list[str]]:
        tokens = text.split()
        unusual = set(tokens) - everyday_words()
        if len(text) <= _UNLIMITED_UP_TO:
            unusual = {token for token in unusual if token not in self._harmless}
        found: dict[str, list[str]] = {}
        if unusual:
            for token in filter(unusual.__contains__, dict.fromkeys(tokens)):
                found.update(self._tried(token, attempts))
        return found

    def _tried(self, token: str, attempts: Attempts) -> dict[str, list[str]]:
        """The spellings of the words in a token. What was in vain before still counts, as if it were tried."""
        known = self._harmless.get(token)
        if known == _NOT_TRIED:
            return {}
        stripped = token.strip(_EDGES)
        if len(stripped) < SHORTEST or stripped in everyday_words():
            self._harmless.keep(token, _NOT_TRIED)
            return {}
        if not attempts.begin(stripped) or (known is not None and attempts.mixed_again(known)):
            return {}
        asked, mixed = attempts.asked, attempts.mixed_left
        spellings = self._spellings_in(stripped, attempts)
        if not spellings and attempts.asked == asked and attempts.mixed_left >= 0:
            self._harmless.keep(token, mixed - attempts.mixed_left)
        return spellings

    def _spellings_in(self, token: str, attempts: Attempts) -> dict[str, list[str]]:
        """The spellings of the words in a token, which has no blanks in it nor marks around it."""
        if token.isalpha():
            found = {token: _swapped(token, self._known)} if len(token) <= LONGEST else {}
        else:
            found = self._spellings_of_parts(token[:MOST_CHARACTERS], attempts)
        attempts.spelled(sum(map(len, found.values())))
        return {word: spellings for word, spellings in found.items() if spellings}

    def _spellings_of_parts(self, token: str, attempts: Attempts) -> dict[str, list[str]]:
        if token[0] == "*":
            token = token.strip(_EDGES_AND_MASKS)
        everyday = everyday_words()
        found = {word: _swapped(word, self._known) for word in _LETTERS.findall(token) if word not in everyday}
        for word in _MIXED.findall(token):
            if SHORTEST <= len(word) <= LONGEST and word not in found and attempts.mixed():
                found[word] = _unmasked(word, self._known, attempts.fitting)
        return found


def _swapped(word: str, known: Known) -> list[str]:
    """The word with two neighbours swapped, and backwards; nothing if no keyword has its first letters."""
    return [spelling for each in _squeezed(word) for spelling in _swapped_in(each, known)]


def _swapped_in(word: str, known: Known) -> list[str]:
    beginnings = [*itertools.accumulate(map(hash, word))]
    if all(vocabulary.letters.isdisjoint(beginnings) for vocabulary in known) or len(word) < SHORTEST:
        return []
    stems = (end for end, letters in enumerate(beginnings, 1) if any(letters in it.letters for it in known))
    if not any(end > SHORTEST or word[end:] in _ENDINGS for end in stems):
        return []
    return [word[::-1]] + [
        word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        for place in range(len(word) - 1)
        if word[place] != word[place + 1]
    ]


def _squeezed(word: str) -> Sequence[str]:
    """The word with letters that are drawn out written once, and twice; the word itself if there are none."""
    if _DRAWN_OUT.search(word) is None:
        return (word,)
    return _DRAWN_OUT.sub(r"\1", word), _DRAWN_OUT.sub(r"\1\1", word)


def _unmasked(word: str, known: Known, fitting: Fitting) -> list[str]:
    """The spellings of a word with signs or digits in it."""
    if sum(map(str.isalpha, word)) < _FEWEST_LETTERS:
        return []
    readings = [word.replace("\\", "")]
    if _LEET_SIGN.search(word):
        readings += [word.translate(table) for table in _LEET_READINGS]
    squeezed = dict.fromkeys(each for reading in readings for each in _squeezed(reading))
    return [spelling for reading in squeezed for spelling in _read(reading, known, fitting)]


def _read(reading: str, known: Known, fitting: Fitting) -> list[str]:
    if reading in everyday_words():
        return []
    if reading.isalpha():
        return [reading, *_swapped_in(reading, known)]
    if masked := _MASKED_ONCE.fullmatch(reading):
        filled = _filled(masked[1] or masked[3], masked[2] or "", reading)
        if filled or reading[0] in _ALPHABET_OF:
            return filled
    return _fitted(reading, fitting)


def _filled(left: str, right: str, word: str) -> list[str]:
    if len(left) + len(right) + 1 < SHORTEST:
        return []
    if len(left) > 2 and len(right) > 2 and word[len(left)] in _WEAK_SIGNS and {left, right} <= everyday_words():
        return []
    return [left + letter + right for letter in _ALPHABET_OF.get(left[-1], "")]


def _fitted(word: str, fitting: Fitting) -> list[str]:
    """The guild's words that have the word's letters, and any in the place of its several signs."""
    masks = [place for place, character in enumerate(word) if not character.isalpha()]
    if not SHORTEST <= len(word) <= LONGEST or len(word) - len(masks) < _FEWEST_LETTERS or masks[:1] in ([], [0]):
        return []
    if not all(map(_masks, (word[place] for place in masks))):
        return []
    masked = "".join(letter if letter.isalpha() else MASK for letter in word)
    found = (each.removesuffix(OPEN) for each in fitting(masked))
    return [each + word[len(each) :] for each in found]


def fits(word: str, masked: str) -> bool:
    """Whether a keyword's word has the letters of a masked word.

    One that is open (`OPEN` behind it) may be shorter, as long as it reaches to the last mask.
    """
    if word.endswith(OPEN):
        word = word[:-1]
        if not max(masked.rindex(MASK) + 1, SHORTEST) <= len(word) <= len(masked):
            return False
    elif len(word) != len(masked):
        return False
    return all(mask in (letter, MASK) for letter, mask in zip(word, masked, strict=False))


def _masks(sign: str) -> bool:
    return sign in _STRONG_SIGNS or (sign > "\u2070" and not sign.isalnum())
