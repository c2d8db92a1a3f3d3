"""The same text again and again: how often a text, or nearly the same, was written in a guild lately.

A state machine without a clock: each sighting brings its own time, so that messages read late (after an outage)
are counted by when they were written. Not safe to share between threads.

Two texts are nearly the same when they share most of their words (Jaccard's measure). Candidates come from an
index of each text's longest words: two texts that are alike enough must share one of them (prefix filtering:
Chaudhuri, Ganti and Kaushik, "A primitive operator for similarity joins in data cleaning", 2006).
"""

import heapq
import itertools
import math
import re
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ALIKE = 0.65
"""The share of common words, of all words of both, from which two texts are nearly the same."""
PER_GUILD = 500
"""Messages remembered of each guild."""
IN_ALL = 20_000
"""Messages remembered of all guilds together; the oldest fall out."""
COMPARED = 128
"""Messages that a text is compared with, the latest ones that share a long word: no count goes higher."""
LONGEST_SECONDS = 3_600.0
"""Older messages are forgotten: no policy may ask for a longer time."""

_READ = 1_000
"""Characters that are compared."""
_MOST_WORDS = 64
"""Different words that are compared, the longest ones."""
_FEWEST_WORDS, _FEWEST_LETTERS, _LONG_WORD = 3, 14, 20
"""A text counts from three words on, or with long ones: `lol` and `good morning` come again by themselves."""
_FEWEST_PAIRS = 12
"""Pairs of neighbouring characters that a text needs in a script without spaces."""

_MARKUP = re.compile(r"<(?:a?:\w{1,40}:\d{1,20}|@[!&]?\d{1,20}|#\d{1,20}|t:-?\d{1,20}(?::\w)?)>")
"""Custom emoji, mentions and times: who is greeted does not make another text of a greeting."""
_WORD = re.compile(r"\w+")
_UNSPACED_SCRIPTS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f"
)
"""Thai, Lao, Burmese, Khmer, kana, Han: no spaces between words."""
_UNSPACED = re.compile(f"[{_UNSPACED_SCRIPTS}]")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED_SCRIPTS}\u0300-\u036f]+|[^\\W{_UNSPACED_SCRIPTS}]+")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One message, seen once or, when it was edited, again."""

    guild_id: int
    author_id: int
    channel_id: int
    message_id: int
    at: float
    """When this text was written, in seconds (of any clock that all sightings share)."""


@dataclass(frozen=True, slots=True)
class RepeatCount:
    """How often a text was written within a time, the last message included."""

    times: int
    exactly: int
    """How many of them have the very same words."""
    channels: int
    authors: int


@dataclass(frozen=True, slots=True)
class Repeats:
    """A message and the remembered ones with the same or nearly the same text, each message once."""

    last: Sighting
    """The message that was just seen."""
    others: tuple[tuple[Sighting, bool], ...] = ()
    """The others, and whether they have the very same words."""

    def within(self, seconds: float) -> RepeatCount:
        """How often the text was written in the `seconds` up to the last message."""
        recent = [(other, same) for other, same in self.others if 0 <= self.last.at - other.at <= seconds]
        sightings = [self.last, *(other for other, _ in recent)]
        return RepeatCount(
            times=len(sightings),
            exactly=1 + sum(same for _, same in recent),
            channels=len({sighting.channel_id for sighting in sightings}),
            authors=len({sighting.author_id for sighting in sightings}),
        )


@dataclass(frozen=True, slots=True)
class _Remembered:
    sighting: Sighting
    words: tuple[str, ...]
    """Its different words in the order of the index."""

    @property
    def handles(self) -> tuple[str, ...]:
        """The words under which the index knows it: so many that no text alike enough has none of them."""
        count = len(self.words)
        return self.words[: count - math.ceil(ALIKE * count) + 1]


class _Guild:
    """The remembered messages of one guild, and an index of their words."""

    def __init__(self) -> None:
        self.messages: OrderedDict[int, _Remembered] = OrderedDict()
        """Message id -> message, the oldest first."""
        self._by_word: defaultdict[str, set[int]] = defaultdict(set)

    def add(self, remembered: _Remembered) -> None:
        message_id = remembered.sighting.message_id
        self.messages[message_id] = remembered
        for word in remembered.handles:
            self._by_word[word].add(message_id)

    def remove(self, message_id: int) -> None:
        for word in self.messages.pop(message_id).handles:
            known = self._by_word[word]
            known.remove(message_id)
            if not known:
                del self._by_word[word]

    def alike(self, new: _Remembered) -> Iterator[tuple[Sighting, bool]]:
        """The remembered messages with the same or nearly the same words, and whether they are the same."""
        words, distinct = new.words, frozenset(new.words)
        fewest, most = ALIKE * len(words), len(words) / ALIKE
        for message_id in self._sharing(new.handles):
            other = self.messages[message_id]
            if other.words == words:
                yield other.sighting, True
            elif fewest <= len(other.words) <= most and _are_alike(distinct, other.words):
                yield other.sighting, False

    def _sharing(self, handles: Iterable[str]) -> Iterable[int]:
        """Discord's ids rise with time: the highest are the latest."""
        known = [self._by_word[word] for word in handles if word in self._by_word]
        found: set[int] = set().union(*known)
        return found if len(found) <= COMPARED else heapq.nlargest(COMPARED, found)


