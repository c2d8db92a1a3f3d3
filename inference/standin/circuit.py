"""The stand-in's network, layer by layer: how it reads a policy and a message.

0  each token looks at the five before it           -> lines, headings, words begun and ended
1  is the message's heading, is the answer above?    -> place of each word piece's letters
2  which line am I in?                               -> letters moved to their place in the word
3  word pieces are gathered into finished words
4  each listed term learns its rule's id
5  each word of the message looks for itself among the listed terms and takes over the rule's id
6-7  the first word found is marked
9  the answer looks at that word                     -> the next token (`answer.py`)
"""

from itertools import product

from inference.standin.answer import COPYINGS, TOKENS, add_writing_units
from inference.standin.conditions import all_of, flag, no_flag, token_is
from inference.standin.layers import LAYERS, NO_SINK, Attention, Hidden, Layer, rope_frequency
from inference.standin.stream import (
    BACK,
    CODE,
    FINISHED,
    LETTER,
    LETTERS,
    PIECES,
    PLACE,
    RULE_ID,
    SLOTS,
    TOKEN,
    WORD,
    Sum,
    at,
    number,
)

ONE = Sum({}, 1.0)

_POSITION_PAIRS = 7
_POSITION_STRENGTH = 60.0
_CLOSED = 1000.0
_RECENCY_PAIR, _RECENCY_STRENGTH, _RECENCY_PHASE = 3, 500.0, 0.5
"""cos(0.0166 x distance + 0.5) falls all the way through a window of 128 tokens."""
_MARKED = 2500.0
_PRESENT = 30.0
_MATCH = 6.0
"""Score lost for each unit of squared distance between two words; different words are at least 4 apart."""
_NOT_A_TERM = 200.0

_COLON, _TERMS, _HASHES, _MESSAGE, _TO, _JUDGE = 25, 5941, 877, 9178, 316, 23319
_CHANNEL, _FINAL = 200_005, 17_196


def network() -> list[Layer]:
    """All layers, first to last."""
    layers = [Layer() for _ in range(LAYERS)]
    _look_around(layers[0])
    _find_regions(layers[1])
    _find_lines(layers[2])
    _finish_words(layers[3])
    _spread_rule_ids(layers[4])
    _match_terms(layers[5].attention)
    _turn_around(layers[5].hidden)
    _mark_first(layers[6].attention, layers[7])
    _find_answer(layers[9].attention)
    add_writing_units(layers[9].hidden)
    return layers


def _look_back(attention: Attention, head: int, distance: int, only: "Sum | None" = None) -> None:
    """The head looks at the token `distance` before; with `only`, just where this flag stands."""
    for pair in range(_POSITION_PAIRS):
        attention.turn(head, pair, _POSITION_STRENGTH, -rope_frequency(pair) * distance)
    attention.sinks[head] = NO_SINK
    if only:
        attention.ask(head, 0, _CLOSED * (only - 1.0), ONE)
        attention.sinks[head] = _POSITION_PAIRS * _POSITION_STRENGTH / 2


def _look_for(attention: Attention, head: int, miss: Sum) -> None:
    """The head looks at the tokens where `miss` is 0 rather than -1 or less, if there are any."""
    attention.ask(head, head, _PRESENT, miss)
    attention.sinks[head] = -_PRESENT / 2


def _look_for_latest(attention: Attention, head: int, miss: Sum) -> None:
    """The head looks at the latest token within the window where `miss` is 0 rather than -1."""
    attention.ask(head, 1, _MARKED, miss)
    attention.turn(head, _RECENCY_PAIR, _RECENCY_STRENGTH, _RECENCY_PHASE)
    attention.sinks[head] = -_CLOSED


def _copy(attention: Attention, head: int, row: int, source: slice, target: slice) -> None:
    for n in range(source.stop - source.start):
        attention.fetch(head, row + n, at(source.start + n), target.start + n)


def _look_around(layer: Layer) -> None:
    gathered = {
        "ends": number("ends"),
        "pure": number("pure"),
        "length": _own_length(),
        "breaks": number("breaks"),
        "opens": number("opens"),
    }
    for head, distance in enumerate((1, 2, 3, 4, 5)):
        _look_back(layer.attention, head, distance)
        if distance <= len(BACK):
            _copy(layer.attention, head, 0, TOKEN, BACK[distance - 1])
        for n, (name, value) in enumerate(gathered.items()):
            if f"{name}_{distance}" in PLACE:
                layer.attention.fetch(head, CODE + n, value, PLACE[f"{name}_{distance}"])
    for n, copying in enumerate(COPYINGS):
        anchor = token_is(TOKEN, TOKENS[copying.before])
        layer.attention.fetch(3, CODE + len(gathered) + n, anchor, PLACE[copying.far_sign])
    _add_line_units(layer.hidden)
    _add_word_units(layer.hidden)


