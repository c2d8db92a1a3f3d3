"""Lines and regions: headings, the message, the answer, and the lines "H1 terms: ..." with their rule ids."""

from typing import Final

from inference.standin.conditions import all_of, flag, no_flag, token_is
from inference.standin.heads import copy, look_back, look_for, look_for_latest
from inference.standin.layers import Attention, Hidden, Layer
from inference.standin.stream import BACK, CODE, PLACE, RULE_ID, TOKEN, at, number

COLON, TERMS, HASHES, MESSAGE, TO, JUDGE = 25, 5_941, 877, 9_178, 316, 23_319
"""The tokens of `: terms ## Message to judge`, of which all but the colon and ## have a leading space."""
CHANNEL, FINAL = 200_005, 17_196

_STARTS: Final = (
    # Where the line starts, seen from the colon, with an id of 1, 2, 3, 4 tokens; an id begins with a letter.
    (flag("breaks_3"), flag("pure_2")),
    (flag("breaks_4"), flag("pure_3"), no_flag("breaks_3")),
    (flag("breaks_5"), flag("pure_4"), no_flag("breaks_4"), no_flag("breaks_3")),
    (flag("breaks_6"), flag("pure_5"), no_flag("breaks_5"), no_flag("breaks_4"), no_flag("breaks_3")),
)


def add_line_units(hidden: Hidden) -> None:
    """Marks line starts, headings, the message's heading and the colons of "H1 terms:"."""
    hidden.when(all_of(flag("breaks_1")), {PLACE["line_start"]: 1})
    hidden.when(all_of(flag("breaks_1"), token_is(TOKEN, HASHES)), {PLACE["heading"]: 1})
    words = zip((TOKEN, *BACK), (JUDGE, TO, MESSAGE, HASHES), strict=True)
    heading = [token_is(place, token) for place, token in words]
    hidden.when(all_of(*heading, flag("breaks_4")), {PLACE["judge_heading"]: 1})
    colon = (token_is(TOKEN, COLON), token_is(BACK[0], TERMS))
    for start, names in zip(_STARTS, (["id_1"], ["id_2"], ["id_3"], ["id_3", "long_id"]), strict=True):
        hidden.when(all_of(*colon, *start), {PLACE[name]: 1.0 for name in ("terms_head", *names)})


def find_regions(attention: Attention) -> None:
    """Every token learns whether the message's heading, the answer's start, the final channel stand above it."""
    sought = {
        "below_judge": flag("judge_heading"),
        "answering": token_is(TOKEN, CHANNEL),
        "final_channel": token_is(TOKEN, FINAL) + token_is(BACK[0], CHANNEL),
    }
    for head, (name, miss) in enumerate(sought.items()):
        look_for(attention, head, miss)
        attention.fetch(head, head, 1.0, PLACE[name])


def find_lines(layer: Layer) -> None:
    """Every token learns whether it stands in a list of terms or a heading; the lists' colons gather long ids."""
    latest, third, second, first = 0, 3, 4, 5
    look_for_latest(layer.attention, latest, number("line_start") + number("terms_head") - 1.0)
    layer.attention.fetch(latest, 0, number("terms_head"), PLACE["in_terms"])
    layer.attention.fetch(latest, 1, number("heading"), PLACE["in_heading"])
    look_back(layer.attention, third, 4, only=number("id_3") - number("long_id"))
    look_back(layer.attention, second, 4, only=number("long_id"))
    look_back(layer.attention, first, 5, only=number("long_id"))
    for head, place in ((third, 2), (second, 1), (first, 2)):
        copy(layer.attention, head, 0, TOKEN, RULE_ID[place])
    _add_long_id_units(layer.hidden)


def _add_long_id_units(hidden: Hidden) -> None:
    """Of an id of four tokens the first three are kept: they move to where those of shorter ids stand."""
    for target, source in ((BACK[1], BACK[2]), (BACK[2], RULE_ID[1])):
        for n in range(CODE):
            change = at(source.start + n) - at(target.start + n)
            hidden.when(all_of(flag("long_id")), {target.start + n: 1.0}, times=change)


def count_lists(attention: Attention, head: int) -> None:
    """With n lists above and a sink as strong as each of them, n / (n + 1) of the attention falls on them."""
    look_for(attention, head, flag("terms_head"))
    attention.sinks[head] = 0.0
    attention.fetch(head, head, 1.0, PLACE["order"])


def spread_rule_ids(attention: Attention) -> None:
    """Every token in a list of terms takes over the rule id from the list's colon."""
    head = 0
    look_for_latest(attention, head, flag("terms_head"), only=number("in_terms"))
    for n, source in enumerate((BACK[1], BACK[2], RULE_ID[2])):
        copy(attention, head, CODE * n, source, RULE_ID[n])
    copy_id_length(attention, head, CODE * 3)


def copy_id_length(attention: Attention, head: int, row: int) -> None:
    """The flags id_1 to id_3 come along, through three value rows."""
    for n in range(3):
        attention.fetch(head, row + n, number(f"id_{n + 1}"), PLACE[f"id_{n + 1}"])
