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
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inference.prefilter.disguise import LEET, skeleton_of
from inference.prefilter.folding import Folding, shipped_folding
from inference.prefilter.view import Rewrite, Translation, View

MAX_CHARACTERS = 24_000
"""What is looked at of a text. Discord's longest message with ten embeds, a poll and ten described attachments
is shorter; the rest of a longer text (from an export, say) is not read."""

_LONG = 1_500
"""Characters beyond which a text is not read in two alphabets at once, for time."""

_SIGNS = re.escape("".join(sign for sign in LEET if not sign.isalnum()))
_MASKS = "*#?%&█■"
_LETTER = rf"(?:[^\W_]|[{_SIGNS}])"
_SPELLED_END = rf"(?![^\W_]|[{_SIGNS}]+[^\W_])"
_BETWEEN_SPELLED = rf"(?:\s|\s?(?:[^\w\s{_SIGNS}]|_){{1,3}}\s?)"
_INSIDE_WORD = r"(?:[._\-~^\\\"]|''|\|\||(?![\w\s])[^\x00-\x7f])"
_INSIDE = rf"(?:\*|{_INSIDE_WORD})"

_SPELLED_GAP = rf"(?<=(?<!{_LETTER}){_LETTER}){_BETWEEN_SPELLED}(?={_LETTER}{_SPELLED_END})"
_INNER_GAP = rf"(?<=[^\W\d_]){_INSIDE}{{1,2}}(?=[^\W\d_])"

_OR_MASK = rf"(?:[^\W_]|[{_SIGNS}{_MASKS}])"
_BETWEEN_MASKED = rf"(?:\s|\s?(?:[^\w\s{_SIGNS}{_MASKS}]|_){{1,3}}\s?)"
_MASKED_GAP = (
    rf"(?<=(?<!{_OR_MASK}){_OR_MASK}){_BETWEEN_MASKED}(?={_OR_MASK}(?!{_OR_MASK}))"  # f * c k
    rf"|(?<=[^\W\d_{_MASKS}]){_INSIDE_WORD}{{1,2}}(?=[^\W\d_]|[{_MASKS}])"  # f-*ck
    rf"|(?<=[{_MASKS}]){_INSIDE_WORD}{{1,2}}(?=[^\W\d_])"  # f*-ck
)

_BLANKS = Rewrite(re.compile(r"[\t-\r\x1c-\x1f ]{2,}|[\t-\r\x1c-\x1f]"), " ", 1)
_GAPS = Rewrite(re.compile(rf"{_SPELLED_GAP}|(?<={_LETTER}){_INSIDE}{{1,2}}(?={_LETTER})"), "", 0)
_GAPS_BUT_MASKS = Rewrite(re.compile(_MASKED_GAP), "", 0)
_MAY_BE_MASKED = re.compile(f"[{_MASKS}]")

_PROTECTED = re.compile(
    r"```.*?```|`[^`]+`"  # code
    r"|<a?:\w{1,32}:\d{1,20}>|<(?:@[!&]?|\#|/|id:|t:)[^<>]{1,120}>"  # custom emoji, mentions, times
    r"|https?://\S+|(?<!\S)[^\s/]{1,100}\.[a-z]{2,24}/\S*",  # links, with and without a scheme
    re.DOTALL,
)
_MAY_BE_PROTECTED = re.compile(r"[`</]")
_LATIN = re.compile(r"[a-z]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_DISGUISED = re.compile(
    rf"[^\W\d_](?:[0-9@$|+€£¢]|[{_SIGNS}](?=[\w{_SIGNS}]))"  # a leet sign behind a letter, or between two
    rf"|[0-9{_SIGNS}][^\W\d_]"  # or before one
    r"|([^\W\d_])\1\1"  # loooser
    rf"|{_INNER_GAP}"  # lo-ser
    rf"|(?<!{_LETTER}){_LETTER}{_BETWEEN_SPELLED}{_LETTER}{_SPELLED_END}"  # l o s e r
)


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

    @classmethod
    def shipped(cls) -> "Normaliser":
        """The normaliser with the table that comes with the package."""
        return _shipped()

    def read(self, text: str) -> Reading:
        """All views of a text. Any text will do; at most `MAX_CHARACTERS` of it are read."""
        written = without_surrogates(text[:MAX_CHARACTERS])
        raw = View(lowered(written))
        folded = self._folded(raw)
        light = _BLANKS.view(folded)
        bare = _unprotected(folded)
        readable = [*self._disguises(light, bare)]
        coarse = tuple(CoarseView(skeleton_of(view), view) for view in readable)
        words = [bare if light is folded else _unprotected(light), *readable]
        if readable and _MAY_BE_MASKED.search(bare.text):
            words.append(_GAPS_BUT_MASKS.view(bare))
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
        if view.text.isascii() or not self._foreign.search(view.text):
            return view
        return self._words(view, self._plain_mixed_word)

    def _disguises(self, light: View, bare: View) -> Iterator[View]:
        """The text as it may be meant, if anything in it may be a disguise: with and without its gaps.

        Words that are written in look-alikes all through are read both ways, as they may well be what they are; in
        a long text as Latin ones only.
        """
        readings = [bare] if _DISGUISED.search(light.text) else []
        if not light.text.isascii() and self._foreign.search(light.text):
            latin = self._words(bare, self._plain_look_alike)
            if latin is not bare:
                readings = [latin] if len(bare.text) > _LONG else [*readings, latin]
        for view in readings:
            joined = _GAPS.view(view)
            yield view
            if joined is not view:
                yield joined

    def _words(self, view: View, plain: Callable[[re.Match[str]], str]) -> View:
        text = self._foreign_word.sub(plain, view.text)
        return view if text == view.text else View(text, view)

    def _plain_mixed_word(self, word: re.Match[str]) -> str:
        return word[0].translate(self._folding.stand_ins) if _LATIN.search(word[0]) else word[0]

    def _plain_look_alike(self, word: re.Match[str]) -> str:
        plain = word[0].translate(self._folding.look_alikes)
        return plain if plain.isascii() else word[0]


@functools.cache
def _shipped() -> Normaliser:
    return Normaliser(shipped_folding())


def lowered(text: str) -> str:
    """The text in small letters, one for one: `İ` is the only letter whose small form is longer."""
    return text.replace("İ", "I").lower()


def without_surrogates(text: str) -> str:
    """The text with each lone surrogate replaced by U+FFFD: it can be encoded, and positions stay."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _unprotected(view: View) -> View:
    if not _MAY_BE_PROTECTED.search(view.text):
        return view
    return View(_PROTECTED.sub(lambda found: " " * len(found[0]), view.text), view)
