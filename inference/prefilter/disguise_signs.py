"""Whether anything in a text may be a disguise at all. Most texts hold nothing: that is told in a microsecond.

The exact expressions look around themselves. Those for RE2, which cannot, take in what stands around: they match
in the same texts, as long as these are ASCII, and ten times as fast.
"""

import functools
import re
from collections.abc import Collection, Mapping
from enum import IntEnum
from typing import Any

import re2

from inference.prefilter.disguise import LEET

_KEPT_TEXTS = 2
"""The same text is asked about several times in a row, and then never again."""

MASKS = "*#?%&█■"
"""Signs that stand in the place of letters."""

_SIGNS = re.escape("".join(sign for sign in LEET if not sign.isalnum()))
_LETTER = rf"(?:[^\W_]|[{_SIGNS}])"
_SPELLED_END = rf"(?![^\W_]|[{_SIGNS}]+[^\W_])"
_BETWEEN_SPELLED = rf"(?:\s|\s?(?:[^\w\s{_SIGNS}]|_){{1,3}}\s?)"
_ASCII_INSIDE_WORD = r"[._\-~^\\\"]|''|\|\|"
_INSIDE_WORD = rf"(?:{_ASCII_INSIDE_WORD}|(?![\w\s])[^\x00-\x7f])"
_INSIDE = rf"(?:\*|{_INSIDE_WORD})"

_OR_MASK = rf"(?:[^\W_]|[{_SIGNS}{MASKS}])"
_BETWEEN_MASKED = rf"(?:\s|\s?(?:[^\w\s{_SIGNS}{MASKS}]|_){{1,3}}\s?)"

_IS_NO_LETTER = r"(?=[\W_])"
"""Told first, it spares most places the looking back: half of the time."""

GAP = re.compile(
    rf"{_IS_NO_LETTER}(?:"
    rf"(?<=(?<!{_LETTER}){_LETTER}){_BETWEEN_SPELLED}(?={_LETTER}{_SPELLED_END})"  # l o s e r
    rf"|(?<={_LETTER}){_INSIDE}{{1,2}}(?={_LETTER}))"  # lo-ser
)
"""What parts letters of one word."""
GAP_BESIDE_MASKS = re.compile(
    rf"{_IS_NO_LETTER}(?:"
    rf"(?<=(?<!{_OR_MASK}){_OR_MASK}){_BETWEEN_MASKED}(?={_OR_MASK}(?!{_OR_MASK}))"  # f * c k
    rf"|(?<=[^\W\d_{MASKS}]){_INSIDE_WORD}{{1,2}}(?=[^\W\d_]|[{MASKS}])"  # f-*ck
    rf"|(?<=[{MASKS}]){_INSIDE_WORD}{{1,2}}(?=[^\W\d_]))"  # f*-ck
)
"""What parts letters of a word some of which are masked."""
DISGUISED = re.compile(
    rf"[^\W\d_](?:[0-9@$|+€£¢]|[{_SIGNS}](?=[\w{_SIGNS}]))"  # a leet sign behind a letter, or between two
    rf"|[0-9{_SIGNS}][^\W\d_]"  # or before one
    r"|([^\W\d_])\1\1"  # loooser
    rf"|(?<=[^\W\d_]){_INSIDE}{{1,2}}(?=[^\W\d_])"  # lo-ser
    rf"|(?<!{_LETTER}){_LETTER}{_BETWEEN_SPELLED}{_LETTER}{_SPELLED_END}"  # l o s e r
)


class Sign(IntEnum):
    """What a text may hold, in the order of the expressions."""

    DISGUISED = 0
    GAP = 1
    GAP_BESIDE_MASKS = 2


def is_disguised(text: str) -> bool:
    """Whether anything in a text may be a disguise: in small letters, without lone surrogates."""
    if text.isascii():
        return Sign.DISGUISED in _signs_in_ascii(text)
    return DISGUISED.search(text) is not None


def may_hold(sign: Sign, text: str) -> bool:
    """Whether the sign's expression may match somewhere. In ASCII texts it does, in others that is left open."""
    return not text.isascii() or sign in _signs_in_ascii(text)


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def _signs_in_ascii(text: str) -> Collection[int]:
    found: list[int] | None = _IN_ASCII.Match(text)
    return found or ()


def _compiled(expressions: Mapping[Sign, str]) -> Any:  # re2 ships no types
    options = re2.Options()
    options.never_capture = True
    compiled = re2.Set.SearchSet(options)
    for sign in Sign:
        compiled.Add(expressions[sign])
    compiled.Compile()
    return compiled


_BLANK = r"\t-\r\x1c- "
_SIGN = "".join(re.escape(sign) for sign in LEET if sign.isascii() and not sign.isalnum())
_MASK = "".join(re.escape(mask) for mask in MASKS if mask.isascii())
_INNER = f"(?:{_ASCII_INSIDE_WORD})"
_INNER_OR_STAR = rf"(?:\*|{_ASCII_INSIDE_WORD})"
_END = f"(?:$|[^a-z0-9{_SIGN}]|[{_SIGN}]+(?:$|[^a-z0-9{_SIGN}]))"


def _two_alone(letter: str) -> str:
    """Two letters alone with little between them, up to the second one."""
    between = f"(?:[{_BLANK}]|[{_BLANK}]?[^{letter}{_BLANK}]{{1,3}}[{_BLANK}]?)"
    return f"(?:^|[^{letter}])[{letter}]{between}[{letter}]"


_SPELLED = _two_alone(f"a-z0-9{_SIGN}") + _END
_SPELLED_WITH_MASKS = _two_alone(f"a-z0-9{_SIGN}{_MASK}") + f"(?:$|[^a-z0-9{_SIGN}{_MASK}])"
_IN_ASCII = _compiled(
    {
        Sign.DISGUISED: (
            f"[a-z](?:[0-9@$|+]|[{_SIGN}][a-z0-9_{_SIGN}])|[0-9{_SIGN}][a-z]"
            + "".join(f"|{letter * 3}" for letter in "abcdefghijklmnopqrstuvwxyz")
            + f"|[a-z]{_INNER_OR_STAR}{{1,2}}[a-z]|{_SPELLED}"
        ),
        Sign.GAP: f"[a-z0-9{_SIGN}]{_INNER_OR_STAR}{{1,2}}[a-z0-9{_SIGN}]|{_SPELLED}",
        Sign.GAP_BESIDE_MASKS: (
            f"[a-z]{_INNER}{{1,2}}[a-z{_MASK}]|[{_MASK}]{_INNER}{{1,2}}[a-z]|{_SPELLED_WITH_MASKS}"
        ),
    }
)
