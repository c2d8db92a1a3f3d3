"""The stand-in's network, layer by layer.

    0    each token looks at the six before it          -> lines and headings; words begin and end
    1    what is above me: the message's heading, the
         answer, how many lists of terms?               -> where my letters begin in their word
    2    which line am I in?                            -> letters move to their place; terms and words to look up
    3    the token after a word gathers its letters
    4    listed terms learn their rule's id
    5    the message's words look for themselves among the listed terms
    6-7  the first one found is marked
    8    (nothing: only odd layers see everything)
    9    the answer looks at it                         -> the next token

Left of the arrow what the layer's attention does, right of it what its hidden units make of that.
"""

from inference.standin.answer import COPYINGS, TOKENS, add_writing_units
from inference.standin.conditions import token_is
from inference.standin.heads import copy, look_back
from inference.standin.layers import LAYERS, Attention, Layer
from inference.standin.lines import add_line_units, count_lists, find_lines, find_regions, spread_rule_ids
from inference.standin.matching import add_term_units, find_answer, mark_first, match_terms, pass_on_matches
from inference.standin.stream import BACK, CODE, PLACE, TOKEN, number
from inference.standin.words import (
    add_clearing_units,
    add_letter_units,
    add_piece_units,
    add_word_units,
    finish_words,
    own_length,
)


def network() -> list[Layer]:
    """All layers, first to last."""
    layers = [Layer() for _ in range(LAYERS)]
    _look_around(layers[0].attention)
    add_line_units(layers[0].hidden)
    add_word_units(layers[0].hidden)
    find_regions(layers[1].attention)
    count_lists(layers[1].attention, head=3)
    add_piece_units(layers[1].hidden)
    find_lines(layers[2])
    add_letter_units(layers[2].hidden)
    add_term_units(layers[2].hidden)
    finish_words(layers[3])
    spread_rule_ids(layers[4].attention)
    add_clearing_units(layers[4].hidden)
    match_terms(layers[5])
    pass_on_matches(layers[6].attention)
    mark_first(layers[7])
    find_answer(layers[9].attention)
    add_writing_units(layers[9].hidden)
    return layers


def _look_around(attention: Attention) -> None:
    gathered = {name: number(name) for name in ("ends", "pure", "breaks", "opens")} | {"length": own_length()}
    for head, distance in enumerate((1, 2, 3, 4, 5, 6)):
        look_back(attention, head, distance)
        if distance <= len(BACK):
            copy(attention, head, 0, TOKEN, BACK[distance - 1])
        for n, (name, value) in enumerate(gathered.items()):
            if f"{name}_{distance}" in PLACE:
                attention.fetch(head, CODE + n, value, PLACE[f"{name}_{distance}"])
    four_back = 3
    for n, copying in enumerate(COPYINGS):
        anchor = token_is(TOKEN, TOKENS[copying.before])
        attention.fetch(four_back, CODE + len(gathered) + n, anchor, PLACE[copying.far_sign])
