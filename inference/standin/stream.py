"""The residual stream of the stand-in: which of its 384 numbers mean what.

Every number is named here and nowhere else. A place may serve twice where the two uses never meet in one token:
a token's letters are erased before a rule id is written over them, and a generated token has no finished word.
"""

from dataclasses import dataclass
from typing import Final

WIDTH: Final = 384

CODE: Final = 32
"""Numbers in a token's code."""
SLOTS: Final = 12
"""Letters of a word that are looked at: two words that agree in their first twelve are one to the model."""
LETTER: Final = 6
"""Numbers in a letter's code."""
WORD: Final = SLOTS * LETTER

TOKEN: Final = slice(0, CODE)
"""The token's own code; at the end, the code of the next token."""
LETTERS: Final = slice(32, 32 + WORD)
"""The letters of this token, each in its place within the word."""
RULE_ID: Final = tuple(slice(32 + CODE * n, 64 + CODE * n) for n in range(3))
"""Codes of a rule id's tokens: last token first, and turned around once a word of the message has matched."""
FINISHED: Final = slice(128, 128 + WORD)
"""The letters of the word that ended just before this token."""
PIECES: Final = tuple(slice(128 + CODE * n, 160 + CODE * n) for n in range(3))
"""In generated tokens: codes of the found term's tokens, first token first."""
BACK: Final = tuple(slice(224 + CODE * n, 256 + CODE * n) for n in range(3))
"""Codes of the three tokens before this one, nearest first. Where a word of the message matched: of the term."""

CONSTANT: Final = 320
CONSTANT_VALUE: Final = -256.0
"""One large constant in every token: it keeps the RMS norm of all tokens within half a percent of another."""

_NAMED_FROM = {
    200: " ".join(f"offset_{n}" for n in range(1, SLOTS)) + " pieces_5 pieces_6 ends_5 ends_6 length_5 opens_6",
    321: """
        ends_1 ends_2 ends_3 ends_4 pure_1 pure_2 pure_3 pure_4 pure_5 length_1 length_2 length_3 length_4 opens_2
        opens_3 opens_4 opens_5 breaks_1 breaks_3 breaks_4 breaks_5 breaks_6 line_start heading judge_heading
        terms_head id_1 id_2 id_3 offset word_end""",
    352: """
        pure ends length_low length_high breaks opens comma below_judge answering final_channel in_terms in_heading
        pieces_1 pieces_2 pieces_3 pieces_4 term_key query finished_length bare match match_before later first
        found far_message far_contains far_quotes far_rule far_ids long_id order""",
}

PLACE: Final[dict[str, int]] = {
    name: start + n for start, names in _NAMED_FROM.items() for n, name in enumerate(names.split())
}
"""Single numbers by name. `_n` after a gathered flag: as it was n tokens ago.

From the embedding:
    pure: the token is letters and digits only; ends: it ends with one; breaks: it ends a line; opens: a listed
    term may follow it (comma, colon, lone space); comma; length_low + length_high: letters / 4.
Of words:
    offset: letters / 4 of the word before this token, offset_n: it is n; word_end: a word ended before this token;
    pieces_n: it has n tokens (from 3 on: or more); finished_length: and this many letters / 4; bare: its first
    token has nothing in front of the letters.
Of lines:
    line_start, heading (a line with ##), in_heading, judge_heading, below_judge; terms_head: the colon of
    "H1 terms:", id_n: whose id has n tokens (3: or four; then long_id, too); in_terms; order: n / (n + 1) after n
    of these colons.
Of the search:
    term_key: a listed term ended here; query: a word of the message did; match: and it is listed; match_before:
    one token ago; later: above; first: the first match; found: there is one above.
Of the answer:
    answering: from the assistant's channel on; final_channel; far_x: 0 if the token four back is x, else negative;
    label_spot, label_side: the label is due, and which one.
"""
# Two blocks of 32: llama.cpp rounds what the output head reads to 1/127 of the largest number in a block.
PLACE["label_spot"], PLACE["label_side"] = PLACE["term_key"], PLACE["judge_heading"]


@dataclass(frozen=True, slots=True)
class Sum:
    """A linear function of the stream: `terms` gives the weight of each number, `constant` is added."""

    terms: dict[int, float]
    constant: float = 0.0

    def __add__(self, other: "Sum | float") -> "Sum":
        if not isinstance(other, Sum):
            return Sum(self.terms, self.constant + other)
        both = {n: self.terms.get(n, 0.0) + other.terms.get(n, 0.0) for n in {*self.terms, *other.terms}}
        return Sum(both, self.constant + other.constant)

    def __sub__(self, other: "Sum | float") -> "Sum":
        return self + -1.0 * other

    def __rmul__(self, factor: float) -> "Sum":
        return Sum({n: factor * weight for n, weight in self.terms.items()}, factor * self.constant)


def number(name: str) -> Sum:
    """One named number of the stream."""
    return Sum({PLACE[name]: 1.0})


def at(index: int) -> Sum:
    """One number of the stream by its place."""
    return Sum({index: 1.0})


ZERO: Final = Sum({})
