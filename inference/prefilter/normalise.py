"""How a message can be read: as written, folded to plain letters, and with disguises looked through.

- *raw*: as written, in small letters.
- *light*: what a person reads. Full width, mathematical and accented letters, combining marks and invisible
  characters become plain ones. Letters of other alphabets become Latin only in words that mix them with Latin
  letters, so that a Russian sentence stays Russian.
- *coarse*: a skeleton, made of the light view, in which different spellings fall together: leet signs become
  letters, repeated letters one, and separators a space (`joined`: nothing). It proposes matches; what it
  proposes must still read as the keyword (`disguise.span_reading`).

URLs, custom emoji, mentions and code are not in the coarse views: nothing in them is a disguise.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from inference.prefilter.disguise import skeleton_of
from inference.prefilter.disguise_signs import GAP, GAP_BESIDE_MASKS, MASKS, Sign, is_disguised, may_hold
from inference.prefilter.folding import Folding, shipped_folding
from inference.prefilter.parts import ROOM, disguised_parts
from inference.prefilter.view import Rewrite, Translation, View

MAX_CHARACTERS = 24_000
"""What is looked at of a text. Discord's longest message with ten embeds, a poll and ten described attachments
is shorter; the rest of a longer text (from an export, say) is not read."""

_BLANKS = Rewrite(re.compile(r"[\t-\r\x1c-\x1f ]{2,}|[\t-\r\x1c-\x1f]"), " ", 1)
_GAPS = Rewrite(GAP, "", 0)
_GAPS_BUT_MASKS = Rewrite(GAP_BESIDE_MASKS, "", 0)
_MAY_BE_MASKED = re.compile(f"[{MASKS}]")

_PROTECTED = re.compile(
    r"```.*?```|`[^`]+`"  # code
    r"|<a?:\w{1,32}:\d{1,20}>|<(?:@[!&]?|\#|/|id:|t:)[^<>]{1,120}>"  # custom emoji, mentions, times
    r"|https?://\S+|(?<!\S)[^\s/]{1,100}\.[a-z]{2,24}/\S*",  # links, with and without a scheme
    re.DOTALL,
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CoarseView:
    """A skeleton and the readable view that it was made from."""

    skeleton: View
    readable: View


@dataclass(frozen=True, slots=True)
class Reading:
    """All views of one text."""

    written: str
    """The text as it is shown: clipped, lone surrogates replaced, capitals kept."""
    raw: View
    light: View
    coarse: tuple[CoarseView, ...]
    """Empty where nothing is disguised."""
    words: tuple[View, ...]
    """Without what is protected: whose words may be misspelled (`respelling`)."""


class Normaliser:
    """Makes the views. It holds tables only and may be shared."""

    def __init__(self, folding: Folding) -> None:
        self._fold = Translation(folding.anywhere)
        self._folding = folding
        foreign = f"[{re.escape(''.join(map(chr, folding.stand_ins)))}]"
        self._foreign = re.compile(foreign)
        self._foreign_word = re.compile(rf"(?<!\w)\w*{foreign}\w*")
        alike = re.escape("".join(map(chr, folding.look_alikes)))
        self._look_alike_word = re.compile(rf"(?<!\w)[{alike}]{{3,}}(?!\w)")
        self._mixed_word = re.compile(rf"(?<!\w)(?=[^\Wa-z]*[a-z])(?=\w*{foreign})\w+")

    @classmethod
    def shipped(cls) -> "Normaliser":
        """The normaliser with the table that comes with the package."""
        return _shipped()

    def read(self, text: str) -> Reading:
        """All views of a text. Any text will do; at most `MAX_CHARACTERS` of it are read."""
        written = without_surrogates(text[:MAX_CHARACTERS])
        raw = View(lowered(written))
        folded = self._folded(raw)
        light = _blanks_folded(folded)
        bare = _unprotected(folded)
        readable, masked = self._disguises(bare)
        coarse = tuple(CoarseView(skeleton_of(view), view) for view in readable)
        words = [bare if light is folded else _unprotected(light), *readable, *masked]
        return Reading(written, raw, light, coarse, tuple(dict.fromkeys(words)))

    def folded(self, text: str) -> str:
        """The text of the light view."""
        return _BLANKS(self._folded(View(lowered(without_surrogates(text)))).text)

    def mixed(self, folded: str) -> str:
        """How words of another alphabet read in the light view once some of their letters are Latin ones."""
        return folded.translate(self._folding.stand_ins)

    def _folded(self, raw: View) -> View:
        """The light view with its blanks as written: two spaces part words that are spelled letter by letter."""
        view = raw if raw.text.isascii() else self._fold.view(raw)
        if view.text.isascii():
            return view
        return _respelled_words(view, self._mixed_word, self._plain_mixed_word)

    def _disguises(self, bare: View) -> tuple[list[View], list[View]]:
        """The text as it may be meant, if anything in it may be a disguise: with and without its gaps; and without
        gaps beside masks.

        Words that are written in look-alikes all through are read both ways, as they may well be what they are; in
        a text longer than `ROOM` as Latin ones only. Of such a text so many characters are read, first come first
        served, of the parts in which something may be a disguise.
        """
        readings = self._long_readings(bare) if len(bare.text) > ROOM else self._short_readings(bare)
        readable = [each for reading in readings for each in _with_and_without(reading, Sign.GAP, _GAPS)]
        masked = []
        if readings and _MAY_BE_MASKED.search(readings[0].text):
            masked = _with_and_without(readings[0], Sign.GAP_BESIDE_MASKS, _GAPS_BUT_MASKS)[1:]
        return readable, masked

    def _short_readings(self, bare: View) -> list[View]:
        readings = [bare] if is_disguised(bare.text) else []
        latin = bare if bare.text.isascii() else self._in_latin(bare)
        return readings if latin is bare else [*readings, latin]

    def _long_readings(self, bare: View) -> list[View]:
        part = disguised_parts(bare, self._may_be_disguised)
        return [] if part is None else [self._in_latin(part)]

    def _may_be_disguised(self, text: str) -> bool:
        return (not text.isascii() and self._look_alike_word.search(text) is not None) or is_disguised(text)

    def _in_latin(self, view: View) -> View:
        """The view with words of look-alikes read as Latin ones."""
        return _respelled_words(view, self._foreign_word, self._plain_look_alike)

    def _plain_mixed_word(self, word: re.Match[str]) -> str:
        return word[0].translate(self._folding.stand_ins)

    def _plain_look_alike(self, word: re.Match[str]) -> str:
        plain = word[0].translate(self._folding.look_alikes)
        return plain if plain.isascii() else word[0]


@functools.cache
def _shipped() -> Normaliser:
    return Normaliser(shipped_folding())


def lowered(text: str) -> str:
    """The text in small letters, one for one: `İ` is the only letter whose small form is longer."""
    return text.lower() if text.isascii() else text.replace("İ", "I").lower()


def without_surrogates(text: str) -> str:
    """The text with each lone surrogate replaced by U+FFFD: it can be encoded, and positions stay."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _blanks_folded(view: View) -> View:
    text = view.text
    return view if "  " not in text and text.isprintable() else _BLANKS.view(view)


def _with_and_without(view: View, sign: Sign, gaps: Rewrite) -> list[View]:
    """The view, and what it is without its gaps if it has any."""
    if not may_hold(sign, view.text):
        return [view]
    joined = gaps.view(view)
    return [view] if joined is view else [view, joined]


def _respelled_words(view: View, words: re.Pattern[str], spelling: Callable[[re.Match[str]], str]) -> View:
    """The view with some words spelled otherwise, as long as they were."""
    text = words.sub(spelling, view.text)
    return view if text == view.text else View(text, view)


def _unprotected(view: View) -> View:
    text = view.text
    if "/" not in text and "<" not in text and "`" not in text:
        return view
    return View(_PROTECTED.sub(lambda found: " " * len(found[0]), text), view)
