"""Domains that pretend to be a well-known one: confusable letters, slips of the finger, names beside a bait.

Letters that look alike become one letter first (`skeleton`), names are compared with the optimal string alignment
distance (Damerau-Levenshtein with each letter moved at most once), as rapidfuzz computes it.
"""

import functools
import itertools
import re
from collections.abc import Callable

from ahocorasick_rs import AhoCorasick, MatchKind
from rapidfuzz import process
from rapidfuzz.distance import OSA

from inference.prefilter.folding import shipped_folding
from inference.prefilter.signals.hosts import public_suffix, registrable
from inference.prefilter.signals.well_known import Name, WellKnown

_FILE_ENDINGS = frozenset("py rs sh md pl so zip mov ps cc".split())  # noqa: SIM905 readable as words
"""Top-level domains that are endings of files, too: `discord.py` is a library."""
_LEAST_INSIDE = 6
"""Letters that a name needs to be looked for inside other letters: `epicgames`, not `apple`."""
_ONLY_BAITS = 3
"""So many different baits in one label are enough, whatever name they borrow."""
_SHORTEST_COMPARED, _LONGEST_COMPARED = 4, 40
"""Letters of a label that are compared."""
_MOST_SLIPS = 4
"""Slips of the finger that a long name may have."""
_LABELS_BELOW = 3
"""Labels below the registered one that are looked at, the nearest ones."""

_CONFUSED = str.maketrans("0134578$|i", "oleastbsll")
_CONFUSED_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_DOUBLED = re.compile(r"(.)\1+")
_PARTS = re.compile(r"[^\W_]+")
_LATIN = re.compile(r"[a-z]")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u052f\u0531-\u058f\u13a0-\u13ff]")
"""Greek, Cyrillic, Armenian and Cherokee, whose letters pass for Latin ones."""


@functools.lru_cache(maxsize=4096)
def skeleton(label: str) -> str:
    """The label with letters that look alike made one, and doubled ones single: `d1sccord` becomes `dlscord`."""
    plain = label if label.isascii() else _plain_letters(label)
    plain = plain.translate(_CONFUSED)
    for pair, letter in _CONFUSED_PAIRS:
        plain = plain.replace(pair, letter)
    return _DOUBLED.sub(r"\1", plain)


