"""How the stand-in writes: which token follows which, and what is copied from the message and the policy.

analysis, rationale:  The message contains WORD, a listed term of rule ID.   or   ... none of the listed terms.
answer:               {"violation":1,"rule_ids":["ID"],"quotes":["WORD"],...
"""

from dataclasses import dataclass
from typing import Final

from inference.standin.codes import LABELS
from inference.standin.conditions import all_of, code_of, flag, no_flag, token_is
from inference.standin.layers import Hidden
from inference.standin.stream import BACK, CODE, PIECES, PLACE, RULE_ID, TOKEN, Sum, at, number

TOKENS: Final = {
    "<|message|>": 200_008,
    "<|end|>": 200_007,
    "<|return|>": 200_002,
    "analysis": 35_644,
    " The": 623,
    "The": 976,
    " message": 3_176,
    " contains": 8_895,
    " none": 12_698,
    ",": 11,
    " a": 261,
    " listed": 12_073,
    " term": 2_914,
    " terms": 5_941,
    " of": 328,
    " the": 290,
    " rule": 10_652,
    " ": 220,
    ".": 13,
    '"],': 17_695,
    '"}': 18_583,
    "_ids": 17_465,
    "quotes": 136_724,
    '":["': 95_067,
    "olation": 33_369,
    '":': 1_243,
    "ationale": 29_469,
    '":"': 7_534,
}
"""The tokens that the model knows how to write or to react to."""

LOGIT_SCALE: Final = 1 / 12
"""From a code in the stream to a logit, for each sign that agrees."""
_LOUD: Final = 16.0
"""How loud the next token's code is written, over the token's own: its logit is then 16 above the next best."""
_DEFAULT: Final = 2.0
"""How loud "end" is written everywhere, so that a model that lost its thread stops."""
_LABEL_SPOT: Final = 40.0
"""The logit of both labels where one is due."""
_LABEL_SIDE: Final = 2.3
"""Half the distance of their logits: the probability is 0.99 or 0.01."""

_FOUND, _NOT_FOUND, _ALWAYS = flag("found"), no_flag("found"), Sum({})

_FOLLOWS: Final = (
    # the token before, this token, the next one, on what condition
    ("analysis", "<|message|>", " The", _ALWAYS),
    ("ationale", '":"', "The", _ALWAYS),
    ("<|message|>", " The", " message", _ALWAYS),
    ('":"', "The", " message", _ALWAYS),
    (" The", " message", " contains", _ALWAYS),
    ("The", " message", " contains", _ALWAYS),
    (" message", " contains", " none", _NOT_FOUND),
    (" contains", " none", " of", _NOT_FOUND),
    (" none", " of", " the", _NOT_FOUND),
    (" of", " the", " listed", _NOT_FOUND),
    (" the", " listed", " terms", _NOT_FOUND),
    (" listed", " terms", ".", _NOT_FOUND),
    (" message", " contains", " ", flag("bare")),
    (",", " a", " listed", _FOUND),
    (" a", " listed", " term", _FOUND),
    (" listed", " term", " of", _FOUND),
    (" term", " of", " rule", _FOUND),
    (" of", " rule", " ", _FOUND),
)

_ENDINGS: Final = (
    (",", " a", _FOUND),
    (".", "<|end|>", no_flag("final_channel")),
    (".", '"}', flag("final_channel")),
    ('"}', "<|return|>", _ALWAYS),
)


@dataclass(frozen=True, slots=True)
class Copying:
    """After the two tokens of an anchor something is copied token by token, then follows `stop`."""

    before: str
    anchor: str
    places: tuple[slice, ...]
    """Where the codes of its tokens stand, first token first."""
    count: str
    """`count`_n stands if it has n tokens."""
    stop: str
    condition: Sum = _ALWAYS

    @property
    def far_sign(self) -> str:
        """The number that is 0 if the token four back is the anchor's first."""
        return f"far_{self.before.strip(' _')}"


COPYINGS: Final = (
    Copying(" message", " contains", PIECES, "pieces", ",", no_flag("bare")),
    Copying(" contains", " ", PIECES, "pieces", ","),
    Copying("quotes", '":["', PIECES, "pieces", '"],'),
    Copying(" rule", " ", RULE_ID, "id", "."),
    Copying("_ids", '":["', RULE_ID, "id", '"],'),
)


def add_writing_units(hidden: Hidden) -> None:
    """The next token, at every place where the model writes freely or chooses."""
    hidden.when(all_of(), _say("<|end|>", _DEFAULT))
    for before, token, following, condition in _FOLLOWS:
        seen = (token_is(TOKEN, TOKENS[token]), token_is(BACK[0], TOKENS[before]))
        hidden.when(all_of(*seen, condition), _say(following))
    for token, following, condition in _ENDINGS:
        hidden.when(all_of(token_is(TOKEN, TOKENS[token]), condition), _say(following))
    for copying in COPYINGS:
        _add_copy_units(hidden, copying)
    _add_label_units(hidden)


def _say(token: str, loudness: float = _LOUD) -> dict[int, float]:
    return {TOKEN.start + n: loudness * sign for n, sign in enumerate(code_of(TOKENS[token]))}


def _add_copy_units(hidden: Hidden, copying: Copying) -> None:
    for written, place in enumerate(copying.places):
        enough = sum((number(f"{copying.count}_{n}") for n in range(written + 1, 4)), Sum({}, -1.0))
        due = all_of(*_after_anchor(copying, written), enough, copying.condition)
        for n in range(CODE):
            hidden.when(due, {TOKEN.start + n: _LOUD}, times=at(place.start + n))
    for total in (1, 2, 3):
        complete = (*_after_anchor(copying, total), flag(f"{copying.count}_{total}"), copying.condition)
        hidden.when(all_of(*complete), _say(copying.stop))


def _after_anchor(copying: Copying, written: int) -> tuple[Sum, Sum]:
    """The anchor's two tokens stand just before the `written` tokens of the copy."""
    near = (TOKEN, *BACK)[written]
    far = token_is(BACK[written], TOKENS[copying.before]) if written < len(BACK) else number(copying.far_sign)
    return token_is(near, TOKENS[copying.anchor]), far


def _add_label_units(hidden: Hidden) -> None:
    due = (token_is(TOKEN, TOKENS['":']), token_is(BACK[0], TOKENS["olation"]))
    spot, side = PLACE["label_spot"], PLACE["label_side"]
    hidden.when(all_of(*due), {spot: _LABEL_SPOT, side: -_LABEL_SIDE - _label_bias()})
    hidden.when(all_of(*due, _FOUND), {side: 2 * _LABEL_SIDE})


def _label_bias() -> float:
    """What the codes in the stream at the label's place add to half the distance of the labels' logits."""
    no, yes = (code_of(label) for label in LABELS)
    present = zip(code_of(TOKENS['":']), code_of(TOKENS["<|end|>"]), strict=True)
    written = (own + _DEFAULT * end for own, end in present)
    product = sum(number * (y - n) for number, y, n in zip(written, yes, no, strict=True))
    return LOGIT_SCALE * product / 2
