"""Other people's words on Discord's surface: nothing of them is read as markup, a mention, a link or a command.

What members, models and policies say passes one of two doors: `escaped` for running text, `code_block` for what
has to be seen exactly as it is. Lengths are in UTF-16 units: of the two ways to count that are in use, the one
that gives more.
"""

import re

from bot.language import marked, tr, tr_n
from bot.missing_words import told
from bot.visible import visible

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
"""All of ASCII's. A backslash before any of them is Discord's way to say "only this character"."""
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile("(?:[^\\S\n]*\n){4,}|[^\\S\n]{24,}|[\u115f\u1160\u2800\u3164\uffa0]{8,}")
"""Emptiness that only pushes text out of sight; the last ones are letters that look like blanks."""
_FENCE = "```"
_BACK_TICK = "\N{MODIFIER LETTER GRAVE ACCENT}"
"""Looks like a back-tick and is none, so that no run of three can end a code block."""
_SPOILER = "||"
_BAR = "\N{DIVIDES}"
"""Looks like a bar and is none."""
_BLANK = marked("(nothing that can be read)")
MAX_ROWS = 24
"""Rows of a code block: two thousand line breaks must not push the buttons off a phone's screen."""
FENCES = 2 * (len(_FENCE) + 1)
"""What a code block needs around its text."""


def units(text: str) -> int:
    """How long a text is, in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def readable(text: str) -> str:
    """The text with everything hidden written out; it can always be encoded. Of words that are gone it says so."""
    return _LONE_SURROGATES.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", visible(told(text)))


def one_line(text: str) -> str:
    """The readable text on one line, without blanks around it."""
    return " ".join(readable(text).split())


def shortened(text: str, room: int) -> str:
    """The text if it fits into so many units, otherwise its beginning and an ellipsis. It must be encodable."""
    if units(text) <= room:
        return text
    return _beginning(text, room - 1).rstrip() + "…" if room > 0 else ""


def escaped(text: str, room: int) -> str:
    """One line in running text, as it was written, in at most so many units."""
    line = one_line(text)
    whole = _PUNCTUATION.sub(r"\\\1", line)
    if units(whole) <= room:
        return whole
    return _beginning_of_escaped(line, room - 1) + "…" if room > 0 else ""


def code_block(text: str, room: int, rows: int = MAX_ROWS) -> tuple[str, bool]:
    """A code block in at most so many units, and whether the text had to be cut for it.

    Nothing in the text can end the block. Without room for a single character the block is empty: "".
    """
    shown = _BLANKS.sub(_emptiness, readable(text).replace("`", _BACK_TICK).strip("\n"))
    shown = shown if shown.strip() else tr(_BLANK)
    kept = "\n".join(shown.split("\n")[:rows])
    kept = shortened(kept, room - FENCES)
    if not kept.strip():
        return "", True
    return f"{_FENCE}\n{kept}\n{_FENCE}", kept != shown


def spoiler_block(text: str, room: int, rows: int = MAX_ROWS) -> tuple[str, bool]:
    """A code block that has to be clicked to be read, and whether the text had to be cut for it.

    Discord ends a spoiler at the first two bars, in a code block too: nothing in the text can be a bar.
    """
    block, cut = code_block(_without_bars(text), room - 2 * len(_SPOILER), rows)
    return (f"{_SPOILER}{block}{_SPOILER}" if block else ""), cut


def spoiler_line(text: str, room: int) -> str:
    """One line in running text that has to be clicked to be read."""
    line = escaped(_without_bars(text), room - 2 * len(_SPOILER))
    return f"{_SPOILER}{line}{_SPOILER}" if line else ""


def _without_bars(text: str) -> str:
    return text.replace("|", _BAR)


def _emptiness(found: re.Match[str]) -> str:
    rows = found[0].count("\n")
    if rows:
        return f"\n⟨{tr_n('{count} empty line', '{count} empty lines', rows - 1)}⟩\n"
    return f" ⟨{tr_n('{count} blank', '{count} blanks', len(found[0]))}⟩ "


def _beginning(text: str, room: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[: 2 * max(room, 0)].decode("utf-16-le", "ignore")


def _beginning_of_escaped(line: str, room: int) -> str:
    """As many characters as fit, none of them parted from its backslash."""
    kept: list[str] = []
    for character in line:
        piece = _PUNCTUATION.sub(r"\\\1", character)
        room -= units(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip()