class LookAlikes:
    """Compares hosts with well-known names. Immutable."""

    def __init__(self, known: WellKnown) -> None:
        self._known = known
        self._names = {skeleton(name.text): name for name in known.names}
        self._spelled = {name.text for name in known.names}
        self._reachable = {
            (baited, length): self._names_near(length, baited=baited)
            for baited in (False, True)
            for length in range(_SHORTEST_COMPARED, _LONGEST_COMPARED + 1)
        }
        self._inside = [bone for bone in self._names if len(bone) >= _LEAST_INSIDE]
        self._find_inside = _automaton(self._inside)
        baits = list(map(skeleton, known.baits))
        self._find_baits = _automaton(baits)
        self._baits = frozenset(baits)
        self._honest = frozenset(map(skeleton, known.honest))

    @classmethod
    def shipped(cls) -> "LookAlikes":
        """With the names that come with the package."""
        return _shipped()

    def _names_near(self, length: int, *, baited: bool) -> tuple[str, ...]:
        """The names that so many letters can be slips of."""
        reaches = ((bone, _reach(bone, name, baited=baited)) for bone, name in self._names.items())
        return tuple(bone for bone, reach in reaches if reach and abs(len(bone) - length) <= reach)

    def find(self, host: str, *, is_link: bool = True) -> str | None:
        """What is wrong with a plain host, in words that follow its name; None if nothing, or if it is a real one.

        `is_link` is False for text that merely looks like a host: `discord.py` is no link then.
        """
        own = registrable(host)
        if own is None or self._known.owner(host):
            return None
        suffix = public_suffix(host) or ""
        if not is_link and own == host and suffix in _FILE_ENDINGS:
            return None
        return self._wrong(host, own, suffix)

    def are_of_one_owner(self, host: str, other: str) -> bool:
        """Whether both hosts are real ones of one well-known name: `youtu.be` and `youtube.com`."""
        owner = self._known.owner(host)
        return owner is not None and owner == self._known.owner(other)

    def _wrong(self, host: str, own: str, suffix: str) -> str | None:
        if real := self._real_domain_inside(host[: -len(suffix) - 1]):
            return f"looks like {real}"
        label, below = own[: -len(suffix) - 1], host[: -len(own) - 1].split(".")[-_LABELS_BELOW:]
        if name := self._at_wrong_suffix(label, suffix):
            return f"looks like {name.domain}"
        borrowed = next(filter(None, (self._borrowed(each, suffix) for each in (label, *below))), None)
        if borrowed or not any(map(_mixes_alphabets, host.split("."))):
            return borrowed
        return "mixes alphabets"

    def _real_domain_inside(self, host: str) -> str | None:
        """A real domain before the end: `steamcommunity.com.evil.example`, `discord.com-login.example`."""
        labels = host.replace("-", ".").split(".")
        pairs = (f"{first}.{second}" for first, second in itertools.pairwise(labels))
        return next((pair for pair in pairs if pair in self._known.owners), None)

    def _at_wrong_suffix(self, label: str, suffix: str) -> Name | None:
        """The name that a registered label is, or reads as: `discord.click`, `disc-ord.com`."""
        name = self._names.get(skeleton(label.replace("-", "")))
        if name is None or name.needs_bait or skeleton(label) in self._honest:
            return None
        has_page = not name.guarded and _is_hosting(suffix)
        in_country = name.in_countries and _is_of_a_country(suffix)
        return None if label == name.text and (has_page or in_country) else name

    def _borrowed(self, label: str, suffix: str) -> str | None:
        """What is wrong with a label that holds a name disguised, beside a bait, or where no honest one would."""
        if not label or len(label) > _LONGEST_COMPARED:
            return None
        parts = _PARTS.findall(label)
        joined = skeleton("".join(parts))
        parts = [part for part in parts if len(part) >= _SHORTEST_COMPARED]
        bones = [skeleton(part) for part in parts]
        spans = self._find_baits(joined)
        baits = {joined[start:end] for _, start, end in spans}
        baits |= {skeleton(suffix).removesuffix("s")} & self._baits
        name = (
            next(filter(None, map(self._disguised, parts, bones)), None)
            or self._guarded_word(bones, label)
            or self._inside_others(label.replace("-", ""), joined)
            or (self._baited(bones, baits, _without(joined, spans)) if baits else None)
        )
        if name:
            return f"looks like {name.domain}"
        return "is made of the words of a bait" if len(baits) >= _ONLY_BAITS else None

    def _disguised(self, part: str, bone: str) -> Name | None:
        if bone in self._honest or bone in self._baits or part in self._spelled:
            return None
        name = self._names.get(bone) or self._near(bone, baited=False)
        return name if name and not name.needs_bait else None

    def _guarded_word(self, bones: list[str], label: str) -> Name | None:
        names = (self._names.get(bone) for bone in bones) if "-" in label else ()
        return next((name for name in names if name and name.guarded_as_word), None)

    def _inside_others(self, letters: str, joined: str) -> Name | None:
        """A longer name among other letters, if it is disguised or honest domains seldom hold it."""
        name = self._longest_inside(joined)
        return name if name and (name.guarded or name.text not in letters) else None

    def _longest_inside(self, joined: str) -> Name | None:
        found = self._find_inside(joined)
        return self._names[self._inside[found[0][0]]] if found else None

    def _baited(self, bones: list[str], baits: set[str], rest: str) -> Name | None:
        """The name beside a bait, which may be the suffix: `twitch-drops`, `free-nitro`, `staem.gift`."""
        for bone in (*bones, *baits):
            if (name := self._names.get(bone)) and baits - {bone}:
                return name
        return self._longest_inside(rest) or self._near(rest, baited=True)

    def _near(self, bone: str, *, baited: bool) -> Name | None:
        """The name that a few slips of the finger make of these letters, a plural's ending aside."""
        bone = bone if bone in self._names else bone.removesuffix("s")
        if not _SHORTEST_COMPARED <= len(bone) <= _LONGEST_COMPARED or bone in self._honest:
            return None
        names = self._reachable[baited, len(bone)]
        found = process.extractOne(bone, names, scorer=OSA.distance, score_cutoff=_MOST_SLIPS) if names else None
        if found is None:
            return None
        meant, slips = self._names[found[0]], found[1]
        most = _reach(found[0], meant, baited=baited)
        keeps_ends = bone[0] == found[0][0] and bone[-1] == found[0][-1]
        return meant if slips < most or (slips == most and (keeps_ends or most == 1)) else None


def _automaton(words: list[str]) -> Callable[[str], list[tuple[int, int, int]]]:
    """Finds words in a text, the leftmost and longest ones, as (position in `words`, start, end)."""
    return AhoCorasick(words, matchkind=MatchKind.LeftmostLongest).find_matches_as_indexes


def _without(text: str, spans: list[tuple[int, int, int]]) -> str:
    """The text without these spans."""
    ends = [0, *(end for _, _, end in spans)]
    starts = [*(start for _, start, _ in spans), len(text)]
    return "".join(text[end:start] for end, start in zip(ends, starts, strict=True))


def _reach(bone: str, name: Name, *, baited: bool) -> int:
    """How many slips of the finger a name of this length may have: one more beside a bait.

    The last of several counts only between the ends of the name: who imitates a name keeps those.
    """
    length = len(bone)
    slips = 0 if length < 6 else 1 if length < 7 else 2 if length < 12 else _MOST_SLIPS
    return 0 if name.no_slips else min(_MOST_SLIPS, slips + baited)


def _is_hosting(suffix: str) -> bool:
    """Whether anybody may have a page under the suffix: `github.io`, not `com` or `co.uk`."""
    first, dot, last = suffix.rpartition(".")
    return bool(dot) and (len(first) > 3 or len(last) > 2)


def _is_of_a_country(suffix: str) -> bool:
    """`de`, `co.uk`, `com.br`."""
    first, _, last = suffix.rpartition(".")
    return len(last) == 2 and first in {"", "co", "com"}


def _mixes_alphabets(label: str) -> bool:
    return not label.isascii() and bool(_LATIN.search(label) and _OTHER_SCRIPT.search(label))


def _plain_letters(label: str) -> str:
    folding = shipped_folding()
    return label.translate(folding.anywhere).translate(folding.stand_ins)


@functools.cache
def _shipped() -> LookAlikes:
    return LookAlikes(WellKnown.shipped())
