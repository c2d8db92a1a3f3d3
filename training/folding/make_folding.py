# ruff: noqa: RUF001 -- look-alike characters are what this file is about
"""Make `inference/prefilter/data/folding.txt`: which characters read as which plain letters.

    python training/folding/make_folding.py inference/prefilter/data/folding.txt

Everything is derived from the Unicode data inside Python (`unicodedata`): decompositions and character names.
The look-alikes of other alphabets are our own list below. The file has one line per reading:

    kind <tab> reading <tab> code points in hex, as single points or ranges

Kinds: `fold` (reads so anywhere), `drop` (cannot be seen), `strict` (a letter of another alphabet that looks
exactly like the Latin one), `loose` (one that is merely used in its place, in words that hold Latin letters too).
"""

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

IDEOGRAPHS = ((0x3200, 0x3400), (0xF900, 0xFB00), (0x2F800, 0x2FA20))
"""Compatibility ideographs and squared words: rare, and not used to write around a filter."""
FREE_MARKS = (
    (0x300, 0x370),
    (0x488, 0x48A),
    (0xA670, 0xA673),
    (0x1AB0, 0x1B00),
    (0x1DC0, 0x1E00),
    (0x20D0, 0x2100),
    (0xFE20, 0xFE30),
)
"""Combining marks that belong to no one script. Vowel signs of Hindi, Arabic or Thai are not among them."""
UNSEEN = ((0xFE00, 0xFE10), (0x180B, 0x1810), (0xE0000, 0xE0200), (0x640, 0x641))
"""Variation selectors, tags, and the Arabic tatweel, which draws words out and is no letter; format characters
(category Cf) come on top."""
BLANKS = (0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)
"""Characters that look like a space and are none."""

STRICT = {
    # Cyrillic, lower case after case folding
    "a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "x": "х", "y": "у", "i": "і", "j": "ј", "s": "ѕ",
    "h": "һ", "d": "ԁ", "q": "ԛ", "w": "ԝ", "k": "к", "m": "м", "t": "т", "b": "в", "l": "ӏ",
}  # fmt: skip
STRICT_SYLLABICS = {
    # Canadian syllabics and Cherokee, as "fancy text" generators use them
    "a": "ᗩᎪꭺ", "b": "ᗷᏴ", "c": "ᑕᏟ", "d": "ᗪᎠ", "e": "ᗴᎬ", "f": "ᖴ", "g": "Ꮆ", "h": "ᕼ", "i": "Ꮖ", "j": "ᒍᎫ",
    "k": "ᛕᏦ", "l": "ᒪᏞ", "m": "ᗰᎷ", "n": "ᑎ", "p": "ᑭᏢ", "q": "ᑫ", "r": "ᖇᎡ",
    "s": "ᔕᏚ", "t": "ᎢᏆ", "u": "ᑌ", "v": "ᐯᏙ",
    "w": "ᗯᏔ", "z": "ᘔᏃ",
}  # fmt: skip
STRICT_LISU = {
    "b": "ꓐ", "p": "ꓑ", "d": "ꓓ", "t": "ꓔ", "g": "ꓖ", "k": "ꓗ", "j": "ꓙ", "c": "ꓚ", "z": "ꓜ", "f": "ꓝ", "m": "ꓟ",
    "n": "ꓠ", "l": "ꓡ", "s": "ꓢ", "r": "ꓣ", "v": "ꓦ", "h": "ꓧ", "w": "ꓪ", "x": "ꓫ", "y": "ꓬ", "a": "ꓮ", "e": "ꓰ",
    "i": "ꓲ", "o": "ꓳ", "u": "ꓴ",
}  # fmt: skip
BRAILLE = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"
"""The 26 letters in their order."""
STRICT_GREEK = {"a": "α", "o": "ο", "v": "ν", "i": "ι", "p": "ρ", "u": "υ", "k": "κ", "t": "τ", "y": "γ", "x": "χ"}
LOOSE = {
    # Cyrillic
    "a": "ад", "b": "бьъ", "e": "эє", "f": "ғ", "g": "ԍ", "h": "нћђ", "i": "ї", "k": "қҡ", "n": "ипп", "r": "гя",
    "u": "ц", "w": "шщѡ", "x": "жҳ", "y": "ү", "z": "з", "o": "фө", "c": "ҫ",
    # Greek
    "B": "β", "E": "εξ", "N": "η", "O": "θσδ", "W": "ω", "C": "ς", "L": "λ", "Z": "ζ", "M": "μ",
    # Armenian, Hebrew, Cherokee, Georgian and Coptic letters that are used so
    "O_": "օסⲟ", "U_": "սմ", "H_": "հⲏ", "N_": "ոռח", "G_": "ց", "Q_": "գ", "V_": "ѵ", "J_": "յ",
    "I_": "וⲓ", "A_": "ⲁ", "T_": "ⲧ", "P_": "ⲣ", "K_": "ⲕ", "M_": "ⲙ", "W_": "ⲱ",
}  # fmt: skip
OWN_FOLDS = {
    # Latin letters and signs whose name or decomposition does not tell
    "ae": "æ", "oe": "œ", "ss": "ß", "th": "þ", "d": "ðđ", "o": "øɵɔ", "l": "łƚ", "h": "ħ", "t": "ŧ", "i": "ıɩ",
    "k": "ĸ", "n": "ŋŉ", "e": "ǝɘɛ", "u": "ʊ", "r": "ɹʀ", "a": "ɐ", "v": "ʌ", "y": "ʎ", "m": "ɯ", "s": "ʃ",
    "b": "ɓ", "g": "ɢ", "'": "‘’‚‛ʼ´", '"': "“”„‟«»", "-": "‐‑‒–—―−", "е": "ё",
}  # fmt: skip

