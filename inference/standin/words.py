"""From tokens to words: a word's letters, each in its place, whatever the tokens are that it is cut into."""

from itertools import product
from typing import Final

from inference.standin.conditions import all_of, flag, no_flag
from inference.standin.heads import copy, look_back
from inference.standin.layers import Hidden, Layer
from inference.standin.stream import BACK, FINISHED, LETTER, LETTERS, PLACE, SLOTS, WORD, Sum, at, number

PIECES_READ: Final = 6
"""Of a word of more tokens only the last ones are read."""


def own_length() -> Sum:
    """How many letters the token has, / 4."""
    return number("length_low") + number("length_high")


def add_word_units(hidden: Hidden) -> None:
    """A word ends where no letters follow; a token that begins with a letter behind letters continues a word."""
    hidden.when(all_of(flag("ends_1"), no_flag("pure")), {PLACE["word_end"]: 1})
    joined = [flag("pure")]
    for n in range(1, PIECES_READ):
        hidden.when(all_of(*joined, flag(f"ends_{n}")), {PLACE["offset"]: 1}, times=number(f"length_{n}"))
        joined.append(flag(f"pure_{n}"))


def add_piece_units(hidden: Hidden) -> None:
    """Where the token's letters begin in their word; of how many tokens the word is that ended."""
    for n in range(1, SLOTS):
        hidden.when(_offset_at_least(n), {PLACE[f"offset_{n}"]: 1.0})
        hidden.when(_offset_at_least(n + 1), {PLACE[f"offset_{n}"]: -1.0})
    for n in range(1, PIECES_READ + 1):
        begun = [flag(f"pure_{k}") for k in range(1, n)] + ([flag(f"ends_{n}")] if n > 1 else [])
        write = {PLACE[f"pieces_{n}"]: 1.0} | ({PLACE[f"pieces_{n - 1}"]: -1.0} if n in (2, 3) else {})
        hidden.when(all_of(flag("word_end"), no_flag("answering"), *begun), write)


def _offset_at_least(letters: int) -> Sum:
    return 2.0 * (4.0 * number("offset") - (letters - 0.5)) - 100.0 * number("answering")


def add_letter_units(hidden: Hidden) -> None:
    """A piece that continues a word: its letters move behind those of the word so far."""
    for offset in range(1, SLOTS):
        for slot, sign in product(range(SLOTS - offset), range(LETTER)):
            moved = {_letter(slot + offset, sign): 1.0}
            hidden.when(all_of(flag(f"offset_{offset}")), moved, times=at(_letter(slot, sign)))
    for slot, sign in product(range(SLOTS), range(LETTER)):
        hidden.when(_offset_at_least(1), {_letter(slot, sign): -1.0}, times=at(_letter(slot, sign)))


def _letter(slot: int, sign: int) -> int:
    return LETTERS.start + LETTER * slot + sign


def finish_words(layer: Layer) -> None:
    """The token after a word gathers the letters of the word's last six tokens."""
    several = number("pieces_2") + number("pieces_3")
    wanted = [number("pieces_1") + several, several] + [number(f"pieces_{n}") for n in range(3, PIECES_READ + 1)]
    for head, only in enumerate(wanted):
        look_back(layer.attention, head, head + 1, only=only)
        copy(layer.attention, head, 0, LETTERS, FINISHED)
        layer.attention.fetch(head, WORD, own_length(), PLACE["finished_length"])
    _add_limit_units(layer.hidden)
    for n in (1, 2, 3):
        layer.hidden.when(all_of(flag(f"pieces_{n}"), flag(f"pure_{n}")), {PLACE["bare"]: 1})


def _add_limit_units(hidden: Hidden) -> None:
    """No word is longer than its slots, and no sign counts twice, though pieces of a word of more than six can
    fall on one another: so the squared distance of two words is never below zero.
    """
    excess = number("finished_length") - SLOTS / 4
    hidden.when(8.0 * excess - 1.0, {PLACE["finished_length"]: -2.0}, times=0.5 * excess)
    for n in range(FINISHED.start, FINISHED.stop):
        for sign in (1.0, -1.0):
            excess = sign * at(n) - 1.0
            hidden.when(2.0 * excess - 1.0, {n: -sign}, times=excess)


def add_clearing_units(hidden: Hidden) -> None:
    """In the message the tokens' letters, and what was gathered of the tokens before, make room for what a match
    will bring; in the answer the letters do.
    """
    for n in range(LETTERS.start, LETTERS.stop):
        hidden.when(all_of(flag("below_judge")), {n: -1.0}, times=at(n))
    gathered = [n for place in BACK for n in range(place.start, place.stop)]
    counts = [PLACE[name] for name in ("pieces_1", "pieces_2", "pieces_3", "bare")]
    for n in (*gathered, *counts):
        hidden.when(all_of(flag("query")), {n: -1.0}, times=at(n))
    for name in ("ends_5", "ends_6", "length_5", "opens_6"):
        hidden.when(all_of(), {PLACE[name]: -1.0}, times=number(name))