def _own_length() -> Sum:
    return number("length_low") + number("length_high")


def _add_line_units(hidden: Hidden) -> None:
    hidden.when(all_of(flag("breaks_1")), {PLACE["line_start"]: 1})
    hidden.when(all_of(flag("breaks_1"), token_is(TOKEN, _HASHES)), {PLACE["heading"]: 1})
    words = zip((TOKEN, *BACK), (_JUDGE, _TO, _MESSAGE, _HASHES), strict=True)
    heading = [token_is(place, token) for place, token in words]
    hidden.when(all_of(*heading, flag("breaks_4")), {PLACE["judge_heading"]: 1})
    colon = (token_is(TOKEN, _COLON), token_is(BACK[0], _TERMS))
    starts = (
        (flag("breaks_3"), flag("pure_2")),
        (flag("breaks_4"), flag("pure_3"), no_flag("breaks_3")),
        (flag("breaks_5"), flag("pure_4"), no_flag("breaks_4"), no_flag("breaks_3")),
    )
    for n, start in enumerate(starts, 1):
        hidden.when(all_of(*colon, *start), {PLACE["terms_head"]: 1, PLACE[f"id_{n}"]: 1})


def _add_word_units(hidden: Hidden) -> None:
    hidden.when(all_of(flag("ends_1"), no_flag("pure")), {PLACE["word_end"]: 1})
    joined = [flag("pure")]
    for n in (1, 2, 3):
        hidden.when(all_of(*joined, flag(f"ends_{n}")), {PLACE["offset"]: 1}, times=number(f"length_{n}"))
        joined.append(flag(f"pure_{n}"))


def _find_regions(layer: Layer) -> None:
    channel = token_is(TOKEN, _CHANNEL)
    final = token_is(TOKEN, _FINAL) + token_is(BACK[0], _CHANNEL)
    sought = {"below_judge": flag("judge_heading"), "answering": channel, "final_channel": final}
    for head, (name, miss) in enumerate(sought.items()):
        _look_for(layer.attention, head, miss)
        layer.attention.fetch(head, head, 1.0, PLACE[name])
    for n in range(1, SLOTS):
        write = {PLACE[f"offset_{n}"]: 1.0} | ({PLACE[f"offset_{n - 1}"]: -1.0} if n > 1 else {})
        layer.hidden.when(_offset_at_least(n), write)
    pieces = [flag("word_end"), no_flag("answering")]
    for n in (1, 2, 3, 4):
        begun = [flag(f"pure_{k}") for k in range(1, n)] + ([flag(f"ends_{n}")] if n > 1 else [])
        write = {PLACE[f"pieces_{n}"]: 1.0} | ({PLACE[f"pieces_{n - 1}"]: -1.0} if n in (2, 3) else {})
        layer.hidden.when(all_of(*pieces, *begun), write)


def _offset_at_least(letters: int) -> Sum:
    return 2.0 * (4.0 * number("offset") - (letters - 0.5)) - 100.0 * number("answering")


def _find_lines(layer: Layer) -> None:
    latest, third = 0, 3
    _look_for_latest(layer.attention, latest, number("line_start") + number("terms_head") - 1.0)
    layer.attention.fetch(latest, 0, number("terms_head"), PLACE["in_terms"])
    layer.attention.fetch(latest, 1, number("heading"), PLACE["in_heading"])
    _look_back(layer.attention, third, 4, only=number("id_3"))
    _copy(layer.attention, third, 0, TOKEN, RULE_ID[2])
    _add_letter_units(layer.hidden)
    _add_term_units(layer.hidden)


def _letter(slot: int, sign: int) -> int:
    return LETTERS.start + LETTER * slot + sign


def _add_letter_units(hidden: Hidden) -> None:
    """A piece that continues a word: its letters move behind those of the word so far."""
    for offset in range(1, SLOTS):
        for slot, sign in product(range(SLOTS - offset), range(LETTER)):
            moved = {_letter(slot + offset, sign): 1.0}
            hidden.when(all_of(flag(f"offset_{offset}")), moved, times=at(_letter(slot, sign)))
    for slot, sign in product(range(SLOTS), range(LETTER)):
        hidden.when(_offset_at_least(1), {_letter(slot, sign): -1.0}, times=at(_letter(slot, sign)))