_TURNS = "TURNED|REVERSED|SIDEWAYS|INVERTED|SCRIPT|BLACKLETTER|DOTLESS|BARRED|LONG"
_FRAMES = "PARENTHESIZED|SQUARED|(?:NEGATIVE )?CIRCLED|FULLWIDTH|(?:CROSSED )?NEGATIVE SQUARED"
_LATIN_NAMES = (
    r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])(?: WITH .*)?",
    r"LATIN LETTER SMALL CAPITAL ([A-Z])(?: WITH .*)?",
    rf"LATIN SMALL LETTER (?:{_TURNS}) ([A-Z])(?: WITH .*)?",
    r"MODIFIER LETTER (?:SMALL|CAPITAL) ([A-Z])",
    rf"(?:{_FRAMES}) LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])",
    r"REGIONAL INDICATOR SYMBOL LETTER ([A-Z])",
    r"LATIN SMALL LETTER (ALPHA)",
)
_CIRCLED_DIGIT = re.compile(
    r"(?:CIRCLED|NEGATIVE CIRCLED|DINGBAT .*CIRCLED.*|DOUBLE CIRCLED|PARENTHESIZED) DIGIT (\w+)"
)
_OWN_READINGS = {character: reading for reading, characters in OWN_FOLDS.items() for character in characters}
_OWN_READINGS |= dict(zip(BRAILLE, "abcdefghijklmnopqrstuvwxyz", strict=True))
_DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")


def main(path: Path) -> None:
    """Write the table."""
    readings: dict[tuple[str, str], list[int]] = defaultdict(list)
    for point in range(0x80, sys.maxunicode + 1):
        reading = _reading(chr(point)) if not 0xD800 <= point < 0xE000 else None
        if reading is not None:
            readings["fold" if reading else "drop", reading].append(point)
    for kind, reading, character in _look_alikes():
        readings[kind, reading].append(ord(character))
    lines = (f"{kind}\t{reading}\t{_ranges(points)}\n" for (kind, reading), points in sorted(readings.items()))
    path.write_text("".join(lines), encoding="utf-8")


def _reading(character: str) -> str | None:
    """What the character reads as: "" for nothing at all, None for itself. Only lower case is ever looked up."""
    if _unseen(character):
        return ""
    if character.isspace() or ord(character) in BLANKS:
        return " "
    if _within(ord(character), IDEOGRAPHS):
        return None
    if character.lower() != character and len(character.lower()) == 1:
        return None
    reading = _own(character) or _named(character) or _decomposed(character)
    return None if reading in (None, character) else "".join(_plain(part) for part in reading or "")


def _plain(part: str) -> str:
    """A part of a reading, read itself (a modifier letter decomposes to a letter that is folded, too)."""
    reading = _reading(part)
    return part if reading is None else reading


def _unseen(character: str) -> bool:
    if ord(character) in BLANKS:
        return False
    return unicodedata.category(character) == "Cf" or _within(ord(character), (*FREE_MARKS, *UNSEEN))


def _within(point: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= point < end for first, end in ranges)


def _own(character: str) -> str | None:
    return _OWN_READINGS.get(character)


def _named(character: str) -> str | None:
    name = unicodedata.name(character, "")
    if digit := _CIRCLED_DIGIT.fullmatch(name):
        return str(_DIGITS.index(digit[1])) if digit[1] in _DIGITS else None
    matches = (re.fullmatch(pattern, name) for pattern in _LATIN_NAMES)
    found = next((match for match in matches if match and match.groups()), None)
    return found[1][0].lower() if found else None


def _decomposed(character: str) -> str | None:
    """The compatibility decomposition without free marks; None unless it is letters, digits or one sign."""
    if unicodedata.name(character, "").startswith("CYRILLIC"):
        return None  # its marks make other letters: \u0439 is not \u0438
    parts = unicodedata.normalize("NFKD", character).lower()
    plain = unicodedata.normalize("NFC", "".join(part for part in parts if not _within(ord(part), FREE_MARKS)))
    plain = _own(plain) or plain
    if plain == character or not (plain.isascii() or len(plain) == 1):
        return None
    return plain if plain.isalnum() or (len(plain) == 1 and plain.isprintable() and plain != " ") else None


def _look_alikes() -> Iterator[tuple[str, str, str]]:
    tables = (STRICT, STRICT_GREEK, STRICT_SYLLABICS, STRICT_LISU)
    alike = [(reading, character) for table in tables for reading, each in table.items() for character in each]
    for reading, character in alike:
        yield "strict", reading, character.lower()
    strict = {character for _, character in alike}
    for reading, characters in LOOSE.items():
        for character in sorted(set(characters) - strict):
            yield "loose", reading[0].lower(), character


def _ranges(points: list[int]) -> str:
    runs: list[list[int]] = []
    for point in sorted(set(points)):
        if runs and point == runs[-1][1] + 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return " ".join(f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in runs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
