"""From words to the word: each of the message looks for itself among the listed terms, the first found is kept."""

from typing import Final

from inference.standin.conditions import all_of, flag, no_flag
from inference.standin.heads import ONE, copy, look_back, look_for
from inference.standin.layers import Attention, Hidden, Layer
from inference.standin.lines import copy_id_length
from inference.standin.stream import BACK, CODE, FINISHED, LETTER, PIECES, PLACE, RULE_ID, WORD, at, number

_MATCH: Final = 80.0
"""Score lost for each unit of squared distance between two words; different words are at least 4 apart."""
_ORDER: Final = 200.0
"""How much a term of the policy's first list is preferred to the same term in a far later one."""
_NEITHER: Final = 1000.0
"""Score lost where no term ends, and for tokens that ask for nothing."""
_WORD, _RULE = 0, 3
"""Two heads of different groups look at the same token: one fetches the term's tokens, one its rule."""


def add_term_units(hidden: Hidden) -> None:
    """A listed term is one word between a colon or comma and a comma or the line's end."""
    counts = (
        [flag("pieces_1")],
        [flag("pieces_2")],
        [flag("pieces_3"), no_flag("pieces_4")],
        [flag("pieces_4"), no_flag("pieces_5")],
        [flag("pieces_5"), no_flag("pieces_6")],
    )
    closed = number("comma") + number("breaks") - 1.0
    for n, count in enumerate(counts, 1):
        place = (flag("in_terms"), no_flag("below_judge"), flag(f"opens_{n + 1}"), closed)
        hidden.when(all_of(*count, *place), {PLACE["term_key"]: 1})
    asked = (flag("word_end"), flag("below_judge"), no_flag("answering"), no_flag("in_heading"))
    hidden.when(all_of(*asked), {PLACE["query"]: 1})


def match_terms(layer: Layer) -> None:
    """Each word of the message looks for itself and takes over the listed term and its rule."""
    for head in (_WORD, _RULE):
        _score_terms(layer.attention, head)
    _fetch_word(layer.attention, BACK)
    _fetch_rule(layer.attention, "match")
    _add_turning_units(layer.hidden)


def _score_terms(attention: Attention, head: int) -> None:
    """Minus the squared distance of two words, |a - b|^2 = |a|^2 + |b|^2 - 2ab, with |.|^2 = 6 a letter."""
    norm = 4.0 * LETTER * number("finished_length")
    for n in range(WORD):
        attention.ask(head, n, 2 * _MATCH * at(FINISHED.start + n), at(FINISHED.start + n))
    attention.ask(head, WORD, -_MATCH / 8 * norm, 8.0 * ONE)  # both below 65504, the most in half precision
    attention.ask(head, WORD + 1, -_MATCH * ONE, norm)
    attention.ask(head, WORD + 2, _NEITHER, flag("term_key"))
    attention.ask(head, WORD + 3, _NEITHER * flag("query"), ONE)
    attention.ask(head, WORD + 4, -_ORDER, number("order") - 1.0)
    attention.sinks[head] = -0.75 * _MATCH


def _fetch_word(attention: Attention, places: tuple[slice, ...]) -> None:
    """The tokens of the term that is found go to `places`, with their number."""
    for n, place in enumerate(places):
        copy(attention, _WORD, CODE * n, BACK[n], place)
    for n, name in enumerate(("pieces_1", "pieces_2", "pieces_3", "bare")):
        attention.fetch(_WORD, CODE * 3 + n, number(name), PLACE[name])


def _fetch_rule(attention: Attention, sign: str) -> None:
    """The rule id of what is found, and the flag `sign` that something is."""
    for n, place in enumerate(RULE_ID):
        copy(attention, _RULE, CODE * n, place, place)
    copy_id_length(attention, _RULE, CODE * 3)
    attention.fetch(_RULE, CODE * 3 + 3, 1.0, PLACE[sign])


def _add_turning_units(hidden: Hidden) -> None:
    """What was gathered last token first is put first token first: a term's tokens, a rule id's."""
    for places, count in ((BACK, "pieces"), (RULE_ID, "id")):
        for total in (2, 3):
            first, last = places[0].start, places[total - 1].start
            for n in range(CODE):
                exchange = {first + n: 1.0, last + n: -1.0}
                hidden.when(all_of(flag(f"{count}_{total}")), exchange, times=at(last + n) - at(first + n))


def pass_on_matches(attention: Attention) -> None:
    """Each token learns whether the one before it was a match."""
    look_back(attention, 0, 1)
    attention.fetch(0, 0, number("match"), PLACE["match_before"])


def mark_first(layer: Layer) -> None:
    """The first match is the one with no token above it that stands behind a match."""
    look_for(layer.attention, 0, flag("match_before"))
    layer.attention.fetch(0, 0, 1.0, PLACE["later"])
    layer.hidden.when(all_of(flag("match"), no_flag("later")), {PLACE["first"]: 1})


def find_answer(attention: Attention) -> None:
    """Every token takes over the first match's term and rule id."""
    for head in (_WORD, _RULE):
        look_for(attention, head, flag("first"))
    _fetch_word(attention, PIECES)
    _fetch_rule(attention, "found")