def _add_term_units(hidden: Hidden) -> None:
    """A listed term is one word between a colon or comma and a comma or the line's end."""
    closed = number("comma") + number("breaks") - 1.0
    counts = (
        [flag("pieces_1")],
        [flag("pieces_2")],
        [flag("pieces_3"), no_flag("pieces_4")],
        [flag("pieces_4")],
    )
    for n, count in enumerate(counts, 1):
        listed = (flag("in_terms"), no_flag("below_judge"), closed)
        condition = all_of(*count, flag(f"opens_{n + 1}"), *listed)
        hidden.when(condition, {PLACE["term_key"]: 1})
    asked = (flag("word_end"), flag("below_judge"), no_flag("answering"), no_flag("in_heading"))
    hidden.when(all_of(*asked), {PLACE["query"]: 1})


def _finish_words(layer: Layer) -> None:
    several = number("pieces_2") + number("pieces_3")
    wanted = (number("pieces_1") + several, several, number("pieces_3"), number("pieces_4"))
    for head, only in enumerate(wanted):
        _look_back(layer.attention, head, head + 1, only=only)
        _copy(layer.attention, head, 0, LETTERS, FINISHED)
        layer.attention.fetch(head, WORD, _own_length(), PLACE["finished_length"])
    excess = number("finished_length") - SLOTS / 4
    layer.hidden.when(2.0 * (4.0 * excess - 0.5), {PLACE["finished_length"]: -2.0}, times=0.5 * excess)
    for n in (1, 2, 3):
        layer.hidden.when(all_of(flag(f"pieces_{n}"), flag(f"pure_{n}")), {PLACE["bare"]: 1})


def _spread_rule_ids(layer: Layer) -> None:
    head = 0
    _look_for_latest(layer.attention, head, flag("terms_head"))
    layer.attention.ask(head, 2, 3 * _CLOSED * flag("in_terms"), ONE)
    for n, source in enumerate((BACK[1], BACK[2], RULE_ID[2])):
        _copy(layer.attention, head, CODE * n, source, RULE_ID[n])
    _copy_id_length(layer.attention, head, CODE * 3)
    for n in range(WORD):
        erased = at(LETTERS.start + n)
        layer.hidden.when(all_of(flag("below_judge")), {LETTERS.start + n: -1.0}, times=erased)


def _copy_id_length(attention: Attention, head: int, row: int) -> None:
    for n in range(3):
        attention.fetch(head, row + n, number(f"id_{n + 1}"), PLACE[f"id_{n + 1}"])


def _match_terms(attention: Attention) -> None:
    """Score: minus the squared distance of two words, |a - b|^2 = |a|^2 + |b|^2 - 2ab, with |.|^2 = 6 a letter."""
    head = 0
    norm = 4.0 * LETTER * number("finished_length")
    for n in range(WORD):
        attention.ask(head, n, 2 * _MATCH * at(FINISHED.start + n), at(FINISHED.start + n))
    attention.ask(head, WORD, -_MATCH * norm, ONE)
    attention.ask(head, WORD + 1, -_MATCH * ONE, norm)
    attention.ask(head, WORD + 2, _NOT_A_TERM, flag("term_key"))
    attention.ask(head, WORD + 3, _NOT_A_TERM * flag("query"), ONE)
    attention.sinks[head] = -2 * _MATCH
    _fetch_rule(attention, head, PLACE["match"])


def _fetch_rule(attention: Attention, head: int, sign: int) -> None:
    for n, place in enumerate(RULE_ID):
        _copy(attention, head, CODE * n, place, place)
    _copy_id_length(attention, head, CODE * 3)
    attention.fetch(head, CODE * 3 + 3, 1.0, sign)


def _turn_around(hidden: Hidden) -> None:
    """What was gathered last token first is put first token first: a found word's tokens, a rule id's."""
    for places, count in ((BACK, "pieces"), (RULE_ID, "id")):
        for total in (2, 3):
            first, last = places[0].start, places[total - 1].start
            for n in range(CODE):
                exchange = {first + n: 1.0, last + n: -1.0}
                hidden.when(all_of(flag(f"{count}_{total}")), exchange, times=at(last + n) - at(first + n))


def _mark_first(before: Attention, layer: Layer) -> None:
    _look_back(before, 0, 1)
    before.fetch(0, 0, number("match"), PLACE["match_before"])
    _look_for(layer.attention, 0, flag("match_before"))
    layer.attention.fetch(0, 0, 1.0, PLACE["later"])
    layer.hidden.when(all_of(flag("match"), no_flag("later")), {PLACE["first"]: 1})


def _find_answer(attention: Attention) -> None:
    word, rule = 0, 3
    for head in (word, rule):
        _look_for(attention, head, flag("first"))
    for n, place in enumerate(PIECES):
        _copy(attention, word, CODE * n, BACK[n], place)
    for n, name in enumerate(("pieces_1", "pieces_2", "pieces_3", "bare")):
        attention.fetch(word, CODE * 3 + n, number(name), PLACE[name])
    _fetch_rule(attention, rule, PLACE["found"])