class RepeatWatch:
    """Remembers the last messages of each guild and counts those that say the same."""

    def __init__(self, per_guild: int = PER_GUILD, in_all: int = IN_ALL) -> None:
        """`per_guild` and `in_all`: how many messages are remembered; the oldest fall out."""
        self._per_guild = per_guild
        self._in_all = in_all
        self._guilds: dict[int, _Guild] = {}
        self._guild_of: OrderedDict[int, int] = OrderedDict()
        """Message id -> guild id, the oldest first."""

    def __len__(self) -> int:
        """How many messages are remembered."""
        return len(self._guild_of)

    def seen(self, sighting: Sighting, text: str) -> Repeats:
        """Remember a message and return it with those of its guild that say the same or nearly the same.

        Any text will do; the folded one (`Reading.light.text`) sees through disguises. A short text (a greeting,
        a laugh, emoji alone) is not remembered and repeats nothing. A message that is seen again was edited: it
        counts once, with its new text.
        """
        self._forget_message(sighting.message_id)
        words = _words(text)
        if not words:
            return Repeats(sighting)
        guild = self._guilds.setdefault(sighting.guild_id, _Guild())
        new = _Remembered(sighting, words)
        others = tuple(guild.alike(new))
        guild.add(new)
        self._guild_of[sighting.message_id] = sighting.guild_id
        self._let_fall_out(guild, sighting.at)
        return Repeats(sighting, others)

    def forget(self, guild_id: int) -> None:
        """Forget a guild's messages."""
        guild = self._guilds.get(guild_id)
        for message_id in list(guild.messages) if guild else ():
            self._forget_message(message_id)

    def _forget_message(self, message_id: int) -> None:
        guild_id = self._guild_of.pop(message_id, None)
        if guild_id is None:
            return
        guild = self._guilds[guild_id]
        guild.remove(message_id)
        if not guild.messages:
            del self._guilds[guild_id]

    def _let_fall_out(self, guild: _Guild, now: float) -> None:
        while len(guild.messages) > self._per_guild or _oldest(guild).at < now - LONGEST_SECONDS:
            self._forget_message(_oldest(guild).message_id)
        while len(self._guild_of) > self._in_all:
            self._forget_message(next(iter(self._guild_of)))


def _oldest(guild: _Guild) -> Sighting:
    return next(iter(guild.messages.values())).sighting


def _are_alike(words: frozenset[str], others: tuple[str, ...]) -> bool:
    common = len(words.intersection(others))
    return common >= ALIKE * (len(words) + len(others) - common)


def words_of(text: str) -> tuple[str, ...]:
    """The different words of a text's beginning, the longest first.

    Pairs of characters in scripts without spaces.
    """
    return _words_and_script(text)[0]


def _words(text: str) -> tuple[str, ...]:
    """The text's different words, the longest first; none where it is too short to count."""
    words, unspaced = _words_and_script(text)
    return words if _counts(words, unspaced) else ()


def _words_and_script(text: str) -> tuple[tuple[str, ...], bool]:
    """The words, and whether the script has no spaces."""
    text = text[:_READ].lower()
    if "<" in text:
        text = _MARKUP.sub(" ", text)
    unspaced = not text.isascii() and _UNSPACED.search(text) is not None
    found = set(map(sys.intern, _pieces(text) if unspaced else _WORD.findall(text)))
    return tuple(sorted(sorted(found), key=len, reverse=True)[:_MOST_WORDS]), unspaced


def _counts(words: tuple[str, ...], unspaced: bool) -> bool:
    if unspaced and len(words) < _FEWEST_PAIRS:
        return False
    letters = sum(map(len, words))
    return letters >= (_FEWEST_LETTERS if len(words) >= _FEWEST_WORDS else _LONG_WORD)


def _pieces(text: str) -> Iterator[str]:
    """Words; in a script without spaces, each pair of neighbouring characters."""
    for run in _UNSPACED_RUN.findall(text):
        if _UNSPACED.match(run):
            yield from map("".join, itertools.pairwise(run))
        else:
            yield run
