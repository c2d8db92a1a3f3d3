"""Rules for single values that a type alone cannot state, each with a hint that says what to write instead."""

import re
from collections.abc import Iterable, Iterator

from policies.patterns import PatternError, compile_pattern
from policies.phrases import Phrase, phrase

LONGEST_TIMEOUT_MINUTES = 28 * 24 * 60
"""Discord's limit: 28 days (`communication_disabled_until` in the API reference of guild members)."""

MAX_KEYWORDS = 10_000
"""Of one policy."""
MAX_PATTERN_CHARACTERS = 4_000
"""All patterns of a policy together."""
MAX_LETTER_CLASSES = 50
r"""Classes like \pL in all patterns of a policy together: RE2 needs up to a millisecond for each."""

HIDDEN_CHARACTER = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""What a person cannot see or YAML cannot hold: controls but newline and tab, direction and line separators,
the byte order mark, surrogates. Joiners stay: emoji and several scripts are written with them."""

TAKE_IT_OUT = phrase("take it out: what a moderator reads must be what the judge reads")
DELETE_ONE = phrase("delete one of the two")
_USE_KEYWORDS = phrase(
    "use keywords where no pattern is needed: they are faster, and there may be {most} of them", most=MAX_KEYWORDS
)
_TOO_MANY_CHARACTERS = phrase("the patterns have {count} characters together, over {most}")
_TOO_MANY_CLASSES = phrase("the patterns have {count} classes like \\pL together, over {most}")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


class Unfit(ValueError):
    """A value that may not stand in a policy. `hint` says what to write instead."""

    def __init__(self, message: Phrase, hint: Phrase) -> None:
        super().__init__(str(message))
        self.message = message
        self.hint = hint


def without_hidden_characters(text: str) -> str:
    """The text itself; Unfit if it holds a character that its reader cannot see."""
    found = HIDDEN_CHARACTER.search(text)
    if found:
        raise Unfit(
            phrase("the text holds the invisible character {code}", code=code_of(found[0])),
            TAKE_IT_OUT,
        )
    return text


def code_of(character: str) -> str:
    """How Unicode names a character by its number: "U+200E"."""
    return f"U+{ord(character):04X}"


def not_blank(text: str) -> str:
    """The text itself; Unfit if it is only spaces and line breaks."""
    if not text.strip():
        raise Unfit(phrase("the text is blank"), phrase("write what a member would say"))
    return text


def more_than_wildcards(keyword: str) -> str:
    """The keyword itself; Unfit if nothing is left of it without its wildcards: it would flag everything."""
    if not keyword.strip("* "):
        message = phrase("the keyword {keyword} would match every message", keyword=f'"{keyword}"')
        raise Unfit(message, phrase("write letters beside the `*`: `scam*`"))
    return keyword


def valid_pattern(pattern: str) -> str:
    """The pattern itself; Unfit with RE2's own message if RE2 cannot take it."""
    try:
        compile_pattern(pattern)
    except PatternError as error:
        raise Unfit(error.message, error.hint) from error
    return pattern


def limited_in_all(patterns: object) -> object:
    """The patterns themselves; Unfit if they are so many signs together that checking them would take too long.

    A list, as JSON has it, comes back as a tuple: behind a validator pydantic takes nothing else for one.
    """
    patterns = tuple(patterns) if isinstance(patterns, list) else patterns
    joined = "".join(text for text in patterns if isinstance(text, str)) if isinstance(patterns, tuple) else ""
    if len(joined) > MAX_PATTERN_CHARACTERS:
        raise Unfit(_TOO_MANY_CHARACTERS.about(count=len(joined), most=MAX_PATTERN_CHARACTERS), _USE_KEYWORDS)
    classes = joined.lower().count("\\p")
    if classes > MAX_LETTER_CLASSES:
        raise Unfit(_TOO_MANY_CLASSES.about(count=classes, most=MAX_LETTER_CLASSES), _USE_KEYWORDS)
    return patterns


def a_pair(numbers: object) -> object:
    """The numbers themselves; Unfit if they are not two. A list, as JSON has it, comes back as a tuple."""
    numbers = tuple(numbers) if isinstance(numbers, list) else numbers
    if isinstance(numbers, tuple) and len(numbers) != 2:
        raise Unfit(phrase("it takes two numbers"), phrase("write the lower and the higher: [0.2, 0.8]"))
    return numbers


def rising(pair: tuple[float, float]) -> tuple[float, float]:
    """The pair itself; Unfit if its second number is not the higher one."""
    if pair[0] >= pair[1]:
        message = phrase("{lower} is not below {higher}", lower=f"{pair[0]:g}", higher=f"{pair[1]:g}")
        raise Unfit(message, phrase("write the lower number first: [0.2, 0.8]"))
    return pair


def within_longest_timeout(suggestion: str) -> str:
    """The suggestion itself; Unfit if Discord does not allow a timeout as long."""
    if timeout_minutes(suggestion) > LONGEST_TIMEOUT_MINUTES:
        message = phrase("{suggestion} is longer than Discord allows", suggestion=f"`{suggestion}`")
        raise Unfit(message, phrase("write at most `timeout 28d`"))
    return suggestion


def timeout_minutes(suggestion: str) -> int:
    """The minutes of `timeout 1h` and its like; 0 for every other suggestion."""
    found = re.fullmatch(r"timeout ([0-9]+)([mhd])", suggestion)
    return int(found[1]) * _MINUTES[found[2]] if found else 0


def repeated(words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Pairs (position, position of the first such word), capitals aside, for each word that was there before."""
    first: dict[str, int] = {}
    for position, word in enumerate(words):
        earlier = first.setdefault(word.casefold(), position)
        if earlier != position:
            yield position, earlier


def without_repeats(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words themselves; Unfit if one stands there twice, capitals aside."""
    for position, _ in repeated(words):
        raise Unfit(phrase("{word} is listed twice", word=f'"{words[position]}"'), DELETE_ONE)
    return words
